// test/bridge/async.test.ts: calls on Python's own threads, coroutines and the loop.
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

interface Callable {
  (...args: unknown[]): unknown;
  callAsync(...args: unknown[]): Promise<unknown>;
}

const py = await api.start();
const { PythonError } = api;

function define(code: string): Callable {
  return py.runPython(code) as Callable;
}

const add = define("def add(a, b): return a + b\nadd");
const later = define(`
import asyncio
async def later(value, steps=1):
    for _ in range(steps): await asyncio.sleep(0)
    return value
later
`);

describe("callAsync()", () => {
  it("gives the value, on a thread that is not JavaScript's", async () => {
    expect(await add.callAsync(1, 2)).toBe(3);
    const thread = define("import threading\nlambda: threading.current_thread().name");
    expect(thread()).not.toMatch(/^inmem-bridge-/);
    expect(await thread.callAsync()).toMatch(/^inmem-bridge-\d+$/);
  });

  it("rejects with what Python raises, and with the very error that a callback threw", async () => {
    const caught = await add.callAsync(1, "x").catch((error: unknown) => error);
    expect(caught).toBeInstanceOf(PythonError);
    expect((caught as InstanceType<typeof PythonError>).type).toBe("TypeError");
    expect((caught as InstanceType<typeof PythonError>).traceback).toContain("in add");
    const error = new RangeError("of JavaScript");
    const call = define("lambda f: f()");
    const thrown = call.callAsync(() => {
      throw error;
    });
    await expect(thrown).rejects.toBe(error);
  });

  it("throws nothing itself where an argument cannot cross", async () => {
    await expect(add.callAsync(1, Symbol("none"))).rejects.toThrow(TypeError);
  });

  it("keeps callee and arguments until it has ended", async () => {
    const call = define("lambda items: sum(items)");
    const items = py.toPy([1, 2, 3]) as { destroy(): void };
    const sum = call.callAsync(items);
    items.destroy(); // its number is on its way
    expect(await sum).toBe(6);
  });

  it("runs a thousand calls at once, each with its own answer", async () => {
    const sums = await Promise.all(Array.from({ length: 1000 }, (_, i) => add.callAsync(i, 1)));
    expect(sums).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  it("lets blocking calls wait beside each other", async () => {
    // Each waits for the other three: one after another they would never end.
    const meet = define("import threading\nbarrier = threading.Barrier(4)\nbarrier.wait");
    const places = await Promise.all([1, 2, 3, 4].map(() => meet.callAsync(30)));
    expect(places.sort()).toEqual([0, 1, 2, 3]);
  });

  it("calls back and forth to some depth", async () => {
    const call = define("lambda f, n: f(n)");
    const down = (n: unknown): unknown => (n === 0 ? "bottom" : call(down, (n as number) - 1));
    expect(await call.callAsync(down, 50)).toBe("bottom");
  });

  it("runs callbacks in the AsyncLocalStorage of who called", async () => {
    const storage = new AsyncLocalStorage<string>();
    const call = define("lambda f: f()");
    const seen = ["a", "b"].map((name) =>
      storage.run(name, () => call.callAsync(() => storage.getStore() ?? "none")),
    );
    expect(await Promise.all(seen)).toEqual(["a", "b"]);
    const after = await storage.run("c", async () => {
      await later.callAsync(1);
      return storage.getStore();
    });
    expect(after).toBe("c");
  });

  it("gives each call a context of its own", async () => {
    const set = define(`
import contextvars
variable = contextvars.ContextVar("variable", default=0)
def set_it(value):
    before = variable.get()
    variable.set(value)
    return before, variable.get()
set_it
`);
    for (let i = 1; i < 20; i++) expect(await set.callAsync(i)).toEqual([0, i]);
  });
});

describe("what can be awaited", () => {
  it("is a Promise, once", async () => {
    expect(await later(5)).toBe(5);
    const coroutine = later(6) as Promise<unknown>;
    expect(await coroutine).toBe(6);
    expect(await coroutine).toBe(6);
    expect(await later.callAsync(7)).toBe(7);
    let ended = false;
    await (later(8) as Promise<unknown>).finally(() => {
      ended = true;
    });
    expect(ended).toBe(true);
  });

  it("is nothing else", () => {
    const list = py.toPy([1]) as Record<string, unknown>;
    expect(list["then"]).toBeUndefined();
    expect(list["catch"]).toBeUndefined();
  });

  it("rejects with what it raises", async () => {
    const bad = define("async def bad(): raise ValueError('of a coroutine')\nbad");
    await expect(bad()).rejects.toMatchObject({ type: "ValueError" });
    await expect(
      (bad() as Promise<unknown>).catch((error: Error) => error.message),
    ).resolves.toContain("of a coroutine");
  });

  it("runs on asyncio's own loop: tasks, futures, gather, and what has __await__", async () => {
    const value = await py.runPythonAsync(`
import asyncio, threading
class Own:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return threading.current_thread().name
loop = asyncio.get_running_loop()
future = loop.create_future()
loop.call_soon(future.set_result, "of a future")
(await asyncio.gather(later(1), later(2)), await future, await Own())
`);
    expect(value).toHaveLength(3);
    expect((value as unknown[]).slice(1)).toEqual(["of a future", "inmem-asyncio"]);
    expect(await define("lambda: Own()")()).toBe("inmem-asyncio");
  });

  it("leaves the loop running when a task asks to exit", async () => {
    const leave = define("async def leave(): raise SystemExit(3)\nleave");
    await expect(leave()).rejects.toMatchObject({ type: "SystemExit" });
    const late = define(
      "async def late():\n  await asyncio.sleep(0)\n  raise KeyboardInterrupt\nlate",
    );
    await expect(late()).rejects.toMatchObject({ type: "KeyboardInterrupt" });
    expect(await later("still there", 3)).toBe("still there");
  });

  it("may be of a loop of the program's own", async () => {
    const future = define(`
import asyncio, threading
def other():
    ready = threading.Event()
    box = []
    def run():
        async def main():
            box.append(asyncio.get_running_loop().create_future())
            ready.set()
            await asyncio.sleep(0)
            box[0].set_result("of another loop")
            await asyncio.sleep(0.01)
        asyncio.run(main())
    threading.Thread(target=run).start()
    ready.wait()
    return box[0]
other
`);
    expect(await future.callAsync()).toBe("of another loop");
  });
});

describe("runPythonAsync()", () => {
  it("gives the value of the last expression, awaited or not", async () => {
    expect(await py.runPythonAsync("1 + 1")).toBe(2);
    expect(await py.runPythonAsync("value = await later(3)\nvalue + 1")).toBe(4);
    expect(await py.runPythonAsync("later(5)")).toBe(5);
    expect(await py.runPythonAsync("x = 1")).toBe(null);
    await expect(py.runPythonAsync("1 +")).rejects.toMatchObject({ type: "SyntaxError" });
  });
});

describe("objects of asyncio that JavaScript's thread uses", () => {
  // The loop sleeps meanwhile: it has nothing to do but this.
  const asleep = () => new Promise((resolve) => setTimeout(resolve, 50));
  const made = define(`
import asyncio
async def made():
    loop = asyncio.get_running_loop()
    return [loop, asyncio.Event(), asyncio.Queue(), loop.create_future()]
made`);
  type Objects = {
    get(index: number): Record<string, (...args: unknown[]) => unknown>;
  };

  it("wake the loop", async () => {
    const objects = (await made()) as Objects;
    const [loop, event, queue, future] = [0, 1, 2, 3].map((i) => objects.get(i)) as [
      ReturnType<Objects["get"]>,
      ReturnType<Objects["get"]>,
      ReturnType<Objects["get"]>,
      ReturnType<Objects["get"]>,
    ];
    const set = Promise.resolve(event["wait"]?.());
    await asleep();
    event["set"]?.();
    expect(await set).toBe(true);
    const got = Promise.resolve(queue["get"]?.());
    await asleep();
    queue["put_nowait"]?.("item");
    expect(await got).toBe("item");
    await asleep();
    setTimeout(() => future["set_result"]?.(5), 50);
    expect(await future).toBe(5);
    await asleep();
    expect(await new Promise((resolve) => loop["call_soon"]?.(resolve, 1))).toBe(1);
    await asleep();
    expect(await new Promise((resolve) => loop["call_later"]?.(0.01, resolve, 2))).toBe(2);
  }, 10_000);

  it("task.cancel() ends what the task waits for", async () => {
    const started = define(`
async def started():
    return [asyncio.ensure_future(asyncio.sleep(60))]
started`);
    const task = ((await started()) as Objects).get(0);
    const ended = Promise.resolve(task).catch((error: unknown) => error);
    await asleep();
    task["cancel"]?.();
    expect(await ended).toMatchObject({ type: "CancelledError" });
  }, 10_000);
});
