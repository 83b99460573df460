// test/bridge/dtypes.test.ts: numpy's dtypes that no typed array has as they are; more dimensions than one.
import { describe, expect, it } from "vitest";
import type { PyBuffer, PyBufferView, PyMemory, PyProxy, PyTypedArray } from "../../lib/index.js";
import { numpyWheel } from "../helpers/numpy.js";
import { api } from "../helpers/python.js";

const isCaged = process.env["INMEM_NO_EXTERNAL_BUFFERS"] === "1";
const hasHalves = "Float16Array" in globalThis;
const py = await api.start({ bundles: await numpyWheel() });
py.runPython("import numpy as np");

function view(code: string): PyBufferView {
  return (py.runPython(code) as PyBuffer).getBuffer();
}

/** Its elements, by offset and strides; `read` reads one of `data` at a place. */
function itemsOf(
  { data, offset, shape, strides }: PyBufferView,
  read = (from: PyMemory, at: number): unknown => (from as PyTypedArray)[at],
): unknown {
  const row = (at: number, axis: number): unknown =>
    axis === shape.length
      ? read(data, at)
      : Array.from({ length: shape[axis] as number }, (_, i) =>
          row(at + i * (strides[axis] as number), axis + 1),
        );
  return row(offset, 0);
}

describe("getBuffer()", () => {
  it.each([
    ["np.array([1.5, -2], '>f8')", Float64Array, [1.5, -2]],
    [
      "np.array([[1, 2], [3, 4]], '>i2').T",
      Int16Array,
      [
        [1, 3],
        [2, 4],
      ],
    ],
    ["np.array([1, 2**63], '>u8')", BigUint64Array, [1n, 2n ** 63n]],
  ])("of the other byte order is a copy in JavaScript's: %s", (code, type, items) => {
    const seen = view(code);
    expect(seen.data).toBeInstanceOf(type);
    expect(itemsOf(seen)).toEqual(items);
    expect([seen.copied, seen.format[0]]).toEqual([true, ">"]);
    expect(() => (py.runPython(code) as PyBuffer).getBuffer(undefined, { copy: false })).toThrow(
      /other byte order/,
    );
  });

  it("of complex numbers has two elements for each", () => {
    for (const [dtype, type] of [
      ["c16", Float64Array],
      ["c8", Float32Array],
    ] as const) {
      const seen = view(`a = np.array([[1+2j, 3-4j]], '${dtype}').T; a`);
      expect(seen.data).toBeInstanceOf(type);
      expect([seen.shape, seen.strides, seen.copied]).toEqual([
        [2, 1],
        [2, expect.anything()],
        isCaged,
      ]);
      const pair = (data: PyMemory, at: number) => [...(data as Float64Array).slice(at, at + 2)];
      expect(itemsOf(seen, pair)).toEqual([[[1, 2]], [[3, -4]]]);
    }
    expect([...(view("np.array([1+2j], '>c16')").data as Float64Array)]).toEqual([1, 2]);
  });

  it("of float16 is exact", () => {
    const seen = view("np.array([0.1, -0.0, np.inf, np.nan, 6e-8, 65504], 'f2')[::-1]");
    expect(itemsOf(seen)).toEqual([
      65504,
      2 ** -24,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
      0.0999755859375,
    ]);
    expect(seen.copied).toBe(isCaged || !hasHalves);
    const all = view("np.arange(65536, dtype='u2').view('f2')");
    const expected = view("np.arange(65536, dtype='u2').view('f2').astype('f4')");
    expect(Float32Array.from(all.data as Float32Array)).toEqual(expected.data);
  });

  it("of structures is a DataView, with strides in bytes", () => {
    py.runPython("s = np.array([(1, 2.5), (-3, 4.5)], [('a', 'i1'), ('b', '<f8')])");
    const seen = view("s");
    expect(seen.data).toBeInstanceOf(DataView);
    expect([seen.strides, seen.itemsize, seen.copied]).toEqual([[9], 9, isCaged]);
    const offset = py.runPython("s.dtype.fields['b'][1]") as number;
    expect(itemsOf(seen, (data, at) => (data as DataView).getFloat64(at + offset, true))).toEqual([
      2.5, 4.5,
    ]);
    if (!isCaged) {
      (seen.data as DataView).setInt8(9, 7);
      expect(py.runPython("int(s['a'][1])")).toBe(7);
      (seen.data as DataView).setInt8(9, -3);
    }
    const field = view("s['b']"); // where no Float64Array can lie
    expect([itemsOf(field), field.copied]).toEqual([[2.5, 4.5], true]);
    const aligned = view(
      "np.array([(1, 2.5), (3, 4.5)], np.dtype([('a', 'i1'), ('b', 'f8')], align=True))['b']",
    );
    expect([itemsOf(aligned), aligned.strides, aligned.copied]).toEqual([
      [2.5, 4.5],
      [isCaged ? 1 : 2],
      isCaged,
    ]);
  });

  it.each([
    ["np.array(['ab', 'c'])", "2w", 8],
    ["np.array([b'abc'])", "3s", 3],
    ["np.zeros(2, 'g')", "g", 16],
    ["np.zeros(2, 'V5')", "5x", 5],
  ])("of %s is a DataView", (code, format, itemsize) => {
    const seen = view(code);
    expect(seen.data).toBeInstanceOf(DataView);
    expect([seen.format, seen.itemsize, seen.strides]).toEqual([format, itemsize, [itemsize]]);
  });

  it("of dates and times is whole numbers, in the same memory", () => {
    const seen = view("d = np.array(['2024-02-29', 'NaT'], 'M8[s]'); d");
    expect([seen.format, seen.copied, seen.data]).toEqual([
      "<M8[s]",
      isCaged,
      new BigInt64Array([1709164800n, -(2n ** 63n)]),
    ]);
    if (!isCaged) {
      (seen.data as BigInt64Array)[1] = 0n;
      expect(py.runPython("str(d[1])")).toBe("1970-01-01T00:00:00");
    }
    expect(itemsOf(view("np.array([[5], [6]], '>m8[ms]')"))).toEqual([[5n], [6n]]);
  });

  it("of a part of memory that is shared already lies in the same ArrayBuffer", () => {
    py.runPython("t = np.zeros(3, [('a', 'u1'), ('p', 'V7'), ('b', 'f8'), ('c', 'V1')])");
    const whole = view("t");
    const part = view("t[:1]['b']"); // 51 bytes are there: no whole number of doubles
    expect(part.data.buffer === whole.data.buffer).toBe(!isCaged);
    expect(itemsOf(part)).toEqual([0]);
  });
});

describe("toJs()", () => {
  const copy = (code: string): unknown => (py.runPython(code) as PyProxy).toJs();

  it("gives rows of typed arrays", () => {
    expect(copy("np.arange(6.0).reshape(2, 3)")).toStrictEqual([
      new Float64Array([0, 1, 2]),
      new Float64Array([3, 4, 5]),
    ]);
    expect(copy("np.arange(6.0).reshape(2, 3).T[::2]")).toStrictEqual([
      new Float64Array([0, 3]),
      new Float64Array([2, 5]),
    ]);
    expect(copy("np.arange(4, dtype='i2').reshape(2, 1, 2)")).toStrictEqual([
      [new Int16Array([0, 1])],
      [new Int16Array([2, 3])],
    ]);
    expect(copy("np.zeros((2, 0))")).toStrictEqual([new Float64Array(0), new Float64Array(0)]);
    expect(copy("np.zeros((0, 2))")).toStrictEqual([]);
    expect(copy("[np.zeros((1, 1)), 5, np.zeros((0, 1)), 'a']")).toStrictEqual([
      [new Float64Array(1)],
      5,
      [],
      "a",
    ]);
  });

  it("gives elements of their own kind", () => {
    expect(copy("np.array([True, False])")).toStrictEqual(new Uint8Array([1, 0]));
    expect(copy("np.array([1, -2], '>i4')")).toStrictEqual(new Int32Array([1, -2]));
    const half = copy("np.array([0.5, -1], 'f2')") as Float32Array;
    expect([half.constructor.name, ...half]).toEqual([
      hasHalves ? "Float16Array" : "Float32Array",
      0.5,
      -1,
    ]);
    expect(copy("np.array(3.5)")).toBe(3.5);
    expect(copy("np.array(2**60)")).toBe(2n ** 60n);
    expect(copy("np.array(True)")).toBe(true);
  });

  it.each([
    "np.array([1j])",
    "np.zeros(2, 'S1, f8')",
    "np.array(['a'])",
    "np.zeros(1, 'M8[s]')",
    "np.zeros(1, 'O')",
  ])("leaves %s a proxy", (code) => {
    expect(api.isPyProxy(copy(code))).toBe(true);
  });
});

describe("a typed array of JavaScript's", () => {
  it("has the same dtype in Python", () => {
    const dtype = py.runPython("lambda x: np.asarray(x).dtype.str") as (x: unknown) => unknown;
    const copied = (x: unknown): unknown => dtype(py.toPy(x));
    const { Float16Array } = globalThis as unknown as {
      Float16Array?: new (of: number[]) => object;
    };
    for (const [array, name] of [
      [new Int8Array(1), "|i1"],
      [new BigUint64Array(1), "<u8"],
      [new (class extends Float32Array {})(1), "<f4"],
      ...(Float16Array ? [[new Float16Array([1]), "<f2"] as const] : []),
    ] as const) {
      expect([dtype(array), copied(array)]).toEqual([name, name]);
    }
  });

  it("that loses its memory while it is copied is an error", () => {
    const lose = (array: Float64Array<ArrayBuffer>): unknown => [
      array,
      {
        get later() {
          structuredClone(array.buffer, { transfer: [array.buffer] });
          return 1;
        },
      },
    ];
    expect(() => py.toPy(lose(new Float64Array([1, 2])))).toThrow(/lost its memory/);
    expect(py.runPython("1 + 1")).toBe(2);
  });
});
