// test/bridge/to-py-converter.test.ts: toPy() and to_py() with functions of the program.
import { describe, expect, it } from "vitest";
import type { PyCallable, PyList } from "../../lib/index.js";
import { api } from "../helpers/python.js";

const py = await api.start();

function run<T>(code: string): T {
  return py.runPython(code) as T;
}

describe("toPy() with a converter", () => {
  class Pair {
    constructor(
      public first: unknown,
      public second: unknown,
    ) {}
  }
  const list = () => py.toPy([]) as PyList;
  const defaultConverter = (
    value: unknown,
    convert: (value: unknown) => unknown,
    remember: (value: unknown, result: unknown) => void,
  ): unknown => {
    if (!(value instanceof Pair)) return value;
    const made = list();
    remember(value, made);
    made.append(convert(value.first));
    made.append(convert(value.second));
    return made;
  };
  const copied = (value: unknown, test: string, options = {}): unknown =>
    run<PyCallable>(`lambda x: ${test}`)(py.toPy(value, { defaultConverter, ...options }));

  it("keeps shared references and cycles, through the converter and beside it", () => {
    const shared = [1, 2];
    const cycle: unknown[] = [];
    cycle.push(new Pair(cycle, shared));
    expect(copied([new Pair(shared, [shared]), shared], "x[0][0] is x[0][1][0] is x[1]")).toBe(
      true,
    );
    expect(copied(cycle, "x[0][0] is x and x[0][1] == [1, 2]")).toBe(true);
    const map = new Map<unknown, unknown>([["self", 0]]);
    map.set("self", new Pair(map, new Set([1])));
    expect(copied(map, "x['self'][0] is x and x['self'][1] == {1}")).toBe(true);
  });

  it("has all else as without one", () => {
    const holed = [1, undefined, null, "gone", 5n, "t"];
    delete holed[3];
    const value = {
      a: holed,
      b: new Map<unknown, unknown>([
        [[1, [2]], new Set([[3]])],
        [new Set([4]), new Date(5)],
      ]),
      c: new Uint8Array([1, 2]),
      d: new Set([Buffer.from("key")]),
    };
    const tests = [
      "x['a'] == [1, None, None, None, 5, 't']",
      "x['b'][(1, (2,))] == {(3,)}",
      "x['b'][frozenset({4})].microsecond == 5000",
      "bytes(x['c']) == b'\\1\\2'",
      "x['d'] == {b'key'}",
    ];
    const plain = py.toPy(value);
    for (const test of tests) {
      expect([test, copied(value, test), run<PyCallable>(`lambda x: ${test}`)(plain)]).toEqual([
        test,
        true,
        true,
      ]);
    }
    expect(() => copied(new Set([0, false]), "x")).toThrow(
      /two items of a set would be equal in Python; the second is False/,
    );
    expect(() =>
      copied(
        new Map([
          [1, 1],
          [1n as never, 2],
        ]),
        "x",
      ),
    ).toThrow(/two keys of a dict would be equal/);
    expect(copied([[[1]]], "type(x[0][0]).__name__", { depth: 2 })).toBe("JsArray");
    const key: unknown[] = [];
    key.push(key);
    expect(() => copied(new Map([[key, 1]]), "x")).toThrow(/holds itself/);
  });

  it("likewise from Python", () => {
    const shared = [1];
    const test =
      "def test(pair, cls):\n  def convert(value, conv, remember):\n    return [conv(value.first), conv(value.second)]\n  a, b = pair.to_py(default_converter=convert)\n  return a is b and a == [1]\ntest";
    expect(run<PyCallable>(test)(new Pair(shared, shared), Pair)).toBe(true);
  });
});
