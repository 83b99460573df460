// test/bridge/pyodide.test.ts: what docs/bridge-pyodide.md says of this side.
import { describe, expect, it } from "vitest";
import type { PyDict, PyList, PyProxy, PythonError } from "../../lib/index.js";
import { api } from "../helpers/python.js";

const py = await api.start();

function run<T = PyProxy>(code: string): T {
  return py.runPython(code) as T;
}

describe("names", () => {
  it("are there as the page has them", async () => {
    expect(run("import js\njs.eval('1 + 1')")).toBe(2);
    expect(
      run(
        "from inmem import ffi\nall(hasattr(ffi, n) for n in ('JsIterator', 'JsAsyncIterator', 'JsMap', 'JsBuffer', 'JsProxy'))",
      ),
    ).toBe(true);
    const dict = run<PyDict>("{'a': {'b': 1}}");
    expect([api.isPyProxy(dict), dict.type]).toEqual([true, "dict"]);
    expect(dict.toJs({ dict_converter: Object.fromEntries })).toEqual({ a: { b: 1 } });
    expect(JSON.stringify(dict)).toBe('{"a":{"b":1}}');
    expect(run("js.eval('({a: {b: 1}})').as_object_map(hereditary=True)['a']['b']")).toBe(1);
    expect((await api.start()).globals).toBe(py.globals);
  });

  it("of streams are pyodide's", () => {
    const bytes: number[] = [];
    py.setStdout({ raw: (byte) => bytes.push(byte) });
    py.setStdin(() => "line\n");
    try {
      run("print(input())");
    } finally {
      py.setStdout("inherit");
      py.setStdin("inherit");
    }
    expect(String.fromCharCode(...bytes)).toBe("line\n");
  });
});

describe("values", () => {
  it("are what the page says", () => {
    expect([run("None"), run("b'a'"), run("(1,)"), run("frozenset({1})")]).toEqual([
      null,
      new Uint8Array([97]),
      [1],
      new Set([1]),
    ]);
    expect(
      run("lambda *values: all(v is None for v in values)") as unknown as (
        ...v: unknown[]
      ) => boolean,
    ).toSatisfy((all: (...v: unknown[]) => boolean) => all(null, undefined));
    expect(run<PyDict>("{(1, 2): 3}").toJs()).toEqual(new Map([[[1, 2], 3]]));
    expect(run("x = js.eval('[1, 2]')\ntype(x[:]).__name__, type(x + x).__name__")).toEqual([
      "list",
      "list",
    ]);
    const dict = run<PyDict & { name?: unknown }>("{'name': 1}");
    expect([dict.name, dict.get("name")]).toEqual([undefined, 1]);
    const list = run<PyList>("[1, 2]");
    expect([list.pop(), list.length]).toEqual([2, 1]);
    expect(py.py`${run("{(1, 2): 3}")}[${1}, ${2}]`).toBe(3);
  });

  it("that JavaScript keeps live on when the call that gave them has ended", () => {
    const kept: PyList[] = [];
    py.globals.set("keep", (list: PyList) => void kept.push(list));
    run("keep([1, 2])");
    expect(kept[0]?.length).toBe(2);
  });
});

describe("errors", () => {
  it("tell message and traceback apart; JavaScript's are raised as JsException", () => {
    const error = (() => {
      try {
        return run("1 / 0");
      } catch (thrown) {
        return thrown as PythonError;
      }
    })() as PythonError;
    expect([error.message, error.traceback.split("\n")[0]]).toEqual([
      "division by zero",
      "Traceback (most recent call last):",
    ]);
    const original = new RangeError("of JavaScript");
    py.globals.set("original", original);
    expect(() => run("from inmem.ffi import JsException\nraise JsException(original)")).toThrow(
      original,
    );
  });
});
