// test/run/exit.test.ts: how a program ends: SystemExit in all its forms, and exceptions as PythonError.
import { describe, expect, it } from "vitest";
import { api, failPython, py, runPython } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

describe("exit status", () => {
  it.each([
    ["pass", 0, ""],
    ["raise SystemExit", 0, ""],
    ["raise SystemExit(None)", 0, ""],
    ["raise SystemExit(0)", 0, ""],
    ["raise SystemExit(3)", 3, ""],
    ["raise SystemExit(256)", 0, ""],
    ["raise SystemExit(257)", 1, ""],
    ["raise SystemExit(-1)", 255, ""],
    ["raise SystemExit(True)", 1, ""],
    ["raise SystemExit('a reason 💡')", 1, "a reason 💡\n"],
    ["raise SystemExit('')", 1, "\n"],
    ["raise SystemExit((1, 2))", 1, "(1, 2)\n"],
    ["raise SystemExit(2.5)", 1, "2.5\n"],
    ["import sys; sys.exit(7)", 7, ""],
    ["exit(8)", 8, ""],
    ["quit()", 0, ""],
    ["class Own(SystemExit): pass\nraise Own(9)", 9, ""],
  ])("%j gives %i", async (source, exitCode, stderr) => {
    expect(await runPython(source)).toMatchObject({ exitCode, stderr });
  });

  it("of an integer beyond 64 bits is what python gives", async () => {
    // Source: pythonrun.c: PyLong_AsLong fails, -1 & 0xff.
    expect((await runPython("raise SystemExit(2**70)")).exitCode).toBe(255);
  });

  it("comes after finally and with", async () => {
    const source = "import sys\ntry:\n    sys.exit(4)\nfinally:\n    print('finally')";
    expect(await runPython(source)).toMatchObject({ exitCode: 4, stdout: "finally\n" });
  });

  it("raised in a thread ends that thread alone", async () => {
    const source = py`
      import sys, threading
      thread = threading.Thread(target=sys.exit, args=(5,))
      thread.start(); thread.join()
      print("main goes on")
    `;
    expect(await runPython(source)).toMatchObject({ exitCode: 0, stdout: "main goes on\n" });
  });
});

describe("PythonError", () => {
  it("carries type, message, traceback and code, after Python printed the traceback", async () => {
    const source = "def f():\n    raise ValueError('bad 💡')\nprint('before')\nf()\n";
    const { error, stdout, stderr } = await failPython(source);
    expect(error).toBeInstanceOf(api.PythonError);
    expect(error).toBeInstanceOf(api.InmemError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "PythonError",
      type: "ValueError",
      message: "bad 💡",
      code: "ERR_INMEM_PYTHON",
    });
    expect(error.cause).toBeUndefined();
    expect(stdout).toBe("before\n");
    expect(stderr).toBe(error.traceback);
    const lines = error.traceback.split("\n");
    expect(lines[0]).toBe("Traceback (most recent call last):");
    expect(lines[1]).toMatch(/^ {2}File "\/proc\/inmem\/.*\/__main__\.py", line 4, in <module>$/);
    expect(lines[2]).toBe("    f()");
    expect(lines.at(-2)).toBe("ValueError: bad 💡");
    expect(error.traceback).not.toMatch(/_run\.py|runpy|_boot/);
  });

  it("has the class's unqualified name, of a nested class and of a module's", async () => {
    const nested = "class A:\n    class Inner(Exception): pass\nraise A.Inner('x')";
    expect((await failPython(nested)).error.type).toBe("Inner");
    const decode = await failPython("import json; json.loads('{')");
    expect(decode.error.type).toBe("JSONDecodeError");
    expect(decode.error.traceback).toContain("json.decoder.JSONDecodeError: ");
  });

  it("keeps the chain: cause, then what the cause came from", async () => {
    const source = py`
      try:
          try:
              {}["key"]
          except KeyError as error:
              raise ValueError("middle") from error
      except ValueError as error:
          raise RuntimeError("top") from error
    `;
    const { error } = await failPython(source);
    const middle = error.cause as typeof error;
    const bottom = middle.cause as typeof error;
    expect([error.type, middle.type, bottom.type]).toEqual([
      "RuntimeError",
      "ValueError",
      "KeyError",
    ]);
    expect(middle).toBeInstanceOf(api.PythonError);
    expect(bottom.message).toBe("'key'");
    expect(bottom.cause).toBeUndefined();
  });

  it("takes the context where there is no cause, and neither after `from None`", async () => {
    const context = await failPython("try:\n    1/0\nexcept ZeroDivisionError:\n    [][0]");
    expect(context.error.type).toBe("IndexError");
    expect((context.error.cause as typeof context.error).type).toBe("ZeroDivisionError");
    const none = await failPython(
      "try:\n    1/0\nexcept ZeroDivisionError:\n    raise KeyError(1) from None",
    );
    expect(none.error.cause).toBeUndefined();
  });

  it("ends a chain that goes in a circle or is long", async () => {
    const circle =
      "a = ValueError('a'); b = ValueError('b'); a.__cause__ = b; b.__cause__ = a; raise a";
    expect((await failPython(circle)).error.message).toBe("a");
    const long =
      "e = None\nfor i in range(5000):\n    n = ValueError(i); n.__cause__ = e; e = n\nraise e";
    expect((await failPython(long)).error.message).toBe("4999");
  });

  it("of a SyntaxError in the program shows the line", async () => {
    const { error, stderr } = await failPython("x = 1\ny = = 2\n");
    expect(error.type).toBe("SyntaxError");
    expect(error.message).toMatch(/invalid syntax \(__main__\.py, line 2\)/);
    expect(error.traceback).toContain("y = = 2");
    expect(stderr).toBe(error.traceback);
  });

  it.each([
    ["KeyboardInterrupt", "raise KeyboardInterrupt", ""],
    ["GeneratorExit", "raise GeneratorExit('g')", "g"],
    ["RecursionError", "def f(): f()\nf()", "maximum recursion depth exceeded"],
    ["MemoryError", "bytearray(1 << 60)", ""],
    ["UnicodeEncodeError", "'\\ud800'.encode()", "surrogates not allowed"],
    ["ModuleNotFoundError", "import nothing_here", "No module named 'nothing_here'"],
    ["ExceptionGroup", "raise ExceptionGroup('g', [ValueError(1)])", "g (1 sub-exception)"],
  ])("%s", async (type, source, message) => {
    const { error } = await failPython(source);
    expect(error.type).toBe(type);
    expect(error.message).toContain(message);
    expect(error.code).toBe("ERR_INMEM_PYTHON");
  });

  it("of an exception whose __str__ fails says so", async () => {
    const source = "class Odd(Exception):\n    def __str__(self): return 1/0\nraise Odd()";
    const { error } = await failPython(source);
    expect(error.type).toBe("Odd");
    expect(error.message).toBe("<exception str() failed>");
    expect(error.traceback).toContain("Odd: <exception str() failed>");
  });

  it("survives a __str__ that exits or gives no string, and lone surrogates", async () => {
    const exits = "class Odd(Exception):\n    def __str__(self): raise SystemExit(3)\nraise Odd()";
    expect((await failPython(exits)).error.type).toBe("Odd");
    const number = "class Odd(Exception):\n    def __str__(self): return 3\nraise Odd()";
    expect((await failPython(number)).error.type).toBe("Odd");
    const { error } = await failPython("raise ValueError('a\\ud800b')");
    expect(error.type).toBe("ValueError");
    expect(error.message).toMatch(/^a.+b$/);
  });

  it("has notes in its traceback", async () => {
    const { error } = await failPython("e = ValueError('x'); e.add_note('a note'); raise e");
    expect(error.traceback).toContain("\na note\n");
  });

  it("comes with what sys.excepthook printed instead", async () => {
    const hook = "import sys\nsys.excepthook = lambda t, e, tb: print('hook', t.__name__, e)\n1/0";
    const { error, stdout, stderr } = await failPython(hook);
    expect(stdout).toBe("hook ZeroDivisionError division by zero\n");
    expect(stderr).toBe("");
    expect(error.traceback).toContain("ZeroDivisionError");
    const broken = await failPython("import sys\nsys.excepthook = 3\n1/0");
    expect(broken.error.type).toBe("ZeroDivisionError");
    // The hook is the run's own.
    expect((await failPython("1/0")).stderr).toContain("ZeroDivisionError");
  });

  it("of a program that closed its streams is an error still", async () => {
    // In a process of their own: what CPython then says goes to descriptor 2.
    const programs = [
      "import sys; sys.stdout.close(); sys.stderr.close(); 1/0",
      "import sys; sys.stdout = sys.stderr = None; 1/0",
      "print('again')",
    ].map((source) => zipFile({ "__main__.py": source }));
    const source = `
      const { run } = require("inmem-python");
      (async () => {
        for (const path of process.argv.slice(2))
          await run(path).catch((error) => console.log(error.type));
      })();
    `;
    const { stdout } = await spawnNode(source, { args: programs });
    expect(stdout).toBe("ZeroDivisionError\nZeroDivisionError\nagain\n");
  });
});
