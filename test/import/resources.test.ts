// test/import/resources.test.ts: importlib.resources and importlib.metadata for what is in a bundle.
import { copyFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeWheel } from "../bundle/support.js";
import { numpyVersion, numpyWheel } from "../helpers/numpy.js";
import { jsonOf, py, runPython } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const files = {
  "p/__init__.py": "",
  "p/words.txt": "ünï\nwords\n",
  "p/data.bin": Buffer.from([0, 255, 1]),
  "p/sub/__init__.py": "",
  "p/sub/deep.txt": "deep",
  "p/plain/inner.txt": "inner",
};

const withMain = (source: string) => zipFile({ ...files, "__main__.py": source });

describe("importlib.resources", () => {
  it("files() reads, lists and joins", async () => {
    const path = withMain(py`
      import json
      from importlib.resources import files
      root = files("p")
      print(json.dumps([root.joinpath("words.txt").read_text("utf-8"), list((root / "data.bin").read_bytes()),
          sorted(x.name for x in root.iterdir()), (root / "plain" / "inner.txt").read_text(),
          root.joinpath("plain/inner.txt").is_file(), root.joinpath("plain").is_dir(), root.joinpath("absent").exists() if hasattr(root, "exists") else root.joinpath("absent").is_file(),
          root.is_dir(), root.name, files("p.sub").joinpath("deep.txt").read_text()]))
    `);
    expect(await jsonOf(path)).toEqual([
      "ünï\nwords\n",
      [0, 255, 1],
      ["__init__.py", "data.bin", "plain", "sub", "words.txt"],
      "inner",
      true,
      true,
      false,
      true,
      "p",
      "deep",
    ]);
  });

  it("the functional API works", async () => {
    const path = withMain(py`
      import warnings; warnings.simplefilter("ignore")
      import importlib.resources as r
      print(r.read_text("p", "words.txt", encoding="utf-8").split(), r.read_binary("p", "data.bin"), r.is_resource("p", "words.txt"), r.is_resource("p", "sub"))
      with r.open_text("p", "words.txt", encoding="utf-8") as f: print(f.readline().strip())
      with r.open_binary("p", "data.bin") as f: print(f.read(2))
      print(sorted(r.contents("p")))
    `);
    expect((await runPython(path)).stdout).toBe(
      "['ünï', 'words'] b'\\x00\\xff\\x01' True False\nünï\nb'\\x00\\xff'\n['__init__.py', 'data.bin', 'plain', 'sub', 'words.txt']\n",
    );
  });

  it("as_file() gives the path itself, without a copy", async () => {
    const path = withMain(py`
      import os
      from importlib.resources import as_file, files
      with as_file(files("p") / "words.txt") as real:
          print(real.exists(), open(real, encoding="utf-8").read().split())
      print(real.exists())
      with as_file(files("p") / "plain") as folder:
          print(os.listdir(folder))
    `);
    expect((await runPython(path)).stdout).toBe("True ['ünï', 'words']\nTrue\n['inner.txt']\n");
  });

  it("misses are FileNotFoundError, folders IsADirectoryError; writing is refused", async () => {
    const path = withMain(py`
      from importlib.resources import files
      for name, act in (("absent", "read_text"), ("sub", "read_bytes")):
          try: getattr(files("p") / name, act)(); print("no error")
          except OSError as e: print(type(e).__name__)
      try: (files("p") / "words.txt").open("w"); print("no error")
      except OSError as e: print(e.errno)
    `);
    expect((await runPython(path)).stdout).toBe("FileNotFoundError\nIsADirectoryError\n30\n");
  });

  it("files() without an argument is the caller's package; a module gives its package", async () => {
    const path = zipFile({
      ...files,
      "p/mod.py":
        "from importlib.resources import files\ndef get(): return files().joinpath('words.txt').read_text('utf-8')\n",
      "__main__.py":
        "import p.mod; print(p.mod.get().split()); from importlib.resources import files; print(files(p.mod).joinpath('data.bin').is_file())",
    });
    expect((await runPython(path)).stdout).toBe("['ünï', 'words']\nTrue\n");
  });

  it("a namespace package's files are found", async () => {
    const path = zipFile({
      "__main__.py":
        "from importlib.resources import files; print(files('ns').joinpath('x.txt').read_text(), sorted(p.name for p in files('ns').iterdir()))",
      "ns/x.txt": "x",
      "ns/mod.py": "",
    });
    expect((await runPython(path)).stdout).toBe("x ['mod.py', 'x.txt']\n");
  });

  it("the stdlib's own resources are there", async () => {
    const source =
      "from importlib.resources import files; print(files('json').joinpath('tool.py').is_file())";
    expect((await runPython(source)).stdout).toBe("True\n");
  });
});

describe("importlib.metadata", () => {
  it("tells version, name, files, requirements and entry points of a bundled distribution", async () => {
    const info = "My_Pkg-1.5.dist-info";
    const path = zipFile({
      "__main__.py": py`
        import json
        from importlib import metadata as m
        d = m.distribution("my.pkg")
        print(json.dumps([m.version("my-pkg"), d.metadata["Name"], m.requires("My_Pkg"), [str(f) for f in d.files],
            [[e.name, e.value, e.group] for e in m.entry_points(group="console_scripts")],
            m.entry_points(name="tool", group="console_scripts")["tool"].load()(),
            d.read_text("note.txt"), sorted(x.metadata["Name"] for x in m.distributions()), dict(m.packages_distributions()).get("mypkg")]))
        try: m.version("absent-one")
        except m.PackageNotFoundError as e: print(e.name)
      `,
      "mypkg/__init__.py": "def main(): return 'ran'",
      [`${info}/METADATA`]:
        "Metadata-Version: 2.1\nName: My.Pkg\nVersion: 1.5\nRequires-Dist: other>=1\n",
      [`${info}/RECORD`]: `mypkg/__init__.py,,\n${info}/METADATA,,\n`,
      [`${info}/entry_points.txt`]: "[console_scripts]\ntool = mypkg:main\n",
      [`${info}/note.txt`]: "a note",
      [`${info}/top_level.txt`]: "mypkg\n",
    });
    const { stdout } = await runPython(path);
    const [first, second] = stdout.split("\n");
    expect(JSON.parse(first ?? "")).toEqual([
      "1.5",
      "My.Pkg",
      ["other>=1"],
      ["mypkg/__init__.py", `${info}/METADATA`],
      [["tool", "mypkg:main", "console_scripts"]],
      "ran",
      "a note",
      ["My.Pkg"],
      ["My.Pkg"],
    ]);
    expect(second).toBe("absent-one");
  });

  it("of the bundle of one run is not seen by the next", async () => {
    const wheel = await writeWheel(tmpDir(), "seen", {
      "seen.py": "import importlib.metadata as m; print(m.version('seen'))",
    });
    expect((await runPython(wheel, { module: "seen" })).stdout).toBe("1.0\n");
    const source =
      "import importlib.metadata as m\ntry: print(m.version('seen'))\nexcept m.PackageNotFoundError: print('gone')";
    expect((await runPython(source)).stdout).toBe("gone\n");
  });

  it("answers for the stock numpy wheel", async () => {
    const folder = tmpDir();
    const wheel = await numpyWheel();
    copyFileSync(wheel, join(folder, basename(wheel)));
    await writeWheel(folder, "app", {
      "app.py": py`
        import json, importlib.metadata as m, importlib.resources as r
        d = m.distribution("numpy")
        files = d.files
        print(json.dumps([m.version("numpy"), d.metadata["Name"], len(files) > 500, any(str(f).startswith("numpy.libs/") for f in files),
            sorted(e.name for e in d.entry_points if e.group == "console_scripts"),
            [x.metadata["Name"] for x in m.distributions()],
            r.files("numpy").joinpath("py.typed").is_file(), r.files("numpy").joinpath("__init__.pyi").read_text("utf-8")[:7],
            [f for f in files if f.name == "py.typed"][0].read_text()]))
      `,
    });
    expect(await jsonOf(folder, { module: "app" })).toEqual([
      numpyVersion,
      "numpy",
      true,
      true,
      ["f2py", "numpy-config"],
      ["app", "numpy"],
      true,
      expect.any(String),
      "",
    ]);
  });
});
