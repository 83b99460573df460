// test/bridge/async-with.test.ts: `async with` from JavaScript.
import { describe, expect, it } from "vitest";
import type { PyAsyncContextManager, PyContextManager, PyProxy } from "../../lib/index.js";
import { api } from "../helpers/python.js";

const py = await api.start();

interface Manager extends PyAsyncContextManager<string> {
  readonly log: PyProxy;
}

const make = py.runPython(`
import asyncio
class Manager:
    def __init__(self, keeps=False): self.keeps = keeps; self.log = []
    async def __aenter__(self):
        await asyncio.sleep(0)
        self.task = asyncio.current_task()
        self.log.append("enter")
        return "value"
    async def __aexit__(self, kind, error, tb):
        await asyncio.sleep(0)
        assert self.task is asyncio.current_task()
        self.log.append(kind and kind.__name__)
        return self.keeps
Manager`) as unknown as (keeps?: boolean) => Manager;
const log = (manager: Manager) => manager.log.toJs();

describe("withAsync()", () => {
  it("enters, waits for the body, and leaves", async () => {
    const manager = make();
    const given = new Map();
    const result = await py.withAsync(manager, async (value) => {
      await new Promise((resolve) => setImmediate(resolve));
      expect(log(manager)).toEqual(["enter"]);
      return [value, 5n, undefined, given];
    });
    expect(result).toEqual(["value", 5n, undefined, given]);
    expect(result?.[3]).toBe(given);
    expect(log(manager)).toEqual(["enter", null]);
    expect(await py.withAsync(make(), (value) => `${value}!`)).toBe("value!");
  });

  it("gives __aexit__ the error, which it may keep", async () => {
    const error = new TypeError("mine");
    for (const thrown of [error, "text", null]) {
      const manager = make();
      const throws = async () => {
        throw thrown;
      };
      expect(await py.withAsync(manager, throws).catch((e: unknown) => [e])).toEqual([thrown]);
      expect(log(manager)).toEqual(["enter", "JsException"]);
      expect(await py.withAsync(make(true), throws)).toBeUndefined();
    }
    const other = make();
    const raises = () => py.runPython("{}['key']");
    await expect(py.withAsync(other, raises)).rejects.toMatchObject({ type: "KeyError" });
    expect(log(other)).toEqual(["enter", "KeyError"]);
  });

  it("takes asyncio's own, which want to be left by the task that entered", async () => {
    const code = "await asyncio.sleep(0)\nasyncio.timeout(0.05)";
    const timeout = (await py.runPythonAsync(code)) as PyAsyncContextManager;
    const forever = () => new Promise(() => {});
    await expect(py.withAsync(timeout, forever)).rejects.toMatchObject({ type: "TimeoutError" });
    const lock = py.runPython("lock = asyncio.Lock(); lock") as PyAsyncContextManager;
    expect(await py.withAsync(lock, () => py.runPython("lock.locked()"))).toBe(true);
    expect(py.runPython("lock.locked()")).toBe(false);
  });

  it("refuses what is none, as with() does one of these", async () => {
    const list = py.runPython("[]") as unknown as PyAsyncContextManager;
    await expect(py.withAsync(list, () => 1)).rejects.toThrow(/'list'.*__aenter__/);
    await expect(py.withAsync(5 as unknown as typeof list, () => 1)).rejects.toThrow(TypeError);
    await expect(py.withAsync(list, 1 as unknown as () => 1)).rejects.toThrow(TypeError);
    expect(() => py.with(make() as unknown as PyContextManager, () => 1)).toThrow(/withAsync/);
  });
});
