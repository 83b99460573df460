// test/bridge/async-rows.test.ts: calls in long rows: what works for them does not sleep in between, and starves nobody.
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

const py = await api.start();

interface Names {
  add: { callAsync(a: number, b: number): Promise<number> };
  add_async(a: number, b: number): Promise<number>;
  count_ticks(): Promise<number>;
  stop(): void;
  seen: { length: number };
}

const names = py.runPython(`
import asyncio, types

def add(a, b):
    return a + b

async def add_async(a, b):
    return a + b

stopped = False
seen = []

def stop():
    global stopped
    stopped = True

async def count_ticks():
    global stopped
    stopped = False
    ticks = 0
    while not stopped:
        await asyncio.sleep(0)
        await asyncio.sleep(0.0001)
        ticks += 1
        seen.append(ticks)
    return ticks

types.SimpleNamespace(**globals())
`) as Names;

describe("calls in a row", () => {
  it("are answered one after the other, on workers and on the loop", async () => {
    for (let i = 0; i < 300; i++) {
      expect(await names.add.callAsync(i, 1)).toBe(i + 1);
      expect(await names.add_async(i, 2)).toBe(i + 2);
    }
  });

  it("leave the loop's own timers their turn", async () => {
    const ticks = names.count_ticks();
    // Begun: a coroutine does not before it is waited for.
    const counted = ticks.then((count) => count);
    let calls = 0;
    while (names.seen.length < 3) await names.add_async(calls++, 1);
    names.stop();
    expect(await counted).toBeGreaterThanOrEqual(3);
  });

  it("leave the event loop its turns", async () => {
    let turns = 0;
    let going = true;
    const turning = (async () => {
      while (going) {
        await turn();
        turns++;
      }
    })();
    for (let i = 0; i < 100; i++) await names.add.callAsync(i, 1);
    going = false;
    await turning;
    expect(turns).toBeGreaterThan(10);
  });

  it("are answered when many come at once", async () => {
    const indices = Array.from({ length: 1000 }, (_, i) => i);
    const both = indices.flatMap((i) => [names.add.callAsync(i, 0), names.add_async(i, 0)]);
    expect(await Promise.all(both)).toEqual(indices.flatMap((i) => [i, i]));
  });
});
