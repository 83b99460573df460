// test/run/foreign.test.ts: what pex, shiv and pip --target made, run where it lies and bundled.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { dist } from "../bundle/support.js";
import { failPython, py, runPython } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip, zipFile } from "../helpers/zip.js";

const BOOTSTRAP = "raise SystemExit('the bootstrap ran')";

const DEPENDENCY = {
  "dep/__init__.py": "def where(): return __file__\n",
  "dep-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: dep\nVersion: 1.0\n",
  "dep-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
  "dep-1.0.dist-info/RECORD": "dep/__init__.py,,\ndep-1.0.dist-info/METADATA,,\n",
  "dep-1.0.dist-info/entry_points.txt": "[console_scripts]\ndeptool = dep.cli:main\n",
  "dep/cli.py": "import sys\ndef main():\n    print('deptool', sys.argv[1:])\n    return 4\n",
};

const APPLICATION = {
  "myapp/__init__.py": "",
  "myapp/cli.py": py`
    import os, sys, dep
    from importlib.metadata import version
    def main():
        print(sys.argv[1:], os.environ.pop("GIVEN", None), dep.where().rpartition(".p")[0][-12:], version("dep"))
        return 3
  `,
  "myapp/__main__.py": "print('as a module', __name__)",
};

const below = (folder: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

const DEP = "dep-1.0-py3-none-any.whl";

function pex(
  info: object,
  deps: Record<string, string | Buffer> = below(`.deps/${DEP}`, DEPENDENCY),
) {
  return zipFile(
    {
      "PEX-INFO": JSON.stringify({ distributions: { [DEP]: "0" }, ...info }),
      "__main__.py": BOOTSTRAP,
      "__pex__/__init__.py": BOOTSTRAP,
      ".bootstrap/pex/__init__.py": "",
      ...deps,
      ...APPLICATION,
    },
    "app.pex",
  );
}

function shiv(settings: object) {
  return zipFile(
    {
      "environment.json": JSON.stringify({ shiv_version: "1.0.8", ...settings }),
      "__main__.py": BOOTSTRAP,
      "_bootstrap/__init__.py": "",
      ...below("site-packages", { ...DEPENDENCY, ...APPLICATION }),
      "site-packages/bin/script": "import sys; print('script', sys.argv[1:])",
      "site-packages/extra.pth": "import sys; sys.seen = 1",
    },
    "app.pyz",
  );
}

const SEEN = "['a'] None dep/__init__ 1.0\n";

const PROGRAMS: [name: string, path: () => string, exitCode: number, stdout: string][] = [
  ["a pex with a function", () => pex({ entry_point: "myapp.cli:main" }), 3, SEEN],
  ["a pex with a module", () => pex({ entry_point: "myapp" }), 0, "as a module __main__\n"],
  ["a pex with a script", () => pex({ script: "deptool" }), 4, "deptool ['a']\n"],
  [
    "a pex with arguments and variables",
    () => pex({ entry_point: "myapp.cli:main", inject_args: ["-x"], inject_env: { GIVEN: "1" } }),
    3,
    "['-x', 'a'] 1 dep/__init__ 1.0\n",
  ],
  ["a shiv file with a function", () => shiv({ entry_point: "myapp.cli:main" }), 3, SEEN],
  ["a shiv file with a script", () => shiv({ script: "script" }), 0, "script ['a']\n"],
  [
    "a zipapp with a site-packages",
    () =>
      zipFile({
        "__main__.py": "import sys; from myapp.cli import main; sys.exit(main())",
        ...APPLICATION,
        ...below("site-packages", DEPENDENCY),
      }),
    3,
    SEEN,
  ],
];

describe("what other tools made", () => {
  it.each(PROGRAMS)("runs in memory: %s", async (_, path, exitCode, stdout) => {
    expect(await runPython(path(), { args: ["a"] })).toMatchObject({ exitCode, stdout });
  });

  it.each(PROGRAMS)("becomes a bundle: %s", async (_, path, exitCode, stdout) => {
    const output = join(tmpDir(), "bundle.pyz");
    const made = await dist.bundle().bundle({ from: path(), output });
    expect(made.wheels).toMatchObject([{ name: "dep", version: "1.0", tags: "py3-none-any" }]);
    expect(await runPython(output, { args: ["a"] })).toMatchObject({ exitCode, stdout });
  });

  it("may be a folder, with its packages beside the program", async () => {
    for (const place of ["site-packages", "lib/python3.13/site-packages"]) {
      const folder = tmpDir();
      const main = "import sys; from myapp.cli import main; sys.exit(main())";
      const files = { "__main__.py": main, ...APPLICATION, ...below(place, DEPENDENCY) };
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      expect(await runPython(folder, { args: ["a"] })).toMatchObject({ exitCode: 3, stdout: SEEN });
      const output = join(tmpDir(), "bundle.pyz");
      await dist.bundle().bundle({ from: folder, output });
      expect(await runPython(output, { args: ["a"] })).toMatchObject({ exitCode: 3, stdout: SEEN });
    }
  });

  it("may have whole wheels in it", async () => {
    const record = Object.entries(DEPENDENCY).filter(([name]) => !name.endsWith("RECORD"));
    const { createHash } = await import("node:crypto");
    const rows = record.map(([name, text]) => {
      const digest = createHash("sha256").update(text).digest("base64url");
      return `${name},sha256=${digest},${text.length}\n`;
    });
    const wheel = makeZip({ ...DEPENDENCY, "dep-1.0.dist-info/RECORD": rows.join("") });
    const info = { entry_point: "myapp.cli:main", deps_are_wheel_files: true };
    const path = pex(info, { [`.deps/${DEP}`]: wheel });
    expect(await runPython(path, { args: ["a"] })).toMatchObject({ exitCode: 3, stdout: SEEN });
    const output = join(tmpDir(), "bundle.pyz");
    const made = await dist.bundle().bundle({ from: path, output });
    expect(made.wheels).toMatchObject([{ name: "dep", fileName: DEP }]);
    expect(await runPython(output, { args: ["a"] })).toMatchObject({ exitCode: 3, stdout: SEEN });
  });

  it("runs another module or command of it, too", async () => {
    const path = pex({ entry_point: "myapp.cli:main" });
    expect((await runPython(path, { module: "myapp" })).stdout).toBe("as a module __main__\n");
    expect(await runPython(path, { script: "deptool" })).toMatchObject({ exitCode: 4 });
    expect(await runPython(shiv({}), { script: "script" })).toMatchObject({ exitCode: 0 });
  });

  it("heeds the variables by which people choose its entry", async () => {
    const path = pex({ entry_point: "myapp.cli:main", inject_args: ["-x"] });
    const left = "import os; print([n for n in os.environ if n.startswith('PEX_')])";
    const chosen: [Record<string, string>, string[], number, string][] = [
      [{ PEX_MODULE: "myapp" }, [], 0, "as a module __main__\n"],
      [{ PEX_MODULE: "dep.cli:main" }, ["a"], 4, "deptool ['a']\n"],
      [{ PEX_SCRIPT: "deptool" }, ["a"], 4, "deptool ['a']\n"],
      [
        { PEX_INTERPRETER: "1" },
        ["-c", "import sys, dep; print(sys.argv)", "a"],
        0,
        "['-c', 'a']\n",
      ],
      [{ PEX_INTERPRETER: "true" }, ["-m", "dep.cli"], 0, ""],
      [{ PEX_INTERPRETER: "1", PEX_MODULE: "gone" }, ["-c", left], 0, "[]\n"],
      [{ PEX_INTERPRETER: "0", PEX_SCRIPT: "deptool" }, [], 4, "deptool []\n"],
      [{ PEX_INTERPRETER: "1" }, ["-c"], 1, ""],
      [{ PEX_INTERPRETER: "1" }, ["-O"], 1, ""],
      [{ PEX_MODULE: "dep", PEX_SCRIPT: "deptool" }, [], 1, ""],
    ];
    for (const [env, args, exitCode, stdout] of chosen) {
      expect(await runPython(path, { env, args })).toMatchObject({ exitCode, stdout });
    }
    const packed = shiv({ entry_point: "myapp.cli:main" });
    const others: typeof chosen = [
      [{ SHIV_ENTRY_POINT: "dep.cli:main" }, ["a"], 4, "deptool ['a']\n"],
      [{ SHIV_MODULE: "dep.cli:main" }, [], 4, "deptool []\n"],
      [{ SHIV_CONSOLE_SCRIPT: "script" }, ["a"], 0, "script ['a']\n"],
      [{ SHIV_INTERPRETER: "1" }, ["-c", "import dep; print(dep.__name__)"], 0, "dep\n"],
    ];
    for (const [env, args, exitCode, stdout] of others) {
      expect(await runPython(packed, { env, args })).toMatchObject({ exitCode, stdout });
    }
    const typed = {
      env: { PEX_INTERPRETER: "1" },
      stdin: "import dep\nprint(dep.where()[-11:])\n",
    };
    expect((await runPython(path, typed)).stdout).toContain("__init__.py");
    const script = join(tmpDir(), "script.py");
    writeFileSync(script, "import sys, dep; print(__name__, len(sys.argv))");
    const asScript = { env: { PEX_INTERPRETER: "1" }, args: [script, "a"] };
    expect((await runPython(path, asScript)).stdout).toBe("__main__ 2\n");
    const asText = { env: { PEX_INTERPRETER: "1" }, args: ["-"], stdin: "print(6 * 7)" };
    expect((await runPython(path, asText)).stdout).toBe("42\n");
  });

  it("acts on .pth files of a site-packages folder", async () => {
    const path = shiv({ entry_point: "sys:exit", preamble: "script" });
    const seen = await runPython(
      zipFile({
        "__main__.py": "import sys; print(sys.seen)",
        "site-packages/a.pth": "import sys; sys.seen = 1",
      }),
    );
    expect(seen.stdout).toBe("1\n");
    expect((await runPython(path)).stdout).toBe("script []\n");
  });

  it("says so where no program is named, or the settings are damaged", async () => {
    const { error } = await failPython(pex({}));
    expect(error).toMatchObject({
      code: "ERR_INMEM_NO_MAIN",
      message: expect.stringContaining("PEX-INFO names no entry point"),
    });
    const output = join(tmpDir(), "bundle.pyz");
    const bundling = (path: string) => dist.bundle().bundle({ from: path, output });
    await expect(bundling(pex({}))).rejects.toThrow("app.pex: names no entry point");
    await expect(bundling(pex({ script: "absent" }))).rejects.toThrow("the script absent");
    await expect(bundling(zipFile({ "PEX-INFO": "{" }))).rejects.toMatchObject({
      code: "ERR_INMEM_BUNDLER",
    });
  });
});
