// test/bridge/callbacks.test.ts: a JavaScript function that Python calls again and again, which native then calls by itself.
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

const py = await api.start();

type Callback = (i: number) => unknown;

/** Calls the function with 0 to count - 1, in one loop of Python's; gives a tuple of the results. */
const each = py.runPython(
  "def each(f, count): return tuple([f(i) for i in range(count)])\neach",
) as (f: Callback, count: number) => unknown[];
const same = py.runPython("lambda a: a") as (value: unknown) => unknown;

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("a function that is called often", () => {
  it("gives scalars, more of them than native keeps handles for", () => {
    expect(each((i) => i * 2, 1000)).toEqual(range(1000).map((i) => i * 2));
    const values = [null, true, "a\u{1F600}\ud800", 2n ** 80n, 0.5, -7, Number.MAX_SAFE_INTEGER];
    expect(each((i) => values[i], values.length)).toEqual(values);
    expect(Object.is(each(() => -0, 3)[2], -0)).toBe(true);
    expect(each(() => Number.NaN, 3)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it("gives the very objects of either language", () => {
    const objects = range(4).map((i) => ({ i }));
    const given = each((i) => objects[i], 4);
    for (const i of range(4)) expect(given[i]).toBe(objects[i]);
    const list = py.runPython("[1, 2]");
    for (const one of each(() => list, 3)) expect(one).toBe(list);
  });

  it("takes what is no scalar, after what is one", () => {
    const seen: unknown[] = [];
    const call = py.runPython("def call(f, values):\n for v in values: f(v)\ncall") as (
      f: (value: unknown) => void,
      values: unknown,
    ) => void;
    const marker = {};
    const values = py.runPython("lambda m: [1, (2, 'x'), m, b'y', 'z', 3]") as (
      m: object,
    ) => unknown;
    call((value) => seen.push(value), values(marker));
    expect(seen).toEqual([1, [2, "x"], marker, new Uint8Array([121]), "z", 3]);
    expect(seen[2]).toBe(marker);
  });

  it("throws the very error, at whichever call", () => {
    for (const at of [0, 1, 2, 200]) {
      const error = new RangeError(`at ${at}`);
      let caught: unknown;
      try {
        each((i) => {
          if (i === at) throw error;
          return i;
        }, 300);
      } catch (thrown) {
        caught = thrown;
      }
      expect(caught).toBe(error);
    }
    expect(() =>
      each((i) => {
        if (i > 1) throw "no Error";
      }, 3),
    ).toThrow("no Error");
    expect(() => each(() => Symbol("none"), 3)).toThrow(TypeError);
  });

  it("calls Python, which calls it", () => {
    const down: Callback = (depth) =>
      depth === 0 ? 0 : (each(() => down(depth - 1), 3)[2] as number) + 1;
    expect(down(6)).toBe(6);
    expect(each((i) => same(same(i)), 200)).toEqual(range(200));
  });

  it("is told from the next one that takes its place", () => {
    for (const i of range(300)) expect(each(() => i, 3)).toEqual([i, i, i]);
    const nested = each((i) => each(() => i, 3)[1], 300);
    expect(nested).toEqual(range(300));
  });

  it("ends in an error where the stack does", () => {
    const again: Callback = (i) => each(again, 3)[i];
    expect(() => again(0)).toThrow(/stack|recursion/i);
    expect(each((i) => i, 3)).toEqual([0, 1, 2]);
  });
});
