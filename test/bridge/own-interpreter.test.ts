// test/bridge/own-interpreter.test.ts: interpreters with a GIL of their own, beside the shared one.
import { afterAll, describe, expect, it } from "vitest";
import type { PyBuffer, PyProxy } from "../../lib/index.js";
import { numpyWheel } from "../helpers/numpy.js";
import { api } from "../helpers/python.js";

const wheel = await numpyWheel();
const shared = await api.start({ bundles: wheel });
const own = await api.start({ interpreter: "own", bundles: wheel });
afterAll(() => own.close());

type Call = (...args: unknown[]) => unknown;
const code = (value: string) => expect.objectContaining({ code: value });

describe("an interpreter of its own", () => {
  it("is told apart, and wants no other word", async () => {
    expect([shared.interpreter, own.interpreter]).toStrictEqual(["shared", "own"]);
    await expect(api.start({ interpreter: "other" as "own" })).rejects.toThrow(TypeError);
  });

  it("runs while the shared one keeps its GIL in C code", async () => {
    shared.runPython(`
import ctypes, os, threading
reading, writing = os.pipe()
keeps = ctypes.PyDLL(None).read  # of which ctypes does not let the GIL go
def block(tell):
    tell(threading.get_native_id(), reading, writing)
    return keeps(reading, ctypes.create_string_buffer(1), 1)
`);
    let blocked: unknown;
    const place = new Promise<unknown[]>((resolve) => {
      blocked = (shared.globals.get("block") as { callAsync: Call }).callAsync(
        (...told: unknown[]) => resolve(told),
      );
    });
    // It ends the other's call, once that is in the system call.
    const wrote = own.runPython(`
import os, time
def write(thread, reading, writing):
    while not open(f"/proc/self/task/{thread}/syscall").read().startswith(f"0 {reading:#x} "):
        time.sleep(0.001)
    return os.write(writing, b"x")
write`) as Call;
    expect(wrote(...(await place))).toBe(1);
    expect(await blocked).toBe(1);
  });

  it("has modules and names of its own", () => {
    for (const [py, value] of [
      [shared, 1],
      [own, 2],
    ] as const) {
      py.runPython(`import json, colorsys; colorsys.MARK = ${value}; name = ${value}`);
    }
    for (const [py, value] of [
      [shared, 1],
      [own, 2],
    ] as const) {
      expect(py.runPython("import colorsys; (colorsys.MARK, name)")).toStrictEqual([value, value]);
      expect(py.globals.get("name")).toBe(value);
    }
  });

  it("calls JavaScript, and waits for it, from each of its threads", async () => {
    const times = own.runPython("lambda f, n: [f(i) for i in range(n)]") as Call & {
      callAsync: (...args: unknown[]) => Promise<PyProxy>;
    };
    const twice = (n: number) => 2 * n;
    expect((times(twice, 5) as PyProxy).toJs()).toStrictEqual([0, 2, 4, 6, 8]);
    expect((await times.callAsync(twice, 3)).toJs()).toStrictEqual([0, 2, 4]);
    const awaits = own.runPython("async def awaits(p): return await p + 1\nawaits") as Call;
    expect(await awaits(Promise.resolve(41))).toBe(42);
    expect(await own.runPythonAsync("import asyncio\nawait asyncio.sleep(0.001, 'slept')")).toBe(
      "slept",
    );
    const inner = () => shared.runPython("'shared'") as string;
    expect((own.runPython("lambda f: f() + ', own'") as Call)(inner)).toBe("shared, own");
    const generator = own.runPython("async def numbers():\n  yield 1\n  yield 2\nnumbers()");
    const got: unknown[] = [];
    for await (const one of generator as AsyncIterable<unknown>) got.push(one);
    expect(got).toStrictEqual([1, 2]);
  });

  it("many of its calls at once", async () => {
    const square = own.runPython("lambda f, n: f(n * n)") as {
      callAsync: (...args: unknown[]) => Promise<number>;
    };
    const calls = Array.from({ length: 300 }, (_, i) => square.callAsync((n: number) => n, i));
    expect(await Promise.all(calls)).toStrictEqual(calls.map((_, i) => i * i));
  });

  it("converts as the shared one", () => {
    const date = new Date(1_700_000_000_123);
    const value = [1, 2n ** 70n, "text \u{1F600}", null, [true, 0.5], new Map([["k", date]])];
    const echo = own.runPython("lambda x: x") as Call;
    const given = echo(own.toPy(value)) as PyProxy;
    expect(given.toJs()).toStrictEqual(value);
    expect(echo(own.runPython("b'bytes'"))).toStrictEqual(new Uint8Array(Buffer.from("bytes")));
    const object = {};
    expect(echo(object)).toBe(object);
  });

  it("has errors of both languages, and they keep what they are", () => {
    expect(() => own.runPython("{}['key']")).toThrow(
      expect.objectContaining({ name: "PythonError", type: "KeyError" }),
    );
    const error = new RangeError("mine");
    const raises = own.runPython("lambda f: f()") as Call;
    const thrown = () => {
      throw error;
    };
    expect(() => raises(thrown)).toThrow(error);
    const seen = own.runPython(`
def seen(f):
    try: f()
    except Exception as e: return type(e).__name__
seen`) as Call;
    expect(seen(() => shared.runPython("1 / 0"))).toBe("JsException");
    expect(seen(() => own.runPython("1 / 0"))).toBe("ZeroDivisionError");
  });

  it("is limited in time, wherever it is", async () => {
    const timeout = code("ERR_INMEM_TIMEOUT");
    for (const busy of ["while True: pass", "import time; time.sleep(600)"]) {
      expect(() => own.runPython(busy, { timeout: 20 })).toThrow(timeout);
      await expect(own.runPythonAsync(busy, { timeout: 20 })).rejects.toEqual(timeout);
    }
    const sleeps = "import asyncio\nawait asyncio.sleep(600)";
    await expect(own.runPythonAsync(sleeps, { timeout: 20 })).rejects.toEqual(timeout);
    const controller = new AbortController();
    const aborted = own.runPythonAsync(sleeps, { signal: controller.signal });
    controller.abort();
    await expect(aborted).rejects.toEqual(code("ERR_INMEM_ABORTED"));
    expect(own.runPython("'usable'")).toBe("usable");
  });

  it("refuses modules that cannot be in it, with what to do; the shared one has them still", () => {
    const refused = () => own.pyimport("numpy");
    expect(refused).toThrow(code("ERR_INMEM_NEEDS_SHARED"));
    expect(refused).toThrow(
      expect.objectContaining({
        type: "ImportError",
        traceback: expect.stringMatching(
          /does not support loading in subinterpreters[\s\S]*use this one in the shared/,
        ),
      }),
    );
    expect(shared.runPython("import numpy; int(numpy.arange(4).sum())")).toBe(6);
    expect(() => own.runPython("import signal; signal.signal(2, signal.SIG_IGN)")).toThrow(
      expect.objectContaining({ type: "ValueError" }),
    );
  });

  it("takes no object of another, however it is given", () => {
    const theirs = shared.runPython("[1]") as PyProxy;
    const other = code("ERR_INMEM_OTHER_INTERPRETER");
    const echo = own.runPython("lambda x=None, *a, **k: x") as Call & {
      callKwargs: Call;
      callAsync: Call;
    };
    expect(() => echo(theirs)).toThrow(other);
    expect(() => echo(1, 2, 3, 4, 5, 6, 7, 8, 9, theirs)).toThrow(other);
    expect(() => echo.callKwargs({ x: theirs })).toThrow(other);
    expect(() => own.globals.set("theirs", theirs)).toThrow(other);
    expect(() => own.toPy({ theirs })).toThrow(other);
    const gives = own.runPython(`
def gives(f):
    try: return f()
    except Exception as e: return e.js_error.code
gives`) as Call;
    expect(gives(() => theirs)).toBe("ERR_INMEM_OTHER_INTERPRETER");
    expect(theirs.toJs()).toStrictEqual([1]);
  });
});

describe("close()", () => {
  it("is for interpreters of their own", async () => {
    await expect(shared.close()).rejects.toEqual(code("ERR_INMEM_SHARED_INTERPRETER"));
    expect(shared.runPython("1")).toBe(1);
  });

  it("ends calls, threads and loop, runs atexit functions, and takes memory back", async () => {
    const py = await api.start({ interpreter: "own" });
    const told: string[] = [];
    const memory = py.runPython("data = bytearray(b'1234'); data") as PyBuffer;
    const { data } = memory.getBuffer("u8");
    expect([...data]).toStrictEqual([49, 50, 51, 52]);
    let begins = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begins = resolve;
    });
    const f = py.runPython("async def f(tell, p):\n  tell()\n  await p\nf") as Call;
    const awaited = f(() => begins(), new Promise(() => undefined)) as Promise<unknown>;
    void awaited.catch(() => undefined); // from here on it is awaited
    await begun;
    const never = [
      py.runPythonAsync("while True:\n  try:\n    while True: pass\n  except BaseException: pass"),
      py.runPythonAsync("import time; time.sleep(600)"),
      py.runPythonAsync("import asyncio\nawait asyncio.sleep(600)"),
      awaited,
    ];
    const failed = Promise.allSettled(never).then((ends) =>
      ends.map((end) => (end.status === "rejected" ? end.reason.code : end.value)),
    );
    py.runPython(`
import atexit, concurrent.futures, os, queue, threading
reading, writing = os.pipe()
atexit.register(os.write, writing, b"atexit")
for wait in threading.Event().wait, queue.Queue().get:
    threading.Thread(target=wait).start()
pool = concurrent.futures.ThreadPoolExecutor(2)
pool.submit(print, end="").result()
(reading, writing)`);
    const [reading, writing] = py.runPython("(reading, writing)") as number[];
    py.setStderr((chunk) => void told.push(chunk.toString()));
    const closing = py.close();
    expect(await failed).toStrictEqual(never.map(() => "ERR_INMEM_INTERPRETER_CLOSED"));
    await closing;
    expect(
      shared.runPython(
        `import os; (os.read(${reading}, 6), os.close(${reading}), os.close(${writing}))`,
      ),
    ).toEqual([new Uint8Array(Buffer.from("atexit")), null, null]);
    // A copy is JavaScript's own (docs/bridge-buffers.md).
    expect(data.length).toBe(process.env["INMEM_NO_EXTERNAL_BUFFERS"] === "1" ? 4 : 0);
    expect(told).toStrictEqual([]);
    expect(await py.close()).toBe(undefined);
    for (const use of [() => py.runPython("1"), () => py.globals, () => memory.toJs()]) {
      expect(use).toThrow(code("ERR_INMEM_INTERPRETER_CLOSED"));
    }
    await expect(py.runPythonAsync("1")).rejects.toEqual(code("ERR_INMEM_INTERPRETER_CLOSED"));
    memory.destroy();
    expect(shared.runPython("1 + 1")).toBe(2);
  });

  it("in a callback begins when Python has come back", async () => {
    const py = await api.start({ interpreter: "own" });
    let closed: Promise<void> | undefined;
    const value = (py.runPython("lambda f: (f(), 'back')[1]") as Call)(() => {
      closed = py.close();
    });
    expect(value).toBe("back");
    await closed;
    expect(() => py.runPython("1")).toThrow(code("ERR_INMEM_INTERPRETER_CLOSED"));
  });

  it("of several at once, each beside the others", async () => {
    const all = await Promise.all(
      Array.from({ length: 4 }, () => api.start({ interpreter: "own" })),
    );
    const sums = all.map((py, i) => py.runPythonAsync(`sum(range(${i} * 1000))`));
    expect(await Promise.all(sums)).toStrictEqual([0, 499500, 1999000, 4498500]);
    await Promise.all(all.map((py) => py.close()));
  });
});
