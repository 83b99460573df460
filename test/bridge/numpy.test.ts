// test/bridge/numpy.test.ts: numpy's numbers are values; its arrays are proxies, and copies where asked for.
import { describe, expect, it } from "vitest";
import type { PyProxy } from "../../lib/index.js";
import { numpyWheel } from "../helpers/numpy.js";
import { api } from "../helpers/python.js";

const py = await api.start({ bundles: await numpyWheel() });
py.runPython("import numpy as np");

describe("numpy's numbers", () => {
  it.each([
    ["np.bool_(True)", true],
    ["np.int8(-5)", -5],
    ["np.uint16(65535)", 65535],
    ["np.int32(-7)", -7],
    ["np.int64(2**53 - 1)", 2 ** 53 - 1],
    ["np.int64(2**62)", 2n ** 62n],
    ["np.uint64(2**64 - 1)", 2n ** 64n - 1n],
    ["np.intc(3)", 3],
    ["np.longlong(4)", 4],
    ["np.float16(0.5)", 0.5],
    ["np.float32(0.1)", Math.fround(0.1)],
    ["np.float64(-0.0)", -0],
    ["np.float64('nan')", Number.NaN],
    ["np.arange(3)[2]", 2],
    ["np.array([0.5]).sum()", 0.5],
    ["np.array([1, 2]).shape", [2]],
  ])("%s", (code, value) => {
    expect(py.runPython(code)).toStrictEqual(value);
    expect((py.runPython(`[${code}]`) as PyProxy).toJs()).toStrictEqual([value]);
    const given: unknown[] = [];
    (py.runPython(`lambda f: f(${code})`) as (f: (x: unknown) => void) => void)((x) => {
      given.push(x);
    });
    expect(given).toStrictEqual([value]);
  });

  it.each([
    "np.complex128(1)",
    "np.datetime64('2024-02-29')",
    "np.timedelta64(1)",
    "np.longdouble(1)",
  ])("%s stays a proxy", (code) => {
    expect(api.isPyProxy(py.runPython(code))).toBe(true);
  });

  it("a class that only has the name is no number", () => {
    const value = py.runPython("type('numpy.int64', (), {'item': lambda self: 5})()");
    expect(api.isPyProxy(value)).toBe(true);
  });
});

describe("numpy's arrays", () => {
  it("become typed arrays", () => {
    const copy = (code: string): unknown => (py.runPython(code) as PyProxy).toJs();
    expect(copy("np.array([0.5, 1.5])")).toStrictEqual(new Float64Array([0.5, 1.5]));
    expect(copy("np.array([1, -2], 'int16')")).toStrictEqual(new Int16Array([1, -2]));
    expect(copy("np.arange(6)[::2]")).toStrictEqual(new BigInt64Array([0n, 2n, 4n]));
  });

  it("have Python's operators", () => {
    const a = py.runPython("np.arange(6).reshape(2, 3)") as PyProxy & { shape: number[] };
    expect(a.shape).toEqual([2, 3]);
    expect((py.py`${a} @ ${a}.T` as { tolist(): PyProxy }).tolist().toJs()).toEqual([
      [5, 14],
      [14, 50],
    ]);
    const shape = py.runPython("np.arange(6)") as { reshape: (...args: unknown[]) => PyProxy };
    expect(shape.reshape(3, 2, api.kwargs({ order: "F" })).type).toBe("ndarray");
  });
});

describe("items of arrays by number", () => {
  it("are numbers and rows; what is not there is undefined", () => {
    const grid = py.runPython("np.arange(6).reshape(2, 3)") as PyProxy & (PyProxy & number[])[];
    expect([grid[1]?.[2], grid[2], (grid[0] as PyProxy).type]).toEqual([5, undefined, "ndarray"]);
    (grid[1] as unknown as number[])[2] = 9;
    expect(py.py`${grid}[1, 2]`).toBe(9);
    expect((py.runPython("np.array(1)") as PyProxy & number[])[0]).toBe(undefined);
  });
});
