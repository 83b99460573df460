// test/import/attributes.test.ts: what modules, specs and loaders tell, and what tracebacks show.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failPython, jsonOf, launch, py, runPython } from "../helpers/python.js";
import { tmpDir, tmpFile } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const files = {
  "pkg/__init__.py": "'''Doc of pkg.'''\nX = 1\n",
  "pkg/mod.py":
    "# a comment: ünï\ndef double(x):\n    return x * 2\n\n\nclass Thing:\n    def method(self):\n        return 1\n",
  "pkg/data/words.txt": "ünï words\n",
};

const withMain = (source: string) => zipFile({ ...files, "__main__.py": source });

describe("module attributes", () => {
  it("are those that importlib sets, under the archive's path", async () => {
    const path = withMain(py`
      import json, pkg, pkg.mod
      def about(m):
          s = m.__spec__
          return dict(file=m.__file__, cached=m.__cached__, path=getattr(m, "__path__", None), package=m.__package__,
                      name=m.__name__, doc=m.__doc__, origin=s.origin, locations=s.submodule_search_locations,
                      has_location=s.has_location, parent=s.parent, same=s.loader is m.__loader__)
      print(json.dumps([about(pkg), about(pkg.mod)]))
    `);
    const root = path;
    expect(await jsonOf(path)).toEqual([
      {
        file: `${root}/pkg/__init__.py`,
        cached: `${root}/pkg/__pycache__/__init__.cpython-313.pyc`,
        path: [`${root}/pkg`],
        package: "pkg",
        name: "pkg",
        doc: "Doc of pkg.",
        origin: `${root}/pkg/__init__.py`,
        locations: [`${root}/pkg`],
        has_location: true,
        parent: "pkg",
        same: true,
      },
      {
        file: `${root}/pkg/mod.py`,
        cached: `${root}/pkg/__pycache__/mod.cpython-313.pyc`,
        path: null,
        package: "pkg",
        name: "pkg.mod",
        doc: null,
        origin: `${root}/pkg/mod.py`,
        locations: null,
        has_location: true,
        parent: "pkg",
        same: true,
      },
    ]);
  });

  it("of the stdlib name virtual files", async () => {
    const source = py`
      import collections, encodings.utf_8, json, os, posixpath, ssl, abc, importlib
      import json as j
      for m in (collections, encodings.utf_8, json, os, posixpath, ssl, abc, importlib):
          assert m.__file__.startswith("/proc/inmem/python/lib/python3.13/"), m.__file__
          assert m.__spec__.origin == m.__file__
          assert m.__cached__.startswith("/proc/inmem/") and m.__cached__.endswith(".pyc"), m.__cached__
      print(os.path.exists("/proc/inmem"), json.__file__, json.__path__)
    `;
    const { stdout } = await runPython(source);
    const folder = "/proc/inmem/python/lib/python3.13/json";
    expect(stdout).toBe(`True ${folder}/__init__.py ['${folder}']\n`);
  });

  it("of __main__ are those of `python app.pyz`", async () => {
    const source = py`
      import json, sys
      print(json.dumps([__name__, __file__, __package__, __spec__.name, __spec__.origin, __doc__,
          sys.modules["__main__"].__dict__ is globals(), __builtins__.__name__, type(__loader__).__name__ != ""]))
    `;
    const path = zipFile({ "__main__.py": `"""The doc."""\n${source}` });
    const stock = JSON.parse(launch([path]));
    const ours = await jsonOf<unknown[]>(path);
    expect(ours).toEqual([
      "__main__",
      `${path}/__main__.py`,
      "",
      "__main__",
      `${path}/__main__.py`,
      "The doc.",
      true,
      "builtins",
      true,
    ]);
    expect(stock).toEqual(ours);
  });
});

describe("the loader", () => {
  it("gives source, code, data and file name", async () => {
    const path = withMain(py`
      import json, pkg, pkg.mod
      l = pkg.mod.__loader__
      code = l.get_code("pkg.mod")
      ns = {}; exec(code, ns)
      print(json.dumps([l.get_source("pkg.mod"), ns["double"](21), code.co_filename, l.get_filename("pkg.mod"),
          l.is_package("pkg.mod"), pkg.__loader__.is_package("pkg"), pkg.__loader__.get_source("pkg"),
          l.get_data(pkg.__path__[0] + "/data/words.txt").decode(), "mod.py" in repr(l)]))
    `);
    expect(await jsonOf(path)).toEqual([
      files["pkg/mod.py"],
      42,
      `${path}/pkg/mod.py`,
      `${path}/pkg/mod.py`,
      false,
      true,
      files["pkg/__init__.py"],
      "ünï words\n",
      true,
    ]);
  });

  it("of the stdlib gives source too", async () => {
    const source =
      "import json.decoder as d; s = d.__loader__.get_source('json.decoder'); print('class JSONDecoder' in s)";
    expect((await runPython(source)).stdout).toBe("True\n");
  });

  it("raises OSError for data that is not there", async () => {
    const path = withMain(py`
      import pkg
      for name in ("absent.txt", "data", "../absent/x"):
          try: pkg.__loader__.get_data(pkg.__path__[0] + "/" + name); print("no error", name)
          except OSError as error: print(type(error).__name__)
    `);
    expect((await runPython(path)).stdout.split("\n").slice(0, 3)).toEqual([
      "FileNotFoundError",
      expect.stringMatching(/Error$/),
      "FileNotFoundError",
    ]);
  });

  it("decodes source by its coding line and BOM", async () => {
    const latin = Buffer.from("# -*- coding: latin-1 -*-\nX = 'ü'\n", "latin1");
    const bom = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from("Y = 'ü'\r\nZ = 1\r\n"),
    ]);
    const path = zipFile({
      "__main__.py":
        "import latin, bom; import json; print(json.dumps([latin.X, bom.Y, latin.__loader__.get_source('latin'), bom.__loader__.get_source('bom')]))",
      "latin.py": latin,
      "bom.py": bom,
    });
    expect(await jsonOf(path)).toEqual([
      "ü",
      "ü",
      "# -*- coding: latin-1 -*-\nX = 'ü'\n",
      "Y = 'ü'\nZ = 1\n",
    ]);
  });
});

describe("inspect", () => {
  it("finds the source of bundled functions and classes, and of the stdlib's", async () => {
    const path = withMain(py`
      import inspect, json, pkg.mod, textwrap
      def here(): return 1
      print(json.dumps([inspect.getsource(pkg.mod.double), inspect.getsource(pkg.mod.Thing.method),
          inspect.getsourcefile(pkg.mod), inspect.getsource(here), inspect.getmodule(pkg.mod.double).__name__,
          inspect.getsource(textwrap.dedent).splitlines()[0], inspect.getsource(pkg.mod) == pkg.mod.__loader__.get_source("pkg.mod"),
          inspect.getcomments(pkg.mod.double)]))
    `);
    expect(await jsonOf(path)).toEqual([
      "def double(x):\n    return x * 2\n",
      "    def method(self):\n        return 1\n",
      `${path}/pkg/mod.py`,
      "def here(): return 1\n",
      "pkg.mod",
      "def dedent(text):",
      true,
      "# a comment: ünï\n",
    ]);
  });
});

describe("bdb", () => {
  it("passes over our importer where it is to pass over importlib", async () => {
    const main = py`
      import bdb, sys
      class Watch(bdb.Bdb):
          seen = set()
          def user_line(self, frame):
              self.seen.add(frame.f_globals["__name__"])
              self.set_step()
      sys.path.insert(0, "/tmp")  # PathFinder and our hook beside the finder
      sys.path_importer_cache.clear()
      Watch(skip=["importlib*", "encodings*"]).run("import watched, colorsys", {"__name__": "traced"})
      print(sorted(Watch.seen))
    `;
    const { stdout } = await runPython({ "__main__.py": main, "watched.py": "X = 1" });
    expect(stdout).toBe("['colorsys', 'traced', 'watched']\n");
  });
});

describe("tracebacks", () => {
  it("show source lines of the bundle and of the stdlib, with carets", async () => {
    const path = zipFile({
      "__main__.py": "import deep\ndeep.go('{bad')\n",
      "deep.py": "import json\n\ndef go(text):\n    return json.loads(text)  # the line\n",
    });
    const { error } = await failPython(path);
    const text = error.traceback;
    expect(text).toContain(`File "${path}/__main__.py", line 2, in <module>\n    deep.go('{bad')`);
    expect(text).toContain(
      `File "${path}/deep.py", line 4, in go\n    return json.loads(text)  # the line\n`,
    );
    expect(text).toMatch(
      /File "\/proc\/inmem\/python\/lib\/python3\.13\/json\/decoder\.py", line \d+, in decode\n {4}obj, end = /,
    );
    expect(text).toContain("^^^^");
    expect(text).not.toContain("inmem_boot");
    expect(text).not.toContain("frozen importlib");
  });

  it("of a failing import show the importing lines, not the importer's", async () => {
    const path = zipFile({
      "__main__.py": "import a\n",
      "a.py": "import b\n",
      "b.py": "x = 1\n1 / 0\n",
    });
    const { error } = await failPython(path);
    const files = [...error.traceback.matchAll(/File "([^"]+)"/g)].map((match) => match[1]);
    expect(files).toEqual([`${path}/__main__.py`, `${path}/a.py`, `${path}/b.py`]);
  });

  it("of a SyntaxError in a bundled module name file and line", async () => {
    const path = zipFile({
      "__main__.py": "import broken\n",
      "broken.py": "x = 1\nif True print(1)\n",
    });
    const { error } = await failPython(path);
    expect(error.type).toBe("SyntaxError");
    expect(error.traceback).toContain(`File "${path}/broken.py", line 2\n    if True print(1)\n`);
  });

  // A warning's line comes from the file system alone, in stock zipimport too.
  it("show lines in linecache and in traceback.format_stack, warnings the place", async () => {
    const path = zipFile({
      "__main__.py":
        "import w, linecache, traceback\nw.warn()\nprint(linecache.getline(w.__file__, 3, w.__dict__).strip())\nprint(traceback.format_stack()[-1])\n",
      "w.py": "import warnings\ndef warn():\n    warnings.warn('careful')  # here\n",
    });
    const { stdout, stderr } = await runPython(path);
    expect(stderr).toContain(`${path}/w.py:3: UserWarning: careful\n`);
    expect(stdout).toContain("warnings.warn('careful')  # here\n");
    expect(stdout).toContain("print(traceback.format_stack()[-1])");
  });

  it("come in threads too", async () => {
    const path = zipFile({
      "__main__.py":
        "import threading\ndef work():\n    return [][5]  # boom\nt = threading.Thread(target=work); t.start(); t.join()\n",
    });
    const { stderr, exitCode } = await runPython(path);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("return [][5]  # boom");
    expect(stderr).toContain("IndexError");
  });
});

describe("sys.path", () => {
  it("a real folder before the bundle wins, behind it loses", async () => {
    const folder = tmpDir();
    writeFileSync(join(folder, "choice.py"), "WHERE = 'real'\n");
    const path = (edit: string) =>
      zipFile({
        "__main__.py": `import sys; sys.dont_write_bytecode = True; sys.path.${edit}; import choice; print(choice.WHERE)`,
        "choice.py": "WHERE = 'bundle'\n",
      });
    const text = JSON.stringify(folder);
    expect((await runPython(path(`insert(0, ${text})`))).stdout).toBe("real\n");
    expect((await runPython(path(`append(${text})`))).stdout).toBe("bundle\n");
    expect((await runPython(path(`insert(1, ${text})`))).stdout).toBe("bundle\n");
  });

  it("a folder inside the bundle, another archive, and an entry taken away all count", async () => {
    const other = zipFile({ "elsewhere.py": "X = 'other archive'" }, "other.zip");
    const path = zipFile({
      "__main__.py": py`
        import sys
        here = sys.path[0]
        sys.path.insert(0, here + "/vendor")
        import vendored; print(vendored.X)
        sys.path.append(${JSON.stringify(other)})
        import elsewhere; print(elsewhere.X)
        sys.path.remove(here)
        try: import local; print("found")
        except ImportError: print("gone")
      `,
      "vendor/vendored.py": "X = 'vendored'",
      "local.py": "",
    });
    expect((await runPython(path)).stdout).toBe("vendored\nother archive\ngone\n");
  });

  it("site.addsitedir and PYTHONPATH-like edits of real folders work, pyc files included", async () => {
    const folder = tmpDir();
    mkdirSync(join(folder, "real"));
    writeFileSync(join(folder, "real", "__init__.py"), "from . import sub\nX = sub.Y");
    writeFileSync(join(folder, "real", "sub.py"), "Y = 5");
    const source = `import sys; sys.path.append(${JSON.stringify(folder)}); import real; print(real.X, real.__file__)`;
    expect((await runPython(source)).stdout).toBe(`5 ${folder}/real/__init__.py\n`);
    expect((await runPython(source)).stdout).toBe(`5 ${folder}/real/__init__.py\n`);
  });

  it("odd entries do no harm", async () => {
    const file = tmpFile("no-zip.txt", "text");
    const source = py`
      import sys, pathlib
      sys.path[:0] = ["/nowhere", "", ${JSON.stringify(file)}, "\udcff", sys.path[0] + "/__main__.py", sys.path[0] + "/absent"]
      import colorsys, uuid
      try: import surely_absent
      except ModuleNotFoundError as e: print(e.name)
    `;
    expect((await runPython(source)).stdout).toBe("surely_absent\n");
  });
});
