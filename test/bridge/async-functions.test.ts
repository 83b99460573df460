// test/bridge/async-functions.test.ts: JavaScript's async functions where Python wants coroutine functions.
import { describe, expect, it } from "vitest";
import { api, py as text } from "../helpers/python.js";

const py = await api.start();

type Asks = (given: unknown) => boolean[];

const asks = py.runPython(text`
  import asyncio, functools, inspect

  def asks(given):
      return inspect.iscoroutinefunction(given), asyncio.iscoroutinefunction(given)
  asks
`) as Asks;

describe("an async function of JavaScript's, in Python", () => {
  it("is a coroutine function, alone and in a partial", () => {
    const partial = py.pyimport("functools")["partial"] as (f: unknown) => unknown;
    async function declared(): Promise<void> {}
    expect(asks(declared)).toEqual([true, true]);
    expect(asks(async () => {})).toEqual([true, true]);
    expect(asks({ async method() {} }.method)).toEqual([true, true]);
    expect(asks(partial(declared))).toEqual([true, true]);
  });

  it("is none where it gives no Promise, or may give another value", () => {
    const others = [() => 1, async function* () {}, function* () {}, class {}, Promise.resolve()];
    expect(others.map((other) => asks(other))).toEqual(others.map(() => [false, false]));
  });

  it("is awaited by who asks first, as web frameworks do", async () => {
    const dispatch = py.runPython(text`
      async def dispatch(handler, value):
          if inspect.iscoroutinefunction(handler):
              return await handler(value)
          return type(handler(value)).__name__
      dispatch
    `) as (handler: (value: number) => unknown, value: number) => Promise<unknown>;
    expect(await dispatch(async (value) => value + 1, 4)).toBe(5);
    expect(await dispatch((value) => value + 1, 4)).toBe("int");
    const thrown = new RangeError("none");
    await expect(
      dispatch(async () => {
        throw thrown;
      }, 1),
    ).rejects.toBe(thrown);
  });

  it("as a method of a class that extends Python's is one, with its `this`", async () => {
    const Base = py.runPython(text`
      class Base:
          name = "b"
          async def serve(self):
              answer = self.get if inspect.iscoroutinefunction(self.get) else None
              return await answer("x"), inspect.iscoroutinefunction(self.plain)
      Base
    `) as new () => { name: string; serve(): Promise<unknown[]> };
    class Derived extends Base {
      async get(what: string): Promise<string> {
        return `${what} of ${this.name}`;
      }
      plain(): number {
        return 1;
      }
    }
    expect(await new Derived().serve()).toEqual(["x of b", false]);
  });
});

describe("a function of JavaScript's", () => {
  it("has its name in Python, by which decorators register it", () => {
    const registered = py.runPython(text`
      def registered(function):
          @functools.wraps(function)
          def call(*args):
              return function(*args)
          return call.__name__, call(4)
      registered
    `) as (given: unknown) => unknown;
    expect(
      registered(function twice(x: number) {
        return 2 * x;
      }),
    ).toEqual(["twice", 8]);
    expect(registered((x: number) => x)).toEqual(["", 4]);
    const named = Object.assign((x: number) => x, {});
    Object.defineProperty(named, "name", { value: 5 });
    expect(registered(named)).toEqual(["", 4]);
  });
});

describe("a function that looks for a running loop", () => {
  it("finds it where a coroutine calls it (docs/bridge-async.md)", async () => {
    const asyncio = py.pyimport("asyncio") as unknown as {
      gather(...given: unknown[]): unknown;
      sleep(seconds: number, result: number): unknown;
      get_running_loop(): unknown;
    };
    const onLoop = py.runPython(text`
      async def on_loop(f, *args, **keywords):
          given = f(*args, **keywords)
          return await given if hasattr(given, "__await__") else given
      on_loop
    `) as (f: unknown, ...given: unknown[]) => Promise<unknown>;
    expect(() => asyncio.get_running_loop()).toThrow("no running event loop");
    expect(String(await onLoop(asyncio.get_running_loop))).toContain("running=True");
    const both = await onLoop(asyncio.gather, asyncio.sleep(0, 1), asyncio.sleep(0, 2));
    expect(String(both)).toBe("[1, 2]");
  });
});
