// test/bridge/user-names.test.ts: what users of pyodide expect by its names, and what they mistype.

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { api, bundleOf } from "../helpers/python.js";
import { tmpFile } from "../helpers/tmp.js";

const py = await api.start();
type Call = (...args: unknown[]) => unknown;
const run = (code: string): unknown => py.runPython(code);
const call = (code: string): Call => run(code) as Call;
run("import js\nfrom inmem.ffi import *");

describe("runPython()", () => {
  it.each([
    ["x = 1\nx + 1;", null],
    ["x = 1\nx + 1 ; # why;", null],
    ["(\n1\n);", null],
    ["x = 1\r\nx;\r\n", null],
    ["'é\u{1F600}'; 'ü';", null],
    ["'é\u{1F600}'; 'ü'", "ü"],
    ["(\n1\n)", 1],
    ["';' # ;", ";"],
    ["\n    # indented as a whole\n    x = 4\n    if x:\n        x += 1\n    x\n  ", 5],
    ["\tx = 7\n\tx", 7],
    ["  # a comment alone", null],
    ["", null],
  ])("gives for %j %j, also runPythonAsync()", async (code, value) => {
    expect(py.runPython(code)).toBe(value);
    expect(await py.runPythonAsync(code)).toBe(value);
  });

  it("leaves the text of code that is not indented as it is", () => {
    expect(run("text = '''\n    a'''\ntext")).toBe("\n    a");
    expect(() => run("  a = 1\n b = 2")).toThrow(/unexpected indent/);
  });

  it("says which option is wrong", async () => {
    for (const [options, text] of [
      [null, /an object for options/],
      [{ global: 1 }, /unknown option global/],
      [{ globals: {} }, /a Python dict \(py\.toPy/],
      [{ locals: [] }, /a Python dict \(py\.toPy/],
      [{ filename: 5 }, /for filename/],
    ] as const) {
      expect(() => py.runPython("1", options as never)).toThrow(text);
      await expect(py.runPythonAsync("1", options as never)).rejects.toThrow(text);
    }
    expect(() => py.runPython(5 as never)).toThrow(/a string for code/);
    expect(() => py.pyimport(undefined as never)).toThrow(/a non-empty string for name/);
  });
});

describe("registerJsModule()", () => {
  it("lets objects in it be imported, and all of its names", () => {
    py.registerJsModule("shop_of_js", { count: 1, _own: 2, prices: { tea: 3, more: { rum: 4 } } });
    run(
      "import shop_of_js.prices.more\nfrom shop_of_js.prices import tea\nfrom shop_of_js import *",
    );
    expect(run("tea, count, shop_of_js.prices.more.rum, '_own' in globals()")).toEqual([
      3,
      1,
      4,
      false,
    ]);
    py.registerJsModule("shop_of_js", { prices: { tea: 5 } });
    expect(run("from shop_of_js.prices import tea\ntea")).toBe(5);
    expect(() => run("import shop_of_js.nothing")).toThrow(/No module named/);
    py.unregisterJsModule("shop_of_js");
    expect(() => run("import shop_of_js.prices")).toThrow(/No module named/);
    expect(run("from js.Math import max\nmax(1, 4)")).toBe(4);
  });

  it("takes no name that Python has", () => {
    expect(() => py.registerJsModule("sys", {})).toThrow(/sys: Python has a module of that name/);
    expect(run("import sys; sys.argv is not None")).toBe(true);
  });
});

describe("inmem.ffi", () => {
  it("has to_js() with all options, by functions of both languages", () => {
    const entries = "dict_converter=js.Object.fromEntries";
    expect(run(`to_js((1, [2, {'a': 3}]), ${entries})`)).toEqual([1, [2, { a: 3 }]]);
    expect(run("to_js({'a': 1}, dict_converter=lambda e: js.Object.fromEntries(e))")).toEqual({
      a: 1,
    });
    expect(run("to_js((1, [2]))")).toEqual([1, [2]]);
    expect(run("to_js([1j], default_converter=lambda v, c, r: str(v))")).toEqual(["1j"]);
    expect(run("to_js([[1]], eager_converter=lambda v, c, r: c(v))")).toEqual([[1]]);
    expect(run("kept = js.Array.new()\nto_js([1j], pyproxies=kept)\nlen(kept)")).toBe(1);
    expect(() => run("to_js([1j], create_pyproxies=False)")).toThrow(/no conversion/);
    expect(String(run("to_js([[1]], depth=1)[0]"))).toBe("[1]");
    expect(run("type(to_js([1], depth=0)).__name__")).toBe("list");
  });

  it("has to_py() with a converter", () => {
    const convert = call("lambda o: to_py(o, default_converter=lambda v, c, r: [c(v.inner)])");
    class Box {
      inner = { z: 1 };
    }
    expect(String(convert([new Box()]))).toBe("[[{'z': 1}]]");
  });

  it("has names that are Python's keywords with an underscore", () => {
    expect(run("list(js.Array.from_('ab')) == ['a', 'b']")).toBe(true);
    const set = call("def set(o):\n  o.class_ = 1\n  o.x_ = 2\n  del o.in_\nset");
    const object: Record<string, unknown> = { in: 0 };
    set(object);
    expect(object).toEqual({ class: 1, x_: 2 });
    expect(call("lambda o: o.from_")({ from_: 1, from: 2 })).toBe(1);
  });

  it("has operators of arrays and sets", () => {
    const arrays = call("lambda x: [x + [1], [0] + x, x * 2] == [[5, 1], [0, 5], [5, 5]]");
    expect(arrays([5])).toBe(true);
    const sets = call(
      "lambda s: [s | {5}, s & {1}, s - {1}, {1, 9} - s, s ^ {1, 9}, s <= {1, 2, 3}] == [{1, 2, 5}, {1}, {2}, {9}, {2, 9}, True]",
    );
    expect(sets(new Set([1, 2]))).toBe(true);
  });
});

describe("mount()", () => {
  it("takes what start() takes, and unmount() what mount() was given", () => {
    const path = tmpFile("mount me.zip", bundleOf({ "of_mount.py": "value = 1\n" }));
    for (const bundle of [path, pathToFileURL(path), readFileSync(path)]) {
      py.mount(bundle);
      expect(run("import of_mount; of_mount.value")).toBe(1);
      expect(() => py.unmount(bundle)).toThrow(/imported from it/);
      py.unmount(bundle, { force: true });
      expect(py.mounts).toEqual([]);
      expect(() => py.unmount(bundle)).toThrow(/not mounted/);
    }
    const folder = dirname(tmpFile("__main__.py", ""));
    expect(() => py.mount(folder)).toThrow(/expected a zip file or a folder of wheels/);
  });

  it("says what it takes", () => {
    for (const bad of [undefined, null, 5, "", {}] as never[]) {
      expect(() => py.mount(bad)).toThrow(TypeError);
      expect(() => py.unmount(bad)).toThrow(TypeError);
    }
    expect(() => py.unmount("nothing", { forced: true } as never)).toThrow(/unknown option forced/);
  });
});

it("tells of a destroyed proxy when and why", () => {
  const list = py.toPy([1]) as unknown as { destroy: (why: string) => void; length: number };
  list.destroy("no longer shown");
  expect(() => list.length).toThrow(/already been destroyed\nno longer shown, \d+ ms ago/);
});

describe("what is thrown", () => {
  it("into an asynchronous generator of Python is a JsException there", async () => {
    const code =
      "async def g():\n  try:\n    yield 1\n  except JsException as e:\n    yield str(e)\ng()";
    const generator = run(code) as AsyncGenerator<unknown>;
    await generator.next();
    expect(await generator.throw(new Error("q"))).toEqual({ done: false, value: "Error: q" });
  });

  it("into a generator of JavaScript is a PythonError there", () => {
    function* caught(): Generator<unknown> {
      try {
        yield 1;
      } catch (error) {
        yield error instanceof api.PythonError && error.message;
      }
    }
    const raise = call("def raised(g):\n  next(g)\n  return g.throw(ValueError('v'))\nraised");
    expect(raise(caught())).toBe("v");
  });

  it("in with() and is no error goes to __exit__, and out again", () => {
    const code =
      "class C:\n  def __enter__(s): return s\n  def __exit__(s, kind, error, _): s.seen = kind.__name__\nC()";
    const manager = run(code) as never;
    for (const thrown of ["text", null, 5]) {
      const use = () => {
        throw thrown;
      };
      expect(() => py.with(manager, use)).toThrow();
      expect((manager as { seen: unknown }).seen).toBe("JsException");
    }
  });
});
