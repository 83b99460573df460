// test/import/packages.test.ts: packages of every kind: relative, circular, namespace, spanning real folders; pkgutil and runpy.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeWheel } from "../bundle/support.js";
import { failPython, jsonOf, py, runPython } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

describe("relative imports", () => {
  const files = {
    "a/__init__.py": "",
    "a/top.py": "X = 'a.top'",
    "a/b/__init__.py": "from ..top import X",
    "a/b/mod.py":
      "from . import sibling\nfrom .. import top\nfrom ..b import sibling as s2\nfrom .sibling import Y\nok = sibling is s2",
    "a/b/sibling.py": "Y = __package__",
    "a/b/beyond.py": "from .... import x",
  };

  it("work at every level", async () => {
    const main = "import a.b.mod as m, a.b; print(m.ok, m.top.X, m.Y, a.b.X)";
    expect((await runPython({ ...files, "__main__.py": main })).stdout).toBe(
      "True a.top a.b a.top\n",
    );
  });

  it("beyond the top fail as stock does", async () => {
    const { error } = await failPython({ ...files, "__main__.py": "import a.b.beyond" });
    expect(error.type).toBe("ImportError");
    expect(error.message).toContain("attempted relative import beyond top-level package");
  });

  it("in __main__ fail without a package, as in python", async () => {
    const { error } = await failPython({ "__main__.py": "from . import x", "x.py": "" });
    expect(error.message).toContain("attempted relative import with no known parent package");
  });
});

describe("circular imports", () => {
  it("of whole modules work", async () => {
    const files = {
      "__main__.py": "import one; print(one.get(), one.two.get())",
      "one.py": "import two\ndef get(): return 'one ' + two.NAME",
      "two.py": "import one\nNAME = 'two'\ndef get(): return one.get()",
    };
    expect((await runPython(files)).stdout).toBe("one two one two\n");
  });

  it("of a name that is not there yet say so", async () => {
    const files = {
      "__main__.py": "import one",
      "one.py": "from two import b\na = 1",
      "two.py": "from one import a\nb = 2",
    };
    const { error } = await failPython(files);
    expect(error.message).toMatch(
      /cannot import name 'a' from partially initialized module 'one' \(most likely due to a circular import\) \(.*\/one\.py\)/,
    );
  });

  it("within a package work through the submodule's attribute", async () => {
    const files = {
      "__main__.py": "import p.x as x; print(x.y.x is x)",
      "p/__init__.py": "",
      "p/x.py": "import p.y as y",
      "p/y.py": "import p.x as x",
    };
    expect((await runPython(files)).stdout).toBe("True\n");
  });

  it("by several threads at once load each module once", async () => {
    const files: Record<string, string> = {
      "__main__.py": py`
        import threading, importlib, counter
        names = [f"m{i}" for i in range(40)]
        def work():
            for n in names: importlib.import_module(n)
        ts = [threading.Thread(target=work) for _ in range(8)]
        [t.start() for t in ts]; [t.join() for t in ts]
        print(sorted(set(counter.N.values())), len(counter.N))
      `,
      "counter.py": "import collections\nN = collections.Counter()",
    };
    for (let i = 0; i < 40; i++) files[`m${i}.py`] = "import counter; counter.N[__name__] += 1";
    expect((await runPython(files)).stdout).toBe("[1] 40\n");
  });
});

describe("which file is the module", () => {
  it("a package before a module of the same name, a module before a namespace folder", async () => {
    const files = {
      "__main__.py": "import both, mod; print(both.W, mod.W, both.__file__.rpartition('/')[2])",
      "both/__init__.py": "W = 'package'",
      "both.py": "W = 'module'",
      "mod.py": "W = 'module'",
      "mod/inner.py": "",
    };
    expect((await runPython(files)).stdout).toBe("package module __init__.py\n");
  });

  it("builtin and frozen stdlib modules win over the bundle's, others lose", async () => {
    const files = {
      "__main__.py":
        "import sys, math, os, time, colorsys; print(hasattr(math, 'MINE'), hasattr(os, 'MINE'), hasattr(time, 'MINE'), hasattr(colorsys, 'MINE'))",
      "math.py": "MINE = 1",
      "os.py": "MINE = 1",
      "time.py": "MINE = 1",
      "colorsys.py": "MINE = 1",
    };
    expect((await runPython(files)).stdout).toBe("False False False True\n");
  });

  it("names are case-sensitive and may be unicode", async () => {
    const files = {
      "__main__.py":
        "import ünï, Upper; print(ünï.X)\ntry: import upper\nexcept ImportError: print('no')",
      "ünï.py": "X = 'ü'",
      "Upper.py": "",
    };
    expect((await runPython(files)).stdout).toBe("ü\nno\n");
  });

  it("sys.modules replaced by the module itself is honoured", async () => {
    const files = {
      "__main__.py": "import odd; print(odd)",
      "odd.py": "import sys; sys.modules[__name__] = 'replaced'",
    };
    expect((await runPython(files)).stdout).toBe("replaced\n");
  });

  it("importlib.reload and invalidate_caches work", async () => {
    const files = {
      "__main__.py":
        "import importlib, mod; importlib.invalidate_caches(); mod.X = 2; importlib.reload(mod); print(mod.X, importlib.util.find_spec('mod').origin == mod.__file__)\n",
      "mod.py": "X = 1",
    };
    const main = `import importlib.util\n${files["__main__.py"]}`;
    expect((await runPython({ ...files, "__main__.py": main })).stdout).toBe("1 True\n");
  });
});

describe("namespace packages", () => {
  it("inside one bundle have a path and no file", async () => {
    const path = zipFile({
      "__main__.py":
        "import ns.deep.leaf as l, ns; print(l.X, list(ns.__path__), ns.__file__, ns.__spec__.origin)\ntry: import ns.absent\nexcept ModuleNotFoundError as e: print(e)",
      "ns/deep/leaf.py": "X = 'leaf'",
    });
    expect((await runPython(path)).stdout).toBe(
      `leaf ['${path}/ns'] None None\nNo module named 'ns.absent'\n`,
    );
  });

  it("span the bundle and a real folder, also one added later", async () => {
    const folder = tmpDir();
    mkdirSync(join(folder, "ns"));
    writeFileSync(join(folder, "ns", "real.py"), "X = 'real'");
    const path = zipFile({
      "__main__.py": py`
        import sys
        import ns.inner; print(ns.inner.X, len(ns.__path__))
        sys.path.append(${JSON.stringify(folder)})
        import ns.real; print(ns.real.X, list(ns.__path__))
      `,
      "ns/inner.py": "X = 'inner'",
    });
    expect((await runPython(path)).stdout).toBe(`inner 1\nreal ['${path}/ns', '${folder}/ns']\n`);
  });

  it("span wheels of a folder", async () => {
    const folder = tmpDir();
    await writeWheel(folder, "aa", { "shared/one.py": "X = 1" });
    await writeWheel(folder, "bb", { "shared/two.py": "X = 2" });
    await writeWheel(folder, "cc", {
      "go.py":
        "import shared.one, shared.two; print(shared.one.X + shared.two.X, len(shared.__path__))",
    });
    expect((await runPython(folder, { module: "go" })).stdout).toBe("3 2\n");
  });

  it("give way to a regular package anywhere on the path", async () => {
    const folder = tmpDir();
    mkdirSync(join(folder, "ns"));
    writeFileSync(join(folder, "ns", "__init__.py"), "KIND = 'regular'");
    const path = zipFile({
      "__main__.py": `import sys; sys.dont_write_bytecode = True; sys.path.append(${JSON.stringify(folder)}); import ns; print(ns.KIND)`,
      "ns/inner.py": "",
    });
    expect((await runPython(path)).stdout).toBe("regular\n");
  });

  it("in pkgutil's old style extend_path work", async () => {
    const folder = tmpDir();
    mkdirSync(join(folder, "old"));
    const init = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n";
    writeFileSync(join(folder, "old", "__init__.py"), init);
    writeFileSync(join(folder, "old", "real.py"), "X = 'real'");
    const path = zipFile({
      "__main__.py": `import sys; sys.dont_write_bytecode = True; sys.path.append(${JSON.stringify(folder)}); import old.inner, old.real; print(old.inner.X, old.real.X)`,
      "old/__init__.py": init,
      "old/inner.py": "X = 'inner'",
    });
    expect((await runPython(path)).stdout).toBe("inner real\n");
  });
});

describe("pkgutil", () => {
  const files = {
    "p/__init__.py": "",
    "p/one.py": "",
    "p/sub/__init__.py": "",
    "p/sub/two.py": "",
    "p/notpkg/x.txt": "",
    "p/data.bin": Buffer.from([0, 1, 2]),
    "single.py": "",
  };

  it("iter_modules and walk_packages list the bundle's modules", async () => {
    const main = py`
      import json, pkgutil, sys, p
      print(json.dumps([[[m.name, m.ispkg] for m in pkgutil.iter_modules([sys.path[0]])],
          [m.name for m in pkgutil.iter_modules(p.__path__, "p.")],
          [m.name for m in pkgutil.walk_packages(p.__path__, "p.")]]))
    `;
    expect(await jsonOf({ ...files, "__main__.py": main })).toEqual([
      [
        ["__main__", false],
        ["p", true],
        ["single", false],
      ],
      ["p.one", "p.sub"],
      ["p.one", "p.sub", "p.sub.two"],
    ]);
  });

  it("walk_packages over the stdlib finds what is there", async () => {
    const source =
      "import pkgutil, json; print(json.dumps([m.name for m in pkgutil.iter_modules()]))";
    const names = await jsonOf<string[]>(source);
    for (const name of ["json", "asyncio", "email", "os", "ssl", "zoneinfo"])
      expect(names).toContain(name);
  });

  it("get_data, resolve_name, get_importer and find_loader's heirs work", async () => {
    const main = py`
      import pkgutil, sys
      print(pkgutil.get_data("p", "data.bin"), pkgutil.resolve_name("p.sub:__name__"), type(pkgutil.get_importer(sys.path[0])).__name__)
      try: pkgutil.get_data("p", "absent")
      except OSError as e: print(type(e).__name__)
    `;
    expect((await runPython({ ...files, "__main__.py": main })).stdout).toBe(
      "b'\\x00\\x01\\x02' p.sub PathEntryFinder\nFileNotFoundError\n",
    );
  });
});

describe("runpy", () => {
  it("run_module and run_path run bundled code", async () => {
    const path = zipFile({
      "__main__.py": py`
        import runpy, sys
        print(runpy.run_module("tool", run_name="x")["RESULT"])
        print(runpy.run_module("pk", alter_sys=True)["RESULT"])
      `,
      "tool.py": "RESULT = (__name__, __file__.rpartition('/')[2])",
      "pk/__init__.py": "",
      "pk/__main__.py": "RESULT = __name__, __package__",
    });
    expect((await runPython(path)).stdout).toBe("('x', 'tool.py')\n('pk.__main__', 'pk')\n");
  });

  it("run_path runs another archive and a real script", async () => {
    const other = zipFile({
      "__main__.py": "import beside\nRESULT = beside.X",
      "beside.py": "X = 'beside'",
    });
    const script = join(tmpDir(), "s.py");
    writeFileSync(script, "RESULT = __file__");
    const source = `import runpy; print(runpy.run_path(${JSON.stringify(other)})["RESULT"], runpy.run_path(${JSON.stringify(script)})["RESULT"])`;
    expect((await runPython(source)).stdout).toBe(`beside ${script}\n`);
  });
});
