// test/bridge/async-begin.test.ts: coroutines that nobody waits for: listeners and timers that are `async def`.
import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import type { PyCallable, PyList } from "../../lib/index.js";
import { api } from "../helpers/python.js";

const py = await api.start();
py.runPython(`
import asyncio, inspect
seen = []
async def note(value):
    await asyncio.sleep(0)
    seen.append(value)
async def gathered(*coroutines):
    return tuple(await asyncio.gather(*coroutines))
async def one():
    return 1
`);
const named = (name: string): PyCallable => py.globals.get(name) as PyCallable;
const note = named("note");
const seen = (): unknown[] => (py.globals.get("seen") as PyList).toJs() as unknown[];
const until = (...values: unknown[]) =>
  vi.waitFor(() => expect(new Set(seen())).toEqual(new Set(values)), { timeout: 20_000 });

describe("a coroutine that a call gave", () => {
  it("begins by itself: listeners, timers, calls of each kind", async () => {
    const emitter = new EventEmitter();
    emitter.on("x", note as unknown as () => void);
    emitter.emit("x", "listener");
    setTimeout(note as unknown as (value: string) => void, 0, "timer");
    note.callKwargs({ value: "keywords" });
    note.callWithOptions({ timeout: 60_000 }, "limited");
    note.callRelaxed("relaxed", "surplus");
    inspect(note("shown"));
    String(note("text"));
    await until("listener", "timer", "keywords", "limited", "relaxed", "shown", "text");
  });

  it("is the program's to end, or Python's, in the same turn", async () => {
    (note("closed") as { close(): void }).close();
    const one = named("one");
    expect(await named("gathered")(one(), one())).toEqual([1, 1]);
    const awaits = py.runPython("async def awaits(f): return await f()\nawaits") as PyCallable;
    expect(await awaits(() => one())).toBe(1);
    const code = py.runPython("note('of code')") as { close(): void };
    await new Promise(setImmediate);
    expect(py.py`inspect.getcoroutinestate(${code})`).toBe("CORO_CREATED");
    code.close();
    expect(seen()).not.toContain("closed");
  });

  it("can be awaited at any time, and more than once", async () => {
    const coroutine = named("one")() as Promise<number>;
    await new Promise(setImmediate);
    expect([await coroutine, await coroutine]).toEqual([1, 1]);
  });

  it("runs in the AsyncLocalStorage of the call, and its error is an unhandled rejection", async () => {
    const storage = new AsyncLocalStorage();
    py.globals.set("store", () => storage.getStore());
    py.runPython("async def of_store(): seen.append(store())");
    storage.run("its own", () => void named("of_store")());
    await vi.waitFor(() => expect(seen()).toContain("its own"), { timeout: 20_000 });
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    try {
      py.runPython("async def fails(): raise ValueError('of nobody')");
      const rejected = new Promise((resolve) => process.once("unhandledRejection", resolve));
      named("fails")();
      expect(await rejected).toMatchObject({ type: "ValueError", message: "of nobody" });
    } finally {
      for (const listener of listeners) process.on("unhandledRejection", listener);
    }
    await expect(named("fails")()).rejects.toThrow("of nobody");
  });
});
