// test/import/mount.test.ts: archives that come and go while a program runs.
import { renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { numpyWheel } from "../helpers/numpy.js";
import { pypiWheel } from "../helpers/pypi-wheel.js";
import { failPython, jsonOf, py, runPython } from "../helpers/python.js";
import { tmpFile } from "../helpers/tmp.js";
import { makeZip, zipFile } from "../helpers/zip.js";

// What makes a zip a bundle. One of Python alone, without it, stays zipimport's.
const manifest = { "inmem.json": "{}" };

const library = (name: string, x: string) =>
  zipFile({ ...manifest, "lib.py": `X = ${JSON.stringify(x)}` }, name);

describe("inmem.mount", () => {
  it("puts an archive behind the bundle and before the standard library, in order", async () => {
    const main = py`
      import inmem, json, sys
      first, second = sys.argv[1:3]
      points = [inmem.mount(first), inmem.mount(second)]
      import lib, colorsys
      print(json.dumps([points, sys.path[:3], lib.X, hasattr(colorsys, "MINE"), inmem.mounts() == sys.path[:3],
          inmem.mount(first) == first, len(sys.path)]))
    `;
    const first = zipFile({ "lib.py": "X = 'first'" }, "first.zip");
    const second = zipFile({ "lib.py": "X = 'second'", "colorsys.py": "MINE = 1" }, "second.zip");
    const path = zipFile({ "__main__.py": main });
    expect(await jsonOf(path, { args: [first, second] })).toEqual([
      [first, second],
      [path, first, second],
      "first",
      true,
      true,
      true,
      4,
    ]);
  });

  it("takes bytes, a name for them, a pathlib.Path, a place on sys.path", async () => {
    const main = py`
      import inmem, json, pathlib, sys
      data = pathlib.Path(sys.argv[1]).read_bytes()
      point = inmem.mount(data, name="given.zip", index=0)
      import lib
      other = inmem.mount(pathlib.Path(sys.argv[1]))
      print(json.dumps([point.endswith("/given.zip"), point.startswith("/proc/inmem/"), sys.path[0] == point, lib.__file__ == point + "/lib.py", other == sys.argv[1]]))
    `;
    const given = library("x.zip", "bytes");
    expect(await jsonOf({ "__main__.py": main }, { args: [given] })).toEqual(Array(5).fill(true));
  });

  it("tells what is wrong with what it was given", async () => {
    const main = py`
      import inmem, json, sys
      found = []
      for what in ("/absent.zip", sys.argv[1], b"no zip", 5, "/tmp", "a\0b"):
          try: inmem.mount(what)
          except Exception as error: found.append([type(error).__name__, getattr(error, "inmem_code", ""), str(error)])
      print(json.dumps([found, len(sys.path)]))
    `;
    const text = tmpFile("text.zip", "text");
    const [found, length] = await jsonOf<[string[][], number]>(
      { "__main__.py": main },
      { args: [text] },
    );
    expect(found.map(([type, code]) => [type, code])).toEqual([
      ["ImportError", "ERR_INMEM_NOT_FOUND"],
      ["ImportError", "ERR_INMEM_NOT_ZIP"],
      ["ImportError", "ERR_INMEM_NOT_ZIP"],
      ["TypeError", ""],
      ["ImportError", "ERR_INMEM_NOT_A_FILE"],
      ["ValueError", ""],
    ]);
    expect(found[0]?.[2]).toContain("/absent.zip");
    expect(found[3]?.[2]).toContain("expected a path");
    expect(length).toBe(2);
  });

  it("ends with the run", async () => {
    const lib = library("gone.zip", "mounted");
    const main = "import inmem, sys; inmem.mount(sys.argv[1]); import lib; print(lib.X)";
    expect((await runPython(main, { args: [lib] })).stdout).toBe("mounted\n");
    const { error } = await failPython("import lib");
    expect(error.type).toBe("ModuleNotFoundError");
    expect((await runPython(main, { args: [lib] })).stdout).toBe("mounted\n");
  });
});

describe("inmem.unmount", () => {
  it("takes the archive away: from sys.path, and what can be found", async () => {
    const main = py`
      import inmem, importlib.util, sys
      point = inmem.mount(sys.argv[1])
      print(importlib.util.find_spec("lib").origin == point + "/lib.py")
      inmem.unmount(point)
      print(importlib.util.find_spec("lib"), inmem.mounts() == sys.path[:1], point in sys.path_importer_cache)
      inmem.mount(point); import lib; print(lib.X)
    `;
    const { stdout } = await runPython(main, { args: [library("l.zip", "again")] });
    expect(stdout).toBe("True\nNone True False\nagain\n");
  });

  it("is refused while modules are imported, unless forced", async () => {
    const main = py`
      import errno, inmem, sys
      point = inmem.mount(sys.argv[1])
      import lib
      try: inmem.unmount(point)
      except OSError as error: print(error.errno == errno.EBUSY, "lib imported" in str(error), error.filename == point)
      print(lib.X, lib.__loader__.get_source("lib"))
      inmem.unmount(point, force=True)
      print("lib" in sys.modules, lib.X)
      try: import lib
      except ModuleNotFoundError as error: print(error)
    `;
    const { stdout } = await runPython(main, { args: [library("l.zip", "used")] });
    expect(stdout).toBe("True True True\nused X = \"used\"\nFalse used\nNo module named 'lib'\n");
  });

  it("is refused for what mount() did not put there", async () => {
    const main = py`
      import inmem, sys, _inmem
      for point in (sys.path[0], _inmem.stdlib, "/absent.zip"):
          try: inmem.unmount(point)
          except ValueError as error: print("not mounted by this program" in str(error))
    `;
    expect((await runPython(main)).stdout).toBe("True\nTrue\nTrue\n");
  });

  it("between two runs leaves no path of an archive that has gone", async () => {
    const pure = zipFile({ "kept.py": "X = 1" }, "a.zip");
    const main =
      "import inmem, sys; p = inmem.mount(sys.argv[1]); import kept; print(kept.__file__)";
    const first = await runPython(`${main}; inmem.unmount(p, force=True)`, { args: [pure] });
    expect(first.stdout).toBe(`${pure}/kept.py\n`);
    const other = zipFile({ "kept.py": "X = 1" }, "b.zip");
    expect((await runPython(main, { args: [other] })).stdout).toBe(`${other}/kept.py\n`);
  });
});

describe("a zip file on sys.path", () => {
  it("has extension modules, whose archive then stays", async () => {
    const wheel = await pypiWheel({
      requirement: "markupsafe==3.0.3",
      platforms: ["manylinux2014_x86_64"],
    });
    const main = py`
      import errno, sys
      sys.path.append(sys.argv[1])
      import inmem, markupsafe._speedups as fast
      print(fast.__file__.startswith(sys.argv[1] + "/markupsafe/_speedups."), fast._escape_inner("<"))
      for force in (False, True):
          try: inmem.unmount(sys.argv[1], force=force)
          except OSError as error: print(error.errno == errno.EBUSY, "cannot be unloaded" in str(error))
      import importlib.metadata; print(importlib.metadata.version("markupsafe"))
    `;
    const told = "True &lt;\nTrue True\nTrue True\n3.0.3\n";
    expect((await runPython(main, { args: [wheel] })).stdout).toBe(told);
    expect((await runPython(main, { args: [wheel] })).stdout).toBe(told);
  });

  it("of Python alone stays zipimport's", async () => {
    const plain = zipFile({ "lib.py": "X = 1" }, "plain.zip");
    const main = py`
      import sys
      sys.path.append(sys.argv[1])
      import inmem, lib
      print(type(lib.__loader__).__name__, sys.argv[1] in inmem.mounts())
    `;
    expect((await runPython(main, { args: [plain] })).stdout).toBe("zipimporter False\n");
  });

  it("is mounted, and its extensions and modules go with the run", async () => {
    const lib = library("path.zip", "on the path");
    const main = "import sys; sys.path.append(sys.argv[1]); import lib; print(lib.X, lib.__file__)";
    expect((await runPython(main, { args: [lib] })).stdout).toBe(`on the path ${lib}/lib.py\n`);
    writeFileSync(lib, makeZip({ ...manifest, "lib.py": "X = 'another'" }));
    expect((await runPython(main, { args: [lib] })).stdout).toBe(`another ${lib}/lib.py\n`);
  });

  it("that vanishes under the program: what is open can be read, a cut off file is an error", async () => {
    const files = { "one.py": "X = 1", "two.py": `X = 2 #${"x".repeat(9000)}`, "__main__.py": "" };
    const main = py`
      import sys, os
      sys.path.append(sys.argv[1]); import one
      input()
      try: import two; print(two.X)
      except ImportError as error: print(type(error).__name__, error.inmem_code, sys.argv[1] in str(error))
    `;
    const stdin = (change: () => void) =>
      (async function* () {
        change();
        yield Buffer.from("\n");
      })();
    const { Readable } = await import("node:stream");
    const run = (path: string, change: () => void) =>
      runPython(main, { args: [path], stdin: Readable.from(stdin(change)) });
    const gone = zipFile({ ...manifest, ...files }, "gone.zip");
    expect((await run(gone, () => renameSync(gone, `${gone}.away`))).stdout).toBe("2\n");
    const removed = zipFile({ ...manifest, ...files }, "removed.zip");
    expect((await run(removed, () => rmSync(removed))).stdout).toBe("2\n");
    const cut = zipFile({ ...manifest, ...files }, "cut.zip");
    const late = await run(cut, () => truncateSync(cut, 10));
    expect(late.stdout).toBe("ImportError ERR_INMEM_FILE_CHANGED True\n");
  });

  it("whose entry's bytes are damaged: an error that names it at its first import", async () => {
    const bytes = Buffer.from(
      makeZip({ ...manifest, "good.py": "X = 1", "bad.py": "Y = 'some text'" }),
    );
    bytes.write("some tExt", bytes.indexOf("some text"));
    const path = tmpFile("damaged.zip", bytes);
    const main =
      "import sys; sys.path.append(sys.argv[1]); import good; print(good.X, flush=True); import bad";
    const { stdout, error } = await failPython(main, { args: [path] });
    expect(stdout).toBe("1\n");
    expect(error).toMatchObject({ type: "ImportError", code: "ERR_INMEM_BAD_CRC" });
    expect(error.message).toContain(`${path}!/bad.py`);
  });
});

describe("what an earlier run loaded", () => {
  it("comes back when the program puts its archive on sys.path itself", async () => {
    const wheel = await numpyWheel();
    const main = py`
      import sys
      sys.path.append(sys.argv[1])
      import numpy.linalg, numpy
      print(numpy.__spec__.name, numpy.__spec__.loader is numpy.__loader__, numpy.dot([1, 2], [3, 4]))
    `;
    for (const _ of [1, 2, 3]) {
      const { stdout } = await runPython(main, { args: [wheel] });
      expect(stdout).toBe("numpy True 11\n");
    }
  });
});

describe("two bundles with the same module", () => {
  it("the first on sys.path wins, the other is there when it is moved", async () => {
    const main = py`
      import importlib, inmem, sys
      a, b = map(inmem.mount, sys.argv[1:])
      import lib; print(lib.X)
      sys.path.remove(b); sys.path.insert(0, b)
      print(importlib.reload(lib).X)
    `;
    const args = [library("a.zip", "a"), library("b.zip", "b")];
    expect((await runPython(main, { args })).stdout).toBe("a\nb\n");
  });
});
