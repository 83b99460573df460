// test/bridge/error-chains.test.ts: errors that go through several layers of both languages: traces, lines, causes.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

type Callable = (...args: unknown[]) => unknown;

const py = await api.start();

function define(code: string): Callable {
  return py.runPython(code) as Callable;
}

function thrown(does: () => unknown): Error & { traceback: string; type: string } {
  try {
    does();
  } catch (error) {
    return error as Error & { traceback: string; type: string };
  }
  throw new Error("nothing was thrown");
}

const inner = define("def inner(): raise ValueError('deep')\ninner");
const outer = define("def outer(function): return function()\nouter");
const causes = define(`
def causes(function):
    try: function()
    except Exception as error:
        found = []
        while error is not None:
            found.append(f"{type(error).__name__}: {error}")
            error = error.__cause__
        return tuple(found)
causes`);

describe("an error's trace", () => {
  it("has the frames of Python that it came through after JavaScript", () => {
    function between(): unknown {
      return inner();
    }
    const { traceback, stack } = thrown(() => outer(between));
    expect(traceback.match(/in \w+/g)).toEqual(["in outer", "in inner"]);
    expect(stack?.endsWith(traceback)).toBe(true);
    expect(stack).toMatch(/at between[\s\S]*--- Python ---[\s\S]*in outer[\s\S]*in inner/);
  });

  it("grows with each layer, once", () => {
    const layers = (n: number): unknown => (n === 0 ? inner() : outer(() => layers(n - 1)));
    const { traceback } = thrown(() => layers(20));
    expect(traceback.split("in outer")).toHaveLength(21);
    expect(traceback.split("in inner")).toHaveLength(2);
  });

  it("grows for a group, too, and for an asynchronous call", async () => {
    const group = define("def group(): raise ExceptionGroup('g', [ValueError('a')])\ngroup");
    const { traceback } = thrown(() => outer(() => group()));
    expect(traceback.match(/in (outer|group)/g)).toEqual(["in outer", "in group"]);
    const call = define("async def call(function): return await function()\ncall");
    const error = (await (call(async () => outer(inner)) as Promise<unknown>).catch(
      (reason: unknown) => reason,
    )) as { traceback: string };
    expect(error.traceback.match(/in (call|outer|inner)/g)).toEqual([
      "in call",
      "in outer",
      "in inner",
    ]);
  });

  it("has none of the bridge's own frames of JavaScript, and is shown once", () => {
    const error = thrown(() => outer(() => inner()));
    expect(error.stack).not.toContain("index-bridge");
    expect(inspect(error).split("ValueError: deep")).toHaveLength(2);
  });

  it("comes where Error.stackTraceLimit cannot be set, or there are no frames", () => {
    const limit = Error.stackTraceLimit;
    try {
      Object.defineProperty(Error, "stackTraceLimit", { writable: false });
      expect(thrown(inner)).toMatchObject({ type: "ValueError", message: "deep" });
      Object.defineProperty(Error, "stackTraceLimit", { value: 0, writable: true });
      expect(thrown(inner).stack).toMatch(/^PythonError: deep\n--- Python ---\n/);
    } finally {
      Object.defineProperty(Error, "stackTraceLimit", { value: limit, writable: true });
    }
  });

  it("stays what it was where the error is frozen", () => {
    let first: unknown;
    const freezing = (): never => {
      first = Object.freeze(thrown(inner));
      throw first;
    };
    const error = thrown(() => outer(freezing));
    expect(error).toBe(first);
    expect(error.traceback).not.toContain("in outer");
  });

  it("leaves a stack that a program wrote", () => {
    const error = thrown(() =>
      outer(() => {
        const caught = thrown(inner);
        caught.stack = "mine";
        throw caught;
      }),
    );
    expect(error.stack).toBe("mine");
    expect(error.traceback).toContain("in outer");
  });

  it("shows each runPython()'s own lines", () => {
    const first = define("def first():\n    raise KeyError('of the first')\nfirst");
    define("def second():\n    print('another line')\nsecond");
    expect(thrown(first).traceback).toContain("    raise KeyError('of the first')\n");
    expect(py.runPython("import inspect; inspect.getsource(first)")).toContain("of the first");
  });
});

describe("an exception that a Promise rejects with", () => {
  it("is raised itself where Python awaits it", async () => {
    const awaits = define(`
async def awaits(function):
    try: await function()
    except ValueError as error: return error
awaits`);
    let error: Error | undefined;
    const rejects = async (): Promise<never> => {
      error = thrown(inner);
      throw error;
    };
    const caught = await awaits(rejects);
    expect(api.isPyProxy(caught) && (caught as { type: string }).type).toBe("ValueError");
    expect(thrown(() => define("def again(error): raise error\nagain")(caught))).toBe(error);
  });
});

describe("causes", () => {
  it("of JavaScript's errors are Python's __cause__", () => {
    const error = new Error("outer", { cause: new TypeError("inner", { cause: "text" }) });
    const throws = (): never => {
      throw error;
    };
    expect(causes(throws)).toEqual(["JsException: Error: outer", "JsException: TypeError: inner"]);
  });

  it("are the exception itself, where an error stands for it", () => {
    const throws = (): never => {
      throw new Error("wrapped", { cause: thrown(inner) });
    };
    expect(causes(throws)).toEqual(["JsException: Error: wrapped", "ValueError: deep"]);
  });

  it("may go in a circle, or throw", () => {
    const circle = new Error("circle");
    circle.cause = circle;
    const throwing = Object.defineProperty(new Error("throwing"), "cause", {
      get: () => {
        throw new Error("no");
      },
    });
    const throwsCircle = (): never => {
      throw circle;
    };
    const throwsThrowing = (): never => {
      throw throwing;
    };
    expect((causes(throwsCircle) as string[]).length).toBeGreaterThan(1);
    expect(causes(throwsThrowing)).toEqual(["JsException: Error: throwing"]);
  });
});

describe("a loop of asyncio on JavaScript's thread", () => {
  it("that awaits a Promise is a deadlock", () => {
    const run = define(
      "import asyncio\nasync def main(f): return await f()\nlambda f: asyncio.run(main(f))",
    );
    expect(thrown(() => run(async () => 5))).toMatchObject({ code: "ERR_INMEM_DEADLOCK" });
  });

  it("may go step by step", async () => {
    const step = define(`
import asyncio
loop = asyncio.new_event_loop()
done = []
async def main(promise): done.append(await promise)
task = None
def step(promise):
    global task
    task = task or loop.create_task(main(promise))
    loop.call_soon(loop.stop)
    loop.run_forever()
    return tuple(done)
step`);
    const promise = new Promise((resolve) => setTimeout(resolve, 20, "value"));
    let done: unknown = [];
    while ((done as unknown[]).length === 0) {
      done = step(promise);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(done).toEqual(["value"]);
  });
});

it("an asynchronous generator keeps its context from item to item", async () => {
  const rows = define(`
import contextvars
place = contextvars.ContextVar("place", default="outside")
async def rows():
    token = place.set("inside")
    try:
        yield place.get()
        yield place.get()
    finally:
        place.reset(token)
    yield place.get()
rows`);
  const found: unknown[] = [];
  for await (const item of rows() as AsyncIterable<unknown>) found.push(item);
  expect(found).toEqual(["inside", "inside", "outside"]);
  for await (const item of rows() as AsyncIterable<unknown>) if (item === "inside") break;
  expect(py.runPython("place.get()")).toBe("outside");
});

describe("an asynchronous iteration that Python leaves", () => {
  it("ends the stream behind it", async () => {
    let cancelled = 0;
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue("x"),
      cancel: () => {
        cancelled += 1;
      },
    });
    const leave = define("async def leave(stream):\n    async for item in stream: break\nleave");
    await leave(stream);
    while (stream.locked) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(cancelled).toBe(1);
  });

  it("leaves an iterator that Python holds", async () => {
    const twice = define(`
async def twice(items):
    found = []
    async for item in items:
        found.append(item)
        break
    async for item in items: found.append(item)
    return tuple(found)
twice`);
    const items = (async function* () {
      yield 1;
      yield 2;
      yield 3;
    })();
    expect(await twice(items)).toEqual([1, 2, 3]);
  });
});
