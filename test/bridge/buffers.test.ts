// test/bridge/buffers.test.ts: memory of one language in the other; with INMEM_NO_EXTERNAL_BUFFERS=1, too.
import { describe, expect, it } from "vitest";
import type { PyBuffer, PyBufferView, PyTypedArray } from "../../lib/bridge/types.js";
import { numpyWheel } from "../helpers/numpy.js";
import { api } from "../helpers/python.js";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";

const isCaged = process.env["INMEM_NO_EXTERNAL_BUFFERS"] === "1";
/** Whether Python gets copies of ArrayBuffers: of V8 12, too (docs/bridge-buffers.md). */
const isCopied =
  isCaged || ("transfer" in ArrayBuffer.prototype && Number.parseFloat(process.versions.v8) < 13.6);
const wheel = await numpyWheel();
const python = await api.start({ bundles: [wheel] });
python.runPython("import numpy as np");

type Growing<T> = new (bytes: number, options: { maxByteLength: number }) => T;
const Resizable = ArrayBuffer as unknown as Growing<ArrayBuffer>;
const Growable = SharedArrayBuffer as unknown as Growing<SharedArrayBuffer>;

function buffer(expression: string): PyBuffer {
  return python.runPython(expression) as PyBuffer;
}

function view(expression: string): PyBufferView<PyTypedArray> {
  return buffer(expression).getBuffer();
}

function call(source: string): (...args: unknown[]) => unknown {
  return python.runPython(source) as (...args: unknown[]) => unknown;
}

/** What a program of its own prints; without shared memory where that is asked, or is so here. */
async function printed(body: string, { gc = false, caged = isCaged } = {}): Promise<string> {
  const source = `
    const { start } = require("./dist/index.js");
    const isCaged = ${caged};
    const wheel = ${JSON.stringify(wheel)};
    const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
    const collect = async () => { for (let i = 0; i < 10; i += 1) { gc(); await turn(); } };
    (async () => {${body}})().catch((error) => { console.error(error); process.exit(1); });
  `;
  const { code, signal, stdout, stderr } = await spawnNode(source, {
    nodeArgs: gc ? ["--expose-gc"] : [],
    env: caged ? { INMEM_NO_EXTERNAL_BUFFERS: "1" } : {},
  });
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
  return stdout.trim();
}

describe("getBuffer", () => {
  it("shares memory, or says that it is a copy", () => {
    const array = buffer("a = np.arange(10.0); a");
    const { data, copied, offset, shape, strides, format, nbytes } = array.getBuffer();
    expect(data).toEqual(Float64Array.from({ length: 10 }, (_, i) => i));
    expect({ copied, offset, shape, strides, format, nbytes }).toEqual({
      copied: isCaged,
      offset: 0,
      shape: [10],
      strides: [1],
      format: "d",
      nbytes: 80,
    });
    data[3] = 42;
    expect(python.runPython("float(a[3])")).toBe(isCaged ? 3 : 42);
    python.runPython("a[4] = 43");
    expect(data[4]).toBe(isCaged ? 4 : 43);
  });

  it.each([
    ["?", Uint8Array],
    ["i1", Int8Array],
    ["u1", Uint8Array],
    ["i2", Int16Array],
    ["u2", Uint16Array],
    ["i4", Int32Array],
    ["u4", Uint32Array],
    ["i8", BigInt64Array],
    ["u8", BigUint64Array],
    ["f4", Float32Array],
    ["f8", Float64Array],
  ])("gives a dtype of %s its own typed array", (dtype, type) => {
    const { data, copied } = view(`np.array([0, 1], '${dtype}')`);
    expect(data).toBeInstanceOf(type);
    expect(Array.from(data, Number)).toEqual([0, 1]);
    expect(copied).toBe(isCaged);
  });

  it.each(["a", "a.T", "a[::-1, ::2]", "a[1:, 1]", "a[..., None]", "a[0, 0, None]"])(
    "describes the elements of %s by offset and strides",
    (expression) => {
      python.runPython("a = np.arange(24, dtype='i4').reshape(4, 6)");
      const { data, offset, shape, strides, c_contiguous } = view(expression);
      const read = (at: number, axis: number): unknown =>
        axis === shape.length
          ? data[at]
          : Array.from({ length: shape[axis] as number }, (_, i) =>
              read(at + i * (strides[axis] as number), axis + 1),
            );
      const told = python.runPython(`b = ${expression}; import json; json.dumps(b.tolist())`);
      expect(read(offset, 0)).toEqual(JSON.parse(told as string));
      expect(c_contiguous).toBe(isCaged || python.runPython("b.flags.c_contiguous"));
    },
  );

  it("gives the same ArrayBuffer for the same memory", () => {
    python.runPython("a = np.zeros(100)");
    const [all, again, part] = [view("a"), view("a"), view("a[10:20]")];
    expect(again.data.buffer === all.data.buffer).toBe(!isCaged);
    expect(part.data.buffer === all.data.buffer).toBe(!isCaged);
    const wider = [view("a[:2]"), view("a")]; // the first is taken back while the second stays
    wider[0]?.release();
    expect(wider[1]?.data).toHaveLength(100);
  });

  it("refuses references to Python objects", () => {
    expect(() => view("np.zeros(3, 'O')")).toThrow(/references to Python objects/);
    expect(() => view("np.zeros(3, [('a', 'O')])")).toThrow(/references to Python objects/);
  });

  it("shows any bytes as the type that is asked for", () => {
    const { data, strides } = buffer("np.array([1, 256], '>u2')").getBuffer("u8");
    expect([...data]).toEqual([0, 1, 1, 0]);
    expect(strides).toEqual([2]);
    const { data: seen } = buffer("np.array([1.5], '>f8')").getBuffer("dataview");
    expect(seen.getFloat64(0)).toBe(1.5);
    const odd = buffer("bytearray(10)");
    expect(() => odd.getBuffer("f64")).toThrow(RangeError);
    expect(() => odd.getBuffer("f65" as "f64")).toThrow(/one of i8/);
    expect(() => odd.getBuffer("u8", { copy: 1 as unknown as boolean })).toThrow(TypeError);
    expect(() => buffer("np.zeros(1, 'O')").getBuffer("u64")).toThrow(/references/);
  });

  it("copies what is read-only, and elements that no typed array reaches", () => {
    const bytes = buffer("memoryview(b'abc')");
    expect(bytes.getBuffer()).toMatchObject({ copied: true, readonly: true });
    const packed = view("np.array([(1, 2.5), (3, 4.5)], [('a', 'i1'), ('b', 'f8')])['b']");
    expect(packed).toMatchObject({ copied: true, strides: [1] });
    expect([...packed.data]).toEqual([2.5, 4.5]);
    const broadcast = view("np.broadcast_to(np.arange(3, dtype='i4'), (2, 3))");
    expect([...broadcast.data]).toEqual([0, 1, 2, 0, 1, 2]);
    expect(view("np.zeros(2)")).toMatchObject({ copied: isCaged });
    expect(buffer("np.zeros(2)").getBuffer("f64", { copy: true }).copied).toBe(true);
    expect(() =>
      buffer("np.zeros(9, 'u1')[1:].view('f8')").getBuffer("f64", { copy: false }),
    ).toThrow(/copy: false/);
    if (isCaged) expect(() => bytes.getBuffer("u8", { copy: false })).toThrow(/copy: false/);
    else expect(bytes.getBuffer("u8", { copy: false }).copied).toBe(false);
  });

  it("takes memory without elements", () => {
    expect(view("np.zeros(0)").data).toHaveLength(0);
    expect(view("np.zeros((0, 3))").shape).toEqual([0, 3]);
    expect(view("np.array(3.0)")).toMatchObject({ shape: [], strides: [], nbytes: 8, ndim: 0 });
  });

  it("refuses resizing in Python until release()", () => {
    const held = view("b = bytearray(b'abc'); b");
    const append = () => python.runPython("b.append(1); len(b)");
    if (!isCaged) expect(append).toThrow(/cannot be re-sized/);
    held.release();
    held.release(); // again: nothing
    expect(append()).toBe(4);
    expect(held.data).toHaveLength(isCaged ? 3 : 0); // detached: no memory that is not there
  });

  it("keeps the memory of an array that has gone", () => {
    const { data } = view("a = np.arange(3.0); a");
    python.runPython("del a; np.arange(3.0) * 0");
    expect([...data]).toEqual([0, 1, 2]);
  });

  it("cannot give an array more bytes than there is memory for", () => {
    expect(() => view("np.broadcast_to(np.zeros(1), (2**45,))")).toThrow(/bytes|allocation/);
  });
});

describe("JavaScript's memory in Python", () => {
  const share = call(
    "def share(x, change=True):\n" +
      "  a = np.asarray(x)\n" +
      "  if a.flags.writeable: a.flat[0] = 7\n" +
      "  return (a.dtype.str, a.shape, a.flags.writeable)\n" +
      "share",
  );

  it.each([
    [Int8Array, "|i1"],
    [Uint8Array, "|u1"],
    [Uint8ClampedArray, "|u1"],
    [Int16Array, "<i2"],
    [Uint16Array, "<u2"],
    [Int32Array, "<i4"],
    [Uint32Array, "<u4"],
    [Float32Array, "<f4"],
    [Float64Array, "<f8"],
    [BigInt64Array, "<i8"],
    [BigUint64Array, "<u8"],
  ])("is an ndarray of the right dtype, without a copy: %o", (type, dtype) => {
    const array = new type(4);
    expect(share(array)).toEqual([dtype, [4], !isCopied]);
    expect(Number(array[0])).toBe(isCopied ? 0 : 7);
  });

  it("is exported by views, ArrayBuffers and shared memory as well", () => {
    const whole = new ArrayBuffer(8);
    expect(share(new DataView(whole, 2, 3))).toEqual(["|u1", [3], !isCopied]);
    expect(new Uint8Array(whole)[2]).toBe(isCopied ? 0 : 7);
    expect(share(whole)).toEqual(["|u1", [8], !isCopied]);
    const shared = new SharedArrayBuffer(16);
    expect(share(new Int32Array(shared, 4, 2))).toEqual(["<i4", [2], !isCaged]);
    expect(new Int32Array(shared)[1]).toBe(isCaged ? 0 : 7);
    expect(share(shared)).toEqual(["|u1", [16], !isCaged]);
    expect(share(Buffer.from("abc"))).toEqual(["|u1", [3], !isCopied]);
    expect(call("lambda x: np.asarray(x).shape")(new Float64Array(0))).toEqual([0]);
  });

  it("tells whether it is a copy, which cannot be written to", () => {
    const copied = call("lambda x: (x.to_memoryview().obj.copied, x.to_memoryview().readonly)");
    expect(copied(new Uint8Array(3))).toEqual([isCopied, isCopied]);
    const resizable = new Resizable(8, { maxByteLength: 16 });
    expect(copied(new Uint8Array(resizable))).toEqual([true, true]);
    const growable = new Growable(8, { maxByteLength: 16 });
    expect(copied(new Uint8Array(growable))).toEqual([isCaged, isCaged]);
    expect(() => call("lambda x: memoryview(x)")(new Uint8Array(8).subarray(1))).not.toThrow();
  });

  it("has pyodide's methods, of copies too", () => {
    const resizable = new Resizable(4, { maxByteLength: 16 });
    for (const array of [new Uint8Array(4), new Uint8Array(resizable)]) {
      call("lambda x: x.assign(b'abcd')")(array);
      expect([...array]).toEqual([97, 98, 99, 100]);
      expect(call("lambda x: x.to_bytes()")(array)).toEqual(new Uint8Array([97, 98, 99, 100]));
      expect(call("lambda x: x.to_string()")(array)).toBe("abcd");
      expect(call("lambda x: (x[1], bytes(x[2:]))")(array)).toEqual([
        98,
        new Uint8Array([99, 100]),
      ]);
      call("def f(x): x[0] = 1; x[1:3] = b'zz'\nf")(array);
      expect([...array]).toEqual([1, 122, 122, 100]);
      const target = "def f(x):\n  b = bytearray(4)\n  x.assign_to(b)\n  return bytes(b)\nf";
      expect(call(target)(array)).toEqual(new Uint8Array([1, 122, 122, 100]));
      expect(() => call("lambda x: x.assign(b'abc')")(array)).toThrow(/3 bytes do not fit into 4/);
      call("def f(x): x.from_file(__import__('io').BytesIO(b'pq'))\nf")(array);
      expect([...array]).toEqual([112, 113, 122, 100]);
    }
  });

  it("is safe when it is detached meanwhile", () => {
    const keep = call("def keep(x):\n  global kept\n  kept = np.asarray(x)\nkeep");
    const array = new Float64Array([1, 2, 3]);
    keep(array);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(array).toHaveLength(0);
    expect(python.runPython("kept.tolist()[1]")).toBe(2);
    const other = new Float64Array([1, 2, 3]);
    keep(other);
    const { transfer } = ArrayBuffer.prototype as { transfer?: (bytes?: number) => ArrayBuffer };
    transfer?.call(other.buffer, 1 << 20);
    expect(python.runPython("kept.tolist()[2]")).toBe(3);
    expect(() => keep(array)).toThrow(/detached/);
    const gone = array.buffer;
    expect(() => call("lambda x: memoryview(x)")(gone)).toThrow(/detached/);
  });

  it("goes back to Python's own memory", () => {
    const { data } = view("a = np.arange(5.0); a");
    expect(call("lambda x: np.shares_memory(np.asarray(x), a)")(data)).toBe(!isCopied);
    const keep = view("b = bytearray(b'abcd'); b");
    call("def f(x):\n  global kept\n  kept = memoryview(x)\nf")(keep.data);
    keep.release(); // Python still reads it by way of JavaScript
    expect(python.runPython("bytes(kept)")).toEqual(new Uint8Array([97, 98, 99, 100]));
    if (!isCopied) expect(() => python.runPython("b.append(1)")).toThrow(/re-sized/);
    python.runPython("kept = None");
    expect(python.runPython("b.append(1); len(b)")).toBe(5);
  });

  it("is the same on Python's other threads", async () => {
    const sum = call("lambda x: float(np.asarray(x).sum())") as unknown as {
      callAsync(...args: unknown[]): Promise<unknown>;
    };
    const arrays = Array.from({ length: 20 }, (_, i) => new Float64Array(1000).fill(i));
    expect(await Promise.all(arrays.map((array) => sum.callAsync(array)))).toEqual(
      arrays.map((_, i) => 1000 * i),
    );
  });
});

describe("the life of shared memory", () => {
  it("lasts as long as either side holds it, and no longer", async () => {
    const told = await printed(
      `
      const py = await start({ bundles: [wheel] });
      py.runPython(\`
import numpy as np, weakref
class Array(np.ndarray): pass
def make():
    global gone
    made = np.arange(1e5).view(Array)
    gone = weakref.ref(made)
    return made
\`);
      let { data } = py.runPython("make()").getBuffer();
      await collect();
      const before = py.runPython("gone() is not None");
      const last = data[99_999];
      data = undefined;
      await collect();
      const after = py.runPython("gone() is None");

      py.runPython("def keep(x):\\n  global kept\\n  kept = np.asarray(x)\\nkeep")(
        Float64Array.from({ length: 1e5 }, (_, i) => i));
      await collect();
      const kept = py.runPython("float(kept.sum())");
      console.log(before || isCaged, last, after, kept);
    `,
      { gc: true },
    );
    expect(told).toBe("true 99999 true 4999950000");
  });

  // Copies are the garbage collector's, when it finds time for them.
  it.skipIf(isCaged)("does not grow while the event loop makes no turn", async () => {
    const told = await printed(`
      const py = await start({ bundles: [wheel] });
      py.runPython("import numpy as np");
      const take = py.runPython("lambda x: float(np.asarray(x)[-1])");
      const make = py.runPython("lambda: np.ones(1_000_000)");
      const step = async () => {
        const array = make();
        const view = array.getBuffer();
        if (take(view.data) !== 1) throw new Error("wrong");
        view.release();
        array.destroy();
      };
      for (let i = 0; i < 10; i += 1) await step();
      const before = process.memoryUsage().rss;
      for (let i = 0; i < 100; i += 1) await step();
      console.log(process.memoryUsage().rss - before < 400e6);
    `);
    expect(told).toBe("true"); // 800 MB went through it
  });

  it("outlives a Worker that ends, in both directions", async () => {
    const told = await printed(`
      const { Worker } = require("node:worker_threads");
      const py = await start({ bundles: [wheel] });
      py.runPython("import numpy as np\\nkept = []\\nb = bytearray(b'abcd' * 1000)");
      const source = \`
        const { parentPort } = require("node:worker_threads");
        const { start } = require(${JSON.stringify(`${packageRoot}/dist/index.js`)});
        (async () => {
          const py = await start();
          const keep = py.runPython("lambda x: kept.append(np.asarray(x))");
          keep(Float64Array.from({ length: 100_000 }, (_, i) => i));
          keep(py.globals.get("b").getBuffer().data);
          globalThis.held = py.globals.get("kept").get(0).getBuffer();
          parentPort.postMessage("held");
          setInterval(() => {}, 1000);
        })();
      \`;
      for (let i = 0; i < 3; i += 1) {
        const worker = new Worker(source, { eval: true });
        await new Promise((resolve) => worker.once("message", resolve));
        await worker.terminate();
      }
      const sums = py.runPython("[float(array.sum()) for array in kept[::2]]").toJs();
      const bytes = py.runPython("bytes(kept[-1])");
      py.runPython("kept.clear()");
      await turn();
      py.runPython("b.append(1)");
      console.log(sums.join(), Buffer.from(bytes).toString().slice(0, 8));
    `);
    expect(told).toBe("4999950000,4999950000,4999950000 abcdabcd");
  });
});

describe("an engine that shares no memory", () => {
  it("gets copies, and says so", async () => {
    const told = await printed(
      `
      const py = await start({ bundles: [wheel] });
      py.runPython("import numpy as np\\na = np.arange(3.0)");
      const { data, copied } = py.globals.get("a").getBuffer();
      data[0] = 5;
      const copy = py.runPython("lambda x: x.to_memoryview().obj.copied")(data);
      console.log(copied, data.join(), py.runPython("float(a[0])"), copy);
    `,
      { caged: true },
    );
    expect(told).toBe("true 5,1,2 0 true");
  });
});
