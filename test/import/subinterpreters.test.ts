// test/import/subinterpreters.test.ts: imports from memory in subinterpreters.
import { describe, expect, it } from "vitest";
import { py, runPython } from "../helpers/python.js";
import { spawnCommand, spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const files = { "p/__init__.py": "from . import sub\nX = sub.Y", "p/sub.py": "Y = 'bundled'" };

describe("a subinterpreter", () => {
  it.each(["isolated", "legacy"])(
    "(%s) imports the stdlib and, with the path, the bundle",
    async (config) => {
      const main = py`
      import _interpreters, sys
      i = _interpreters.create("${config}")
      code = f'''
      import sys; sys.path.insert(0, {sys.path[0]!r})
      import json, collections, asyncio, p
      assert [p.X, p.__file__.rpartition("/p/")[2]] == ["bundled", "__init__.py"], p
      assert json.__file__.startswith("/proc/inmem/"), json
      '''
      error = _interpreters.run_string(i, code)
      print(error and error.formatted)
      _interpreters.destroy(i)
    `;
      const { stdout, stderr } = await runPython({ ...files, "__main__.py": main });
      expect({ stdout, stderr }).toEqual({ stdout: "None\n", stderr: "" });
    },
  );

  it("of a run has the bundles of the run on its path, as one of the launcher", async () => {
    const main = py`
      import _interpreters, sys
      i = _interpreters.create()
      error = _interpreters.run_string(i, f"import p, sys; assert (p.X, sys.path[0]) == ('bundled', {sys.path[0]!r}), sys.path")
      print(error and error.formatted)
      _interpreters.destroy(i)
    `;
    for (const _ of [1, 2]) {
      const { stdout } = await runPython({ ...files, "__main__.py": main });
      expect(stdout).toBe("None\n");
    }
  });

  it("answers through a queue or shared values: its imports are its own", async () => {
    const main = py`
      import _interpreters, os
      r, w = os.pipe()
      i = _interpreters.create()
      assert _interpreters.run_string(i, f"import json, colorsys, os; colorsys.MARK = 1; os.write({w}, json.dumps([json.__file__, len(__import__('sys').meta_path)]).encode())") is None
      print(os.read(r, 1000).decode())
      import colorsys; print(hasattr(colorsys, "MARK"))
      _interpreters.destroy(i)
    `;
    const { stdout } = await runPython(main);
    expect(stdout).toContain("/proc/inmem/python/lib/python3.13/json/__init__.py");
    expect(stdout).toContain("False\n");
  });

  it("is not in the way of a forked child, where CPython aborts", async () => {
    const main = py`
      import _interpreters, os, warnings
      warnings.simplefilter("ignore", DeprecationWarning)
      i = _interpreters.create("isolated")
      child = os.fork()
      if child == 0:
          import colorsys
          os._exit(7)
      print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), _interpreters.run_string(i, "import json"))
      _interpreters.destroy(i)
    `;
    expect((await runPython(main)).stdout).toBe("7 None\n");
  });

  it("many, one after another and several at once", async () => {
    const main = py`
      import _interpreters, threading
      def work():
          for _ in range(3):
              i = _interpreters.create()
              error = _interpreters.run_string(i, "import json, re, decimal; assert json.loads('[1]') == [1]")
              assert error is None, error
              _interpreters.destroy(i)
      threads = [threading.Thread(target=work) for _ in range(4)]
      [t.start() for t in threads]; [t.join() for t in threads]
      print("done", len(_interpreters.list_all()))
    `;
    expect((await runPython(main)).stdout).toBe("done 1\n");
  });

  it("that the program leaves behind ends with it, and what it printed is written", async () => {
    const main = py`
      import _interpreters
      assert len(_interpreters.list_all()) == 1
      print(_interpreters.run_string(_interpreters.create(), "print('from within')"))
    `;
    const path = zipFile({ "__main__.py": main });
    for (const words of [
      ["run", path],
      ["run", "--process", path],
      ["python", path],
    ]) {
      const { stdout, stderr } = await spawnCommand(words);
      expect({ stdout, stderr }, words[1]).toEqual({ stdout: "None\nfrom within\n", stderr: "" });
    }
    const twice = await spawnNode(`
      const { run } = require("inmem-python");
      const once = () => run(${JSON.stringify(path)}, { stdout: () => {} });
      once().then(once);
    `);
    // Its stream is the process's, whatever the run's is; and the next run begins without it.
    expect(twice).toMatchObject({ code: 0, stdout: "from within\n".repeat(2) });
  });
});
