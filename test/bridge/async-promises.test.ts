// test/bridge/async-promises.test.ts: Promises, async iterators and streams of JavaScript, in Python.
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

interface Callable {
  (...args: unknown[]): unknown;
  callAsync(...args: unknown[]): Promise<unknown>;
}

const py = await api.start();

function define(code: string): Callable {
  return py.runPython(code) as Callable;
}

const wait = define("async def wait(promise): return await promise\nwait");

describe("a Promise in Python", () => {
  it("is awaited: values, and the very error that it is rejected with", async () => {
    expect(await wait(Promise.resolve(5))).toBe(5);
    expect(await wait(new Promise((done) => setImmediate(() => done("late"))))).toBe("late");
    const error = new TypeError("of a Promise");
    await expect(wait(Promise.reject(error))).rejects.toBe(error);
    // biome-ignore lint/suspicious/noThenProperty: what is no Promise, but thenable
    expect(await wait({ then: (done: (value: number) => void) => done(3) })).toBe(3);
  });

  it("may be awaited on another loop, and with asyncio's own functions", async () => {
    const own = define("import asyncio\ndef own(p): return asyncio.run(wait(p))\nown");
    expect(await own.callAsync(Promise.resolve("of another loop"))).toBe("of another loop");
    const all = define("async def all_of(*p): return tuple(await asyncio.gather(*p))\nall_of");
    expect(await all(Promise.resolve(1), Promise.resolve(2))).toEqual([1, 2]);
    const timed = define(`
async def timed(p):
    try:
        return await asyncio.wait_for(p, 0.01)
    except TimeoutError:
        return "too late"
timed`);
    expect(await timed(new Promise(() => {}))).toBe("too late");
  });

  it("cannot be awaited without a loop", () => {
    const bad = define("def bad(p): return p.__await__()\nbad");
    expect(() => bad(Promise.resolve(1))).toThrow(/no running event loop/);
  });

  it("is aborted when the task is cancelled that waits for it", async () => {
    const task = define(`
from inmem.ffi import abort_on_cancel
async def task(controller, work):
    await work(abort_on_cancel(controller))
async def cancel(controller, work):
    it = asyncio.create_task(task(controller, work))
    await asyncio.sleep(0)
    it.cancel()
    try:
        await it
    except asyncio.CancelledError:
        return "cancelled"
cancel`);
    const controller = new AbortController();
    const aborted = new Promise((done) => controller.signal.addEventListener("abort", done));
    const work = (_signal: AbortSignal) => new Promise(() => {});
    expect(await task(controller, work)).toBe("cancelled");
    await aborted;
  });
});

describe("an async iterator of JavaScript in Python", () => {
  const take = define(`
async def take(items, most):
    taken = []
    iterator = items.__aiter__()
    async for item in iterator:
        taken.append(item)
        if len(taken) == most:
            await iterator.aclose()
            break
    return tuple(taken)
take`);

  it("gives its items, one asked for at a time", async () => {
    let made = 0;
    let ended = false;
    async function* items() {
      try {
        for (;;) yield made++;
      } finally {
        ended = true;
      }
    }
    expect(await take(items(), 3)).toEqual([0, 1, 2]);
    expect(made).toBe(3);
    expect(ended).toBe(true);
  });

  it("raises what the iterator throws", async () => {
    const error = new RangeError("of an iterator");
    // biome-ignore lint/correctness/useYield: it throws instead
    async function* bad(): AsyncGenerator<number> {
      throw error;
    }
    await expect(take(bad(), 1)).rejects.toBe(error);
  });

  it("may be a ReadableStream, whose source is asked for no more than is taken", async () => {
    let pulled = 0;
    const stream = new ReadableStream(
      { pull: (to) => to.enqueue(`chunk ${pulled++}`) },
      { highWaterMark: 0 },
    );
    expect(await take(stream, 2)).toEqual(["chunk 0", "chunk 1"]);
    expect(pulled).toBe(2);
  });
});

describe("an async generator of Python in JavaScript", () => {
  const count = define(`
log = []
async def count(to):
    try:
        for i in range(to):
            log.append(i)
            sent = yield i
            if sent is not None: log.append(sent)
    except ValueError as error:
        yield f"caught {error}"
    finally:
        log.append("closed")
count`);

  it("is iterated, and closed where the loop is left", async () => {
    const items: unknown[] = [];
    for await (const item of count(10) as AsyncIterable<number>) {
      items.push(item);
      if (item === 2) break;
    }
    expect(items).toEqual([0, 1, 2]);
    expect(py.runPython("tuple(log)")).toEqual([0, 1, 2, "closed"]);
    const all: unknown[] = [];
    for await (const item of count(3) as AsyncIterable<number>) all.push(item);
    expect(all).toEqual([0, 1, 2]);
  });

  it("has next(value), throw() and return()", async () => {
    const generator = count(5) as AsyncGenerator<unknown, unknown, unknown>;
    expect(await generator.next()).toEqual({ done: false, value: 0 });
    expect(await generator.next("sent")).toEqual({ done: false, value: 1 });
    expect(py.runPython("'sent' in log")).toBe(true);
    const error = py.runPython("ValueError('of JavaScript')");
    expect(await generator.throw(error)).toEqual({ done: false, value: "caught of JavaScript" });
    expect(await generator.return("end")).toEqual({ done: true, value: "end" });
    expect(await generator.next()).toEqual({ done: true, value: undefined });
  });

  it("becomes a ReadableStream, asked for no more than is read", async () => {
    py.runPython("log.clear()");
    const stream = new ReadableStream(
      {
        async pull(to) {
          const step = await items.next();
          if (step.done) to.close();
          else to.enqueue(step.value);
        },
      },
      { highWaterMark: 0 },
    );
    const items = (count(100) as AsyncIterable<number>)[Symbol.asyncIterator]();
    const reader = stream.getReader();
    expect((await reader.read()).value).toBe(0);
    expect((await reader.read()).value).toBe(1);
    expect(py.runPython("tuple(log)")).toEqual([0, 1]);
    await items.return?.();
  });
});
