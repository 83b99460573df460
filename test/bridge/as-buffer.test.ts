// test/bridge/as-buffer.test.ts: memory of JavaScript's in Python, with shape and strides; with
// INMEM_NO_EXTERNAL_BUFFERS=1, too.
import { describe, expect, it } from "vitest";
import type { AsBufferOptions, PyBuffer, PyProxy } from "../../lib/index.js";
import { numpyWheel } from "../helpers/numpy.js";
import { api } from "../helpers/python.js";

/** Whether Python gets copies of ArrayBuffers (docs/bridge-buffers.md). */
const isCopied =
  process.env["INMEM_NO_EXTERNAL_BUFFERS"] === "1" ||
  ("transfer" in ArrayBuffer.prototype && Number.parseFloat(process.versions.v8) < 13.6);
const py = await api.start({ bundles: await numpyWheel() });
py.runPython("import numpy as np");

type Data = Parameters<typeof py.asBuffer>[0];

function call(source: string, ...args: unknown[]): unknown {
  return (py.runPython(source) as (...args: unknown[]) => unknown)(...args);
}

function plain(value: unknown): unknown {
  return api.isPyProxy(value) ? (value as PyProxy).toJs() : value;
}

/** What a memoryview tells of it. */
function told(buffer: PyBuffer): unknown {
  return call("lambda v: (v.format, v.itemsize, v.shape, v.strides, v.nbytes)", buffer);
}

function doubles(count: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: count }, (_, i) => i);
}

describe("asBuffer() without numpy", () => {
  it.each<[Data, AsBufferOptions, unknown[], unknown]>([
    [doubles(3), {}, ["d", 8, [3], [8], 24], [0, 1, 2]],
    [
      doubles(6),
      { shape: [2, 3] },
      ["d", 8, [2, 3], [24, 8], 48],
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
    [
      doubles(6),
      { shape: [3, 2], strides: [1, 3] },
      ["d", 8, [3, 2], [8, 24], 48],
      [
        [0, 3],
        [1, 4],
        [2, 5],
      ],
    ],
    [doubles(6), { shape: [3], strides: [-2], offset: 5 }, ["d", 8, [3], [-16], 24], [5, 3, 1]],
    [
      doubles(2),
      { shape: [2, 2], strides: [0, 1] },
      ["d", 8, [2, 2], [0, 8], 32],
      [
        [0, 1],
        [0, 1],
      ],
    ],
    [doubles(6).subarray(2), { shape: [2], offset: 1 }, ["d", 8, [2], [8], 16], [3, 4]],
    [doubles(6), { shape: [], offset: 4 }, ["d", 8, [], [], 8], 4],
    [doubles(6), { shape: [0, 3] }, ["d", 8, [0, 3], [24, 8], 0], []],
    [doubles(0), {}, ["d", 8, [0], [8], 0], []],
    [new Uint8Array([1, 0, 2, 0]), { format: "h" }, ["h", 2, [2], [2], 4], [1, 2]],
    [
      new DataView(new Uint8Array([9, 1, 0, 9, 2, 0]).buffer, 1),
      { format: "h", shape: [2], strides: [3] },
      ["h", 2, [2], [3], 4],
      [1, 2],
    ],
    [new Uint8Array([7, 8]).buffer, { shape: [2, 1] }, ["B", 1, [2, 1], [1, 1], 2], [[7], [8]]],
  ])("%o as %o", (data, options, layout, items) => {
    const buffer = py.asBuffer(data, options);
    expect(told(buffer)).toEqual(layout);
    expect(plain(call("lambda v: v.tolist()", buffer))).toEqual(items);
  });

  it("shares the memory, or is a read-only copy", () => {
    const data = doubles(6);
    const grid = py.asBuffer(data, { shape: [2, 3] });
    expect(call("lambda v: (v.obj.copied, v.readonly)", grid)).toEqual([isCopied, isCopied]);
    const shared = new Int32Array(new SharedArrayBuffer(16));
    const other = py.asBuffer(shared, { shape: [2, 2] });
    if (process.env["INMEM_NO_EXTERNAL_BUFFERS"] !== "1") {
      call("def set(v): v[1, 1] = 5\nset", other);
      expect(shared[3]).toBe(5);
    }
    if (isCopied) return;
    call("def set(v): v[1, 2] = 42\nset", grid);
    expect(data[5]).toBe(42);
    data[0] = 43;
    expect(call("lambda v: v[0, 0]", grid)).toBe(43);
    const fixed = py.asBuffer(data, { readonly: true });
    expect(() => call("def set(v): v[0] = 1\nset", fixed)).toThrow(/read-only/);
  });

  it("gives consumers what they ask for, or a BufferError", () => {
    const column = py.asBuffer(doubles(4), { shape: [2], strides: [2] });
    const crc =
      "lambda v: __import__('zlib').crc32(v.obj) == __import__('zlib').crc32(v.tobytes())";
    expect(() => call(crc, column)).toThrow(/contiguous/);
    const rows = py.asBuffer(doubles(4), { shape: [2, 2] });
    expect(call(crc, rows)).toBe(true);
    expect(call("lambda v: v.tobytes()", column)).toEqual(
      new Uint8Array(Float64Array.of(0, 2).buffer),
    );
  });

  it("keeps memory that JavaScript has given away", () => {
    const data = doubles(4);
    const grid = py.asBuffer(data, { shape: [2, 2] });
    structuredClone(data.buffer, { transfer: [data.buffer] });
    expect(data).toHaveLength(0);
    expect(plain(call("lambda v: v.tolist()", grid))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(() => py.asBuffer(data, { shape: [2, 2] })).toThrow(/detached/);
    const later = doubles(4);
    const hostile = {
      get shape(): number[] {
        structuredClone(later.buffer, { transfer: [later.buffer] });
        return [2, 2];
      },
    };
    expect(() => py.asBuffer(later, hostile)).toThrow(/detached/);
  });

  it("copies a resizable ArrayBuffer", () => {
    const Resizable = ArrayBuffer as unknown as new (
      bytes: number,
      options: object,
    ) => ArrayBuffer & { resize(bytes: number): void };
    const memory = new Resizable(16, { maxByteLength: 32 });
    const grid = py.asBuffer(new Float64Array(memory), { shape: [2, 1] });
    memory.resize(0);
    expect(call("lambda v: (v.obj.copied, v.readonly, v[1, 0])", grid)).toEqual([true, true, 0]);
  });
});

describe("asBuffer() refuses", () => {
  it.each<[unknown, unknown, ErrorConstructor, RegExp]>([
    [doubles(5), { shape: [2, 3] }, RangeError, /does not fit the memory.* 0 to 48, of 40/],
    [doubles(6), { shape: [2, 3], offset: 1 }, RangeError, /does not fit the memory/],
    [doubles(6), { shape: [-1, 3] }, RangeError, /negative extent/],
    [doubles(6), { shape: [2], strides: [-1] }, RangeError, /bytes -8 to 8/],
    [doubles(6), { shape: [2], strides: [6] }, RangeError, /does not fit/],
    [doubles(6), { shape: [2], strides: [2 ** 53 - 1] }, RangeError, /out of range/],
    [doubles(6), { shape: [2], strides: [1, 1] }, RangeError, /2 strides for 1 dimensions/],
    [doubles(6), { strides: [1] }, RangeError, /no shape/],
    [doubles(6), { shape: [2 ** 50, 2 ** 50], strides: [0, 0] }, RangeError, /too many/],
    [doubles(6), { shape: Array(65).fill(1) }, RangeError, /65 dimensions/],
    [doubles(6), { shape: [1.5] }, RangeError, /shape\[0\] is an integer, not 1.5/],
    [doubles(6), { shape: [Number.NaN] }, RangeError, /not NaN/],
    [doubles(6), { shape: ["2"] }, TypeError, /shape\[0\]/],
    [doubles(6), { shape: 6 }, TypeError, /an array of integers for shape/],
    [doubles(6), { offset: 7 }, RangeError, /offset 7 is outside of data, which has 6/],
    [doubles(6), { offset: -1 }, RangeError, /outside/],
    [doubles(6), { format: "y" }, TypeError, /"y" is no format/],
    [doubles(6), { format: "2d" }, TypeError, /no format/],
    [doubles(6), { format: "" }, TypeError, /no format/],
    [doubles(6), { format: 5 }, TypeError, /a string for format/],
    [doubles(6), { format: "O" }, TypeError, /references to Python objects/],
    [doubles(6), { format: "T{O:a:}", itemsize: 8 }, TypeError, /references/],
    [doubles(6), { format: "T{b:a:}" }, TypeError, /needs itemsize/],
    [doubles(6), { format: "T{b:\ud800:}", itemsize: 1 }, Error, /surrogates not allowed/],
    [doubles(6), { format: "d", itemsize: 4 }, RangeError, /have 8 bytes/],
    [new Uint8Array(9), { format: "d" }, RangeError, /9 bytes are no whole number/],
    [doubles(6), { readonly: 1 }, TypeError, /a boolean/],
    [doubles(6), null, TypeError, /an object for options/],
    [[1, 2], {}, TypeError, /a typed array/],
    ["abc", {}, TypeError, /a typed array/],
  ])("%o as %o", (data, options, type, message) => {
    const make = () => py.asBuffer(data as Data, options as AsBufferOptions);
    expect(make).toThrow(message);
    expect(make).toThrow(type);
  });

  it("to believe a class what the size of its elements is", () => {
    class Odd extends Float64Array {
      override get BYTES_PER_ELEMENT(): number {
        return 0;
      }
    }
    const odd = new Odd(2);
    expect(call("lambda x: x.to_memoryview().shape", odd)).toEqual([2]);
    expect(told(py.asBuffer(odd))).toEqual(["d", 8, [2], [8], 16]);
  });
});

describe("asBuffer() with numpy", () => {
  const asked = "lambda x: (lambda a: (a.dtype.str, a.shape, a.strides))(np.asarray(x))";

  it("is an ndarray over the same memory", () => {
    const data = new Float32Array(12);
    const grid = py.asBuffer(data, { shape: [2, 2], strides: [6, 2], offset: 1 });
    expect(call(asked, grid)).toEqual(["<f4", [2, 2], [24, 8]]);
    if (isCopied) return;
    call("def fill(x): np.asarray(x)[:] = [[1, 2], [3, 4]]\nfill", grid);
    expect([...data]).toEqual([0, 1, 0, 2, 0, 0, 0, 3, 0, 4, 0, 0]);
    expect(call("lambda x, y: np.shares_memory(np.asarray(x), np.asarray(y))", data, grid)).toBe(
      true,
    );
    expect((call("lambda x: np.asarray(x).T", grid) as PyBuffer).getBuffer()).toMatchObject({
      shape: [2, 2],
      strides: [2, 6],
    });
  });

  it.each([
    ["np.arange(6.0).reshape(2, 3)"],
    ["np.arange(24, dtype='i4').reshape(4, 6)[::-1, ::2]"],
    ["np.arange(6, dtype='u2').reshape(2, 3).T"],
    ["np.arange(4) + 1j"],
    ["np.array([1j, 2], 'F').reshape(2, 1)"],
    ["np.array([True, False])"],
    ["np.array([(1, 2.5), (-3, 4.5)], [('a', 'i1'), ('b', '<f8')])"],
    ["np.array([(1, 2.5)], np.dtype([('a', 'i1'), ('b', 'f8')], align=True))"],
    ["np.array(['ab', 'c'])"],
    ["np.array([b'abc'])"],
    ["np.zeros(2, 'g')"],
    ["np.array([['2024-02-29', 'NaT']], 'M8[s]')"],
    ["np.array([5, 6], 'm8[ms]')"],
    ["np.array(3.0)"],
    ["np.zeros((0, 3))"],
    ["np.broadcast_to(np.arange(3, dtype='i4'), (2, 3))"],
    ["np.array([1.5, 2], '>f8')"],
    ["np.array([[1, 2]], '>i8')"],
    ["np.array([1+2j], '>c16')"],
    ["np.array(['2024-02-29'], '>M8[s]')"],
    ["np.array([0.5, -2], 'f2')"],
  ])("gives back %s of getBuffer()", (code) => {
    const view = (py.runPython(`given = ${code}; given`) as PyBuffer).getBuffer();
    const back = py.asBuffer(view.data, view);
    const same = `def same(x):
  x = np.asarray(x)
  at_once = ${view.copied ? "True" : "x.strides == given.strides"}
  kind = x.dtype == given.dtype or x.dtype == given.dtype.newbyteorder('=') or given.dtype == 'f2'
  return (kind, at_once, np.array_equal(x, given, equal_nan=x.dtype.kind in 'fcmM'), x.flags.writeable)
same`;
    const isWritable = (!isCopied || view.nbytes === 0) && !view.readonly;
    expect(call(same, back)).toEqual([true, true, true, isWritable]);
    if (!view.copied && !isCopied && view.nbytes > 0) {
      expect(call("lambda x: np.shares_memory(np.asarray(x), given)", back)).toBe(true);
    }
  });

  it("reads bytes in the order that the format says", () => {
    const bytes = new Uint8Array([0x3f, 0xf8, 0, 0, 0, 0, 0, 0]);
    expect(call("lambda x: float(np.asarray(x)[0])", py.asBuffer(bytes, { format: ">d" }))).toBe(
      1.5,
    );
    const named = (py.runPython("np.array([1.5], '>f8')") as PyBuffer).getBuffer("u8");
    expect(call("lambda x: float(np.asarray(x)[0])", py.asBuffer(named.data, named))).toBe(1.5);
    const [shape, itemsize] = [[1], 16];
    const point = py.asBuffer(doubles(2), { format: "T{d:x:d:y:}", shape, itemsize });
    expect(call("lambda x: float(np.asarray(x)['y'][0])", point)).toBe(1);
  });

  it("keeps the memory when JavaScript has let it go", () => {
    const view = (py.runPython("b = bytearray(b'abcd'); b") as PyBuffer).getBuffer();
    call("def keep(x):\n  global kept\n  kept = np.asarray(x)\nkeep", py.asBuffer(view.data, view));
    view.release();
    expect(py.runPython("kept.tolist()[3]")).toBe(100);
    if (!view.copied) expect(() => py.asBuffer(view.data, view)).toThrow(/detached/);
    py.runPython("kept = None");
  });
});
