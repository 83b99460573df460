// test/bridge/many-objects.test.ts: numbers of objects that come, go and come again by the thousand.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const py = await api.start();

interface List {
  length: number;
  get(i: number): unknown;
  destroy(): void;
}

const make = py.runPython("lambda i: [i]") as (i: number) => List;
const same = py.runPython("lambda a: a") as (value: List) => List;

const count = 20_000;

describe("many objects", () => {
  it.each([
    ["from the first", (all: List[]) => all],
    ["from the last", (all: List[]) => [...all].reverse()],
  ])("go %s, and those that stay are the same", (_, order) => {
    const kept = new Map<number, List>();
    for (let round = 0; round < 3; round++) {
      const all = Array.from({ length: count }, (_, i) => make(i));
      expect(new Set(all).size).toBe(count);
      const staying = new Set([all[7], all[count - 1 - round]]);
      for (const one of order(all)) if (!staying.has(one)) one.destroy();
      for (const one of staying) {
        if (one) kept.set(one.get(0) as number, one);
      }
      for (const [i, one] of kept) {
        expect(one.get(0)).toBe(i);
        expect(same(one)).toBe(one);
      }
    }
  });
});

// --- values that fail half way ----------------------------------------------------

py.runPython(`
import gc, weakref
class Thing: pass
things = weakref.WeakSet()
def thing():
    made = Thing()
    things.add(made)
    return made
deep = ()
for i in range(100_000): deep = (deep,)
def as_result(): return (thing(), deep)
def as_arguments(function): function(thing(), deep)
def as_list(): return [thing(), deep]
def take(*values): pass
`);
type Call = ((...args: unknown[]) => unknown) & {
  callAsync(...args: unknown[]): Promise<unknown>;
};
const name = (of: string): Call => py.globals.get(of) as Call;

/** Waits until it is 0, with both collectors at work. */
async function none(count: () => number): Promise<number> {
  for (let i = 0; i < 100 && count() > 0; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
    py.runPython("gc.collect()");
  }
  return count();
}

describe("what was written before a value fails", () => {
  it("is let go in Python", async () => {
    const take = (): void => {};
    for (let i = 0; i < 5; i++) {
      expect(() => name("as_result")()).toThrow(/recursion/);
      expect(() => name("as_arguments")(take)).toThrow(/recursion/);
      expect(() => (name("as_list")() as { toJs(): unknown }).toJs()).toThrow(/recursion/);
      await expect(name("as_result").callAsync()).rejects.toThrow(/recursion/);
    }
    expect(await none(() => py.runPython("len(things)") as number)).toBe(0);
  });

  it("is let go in JavaScript, as is what comes after it", async () => {
    let alive = 0;
    const registry = new FinalizationRegistry(() => alive--);
    const thing = (): object => {
      const made = { alive: alive++ };
      registry.register(made, undefined);
      return made;
    };
    class Own {
      readonly thing = thing(); // crosses by reference
    }
    const getter = (): unknown =>
      Object.defineProperty({}, "x", {
        enumerable: true,
        get() {
          throw new Error("no");
        },
      });
    for (let i = 0; i < 5; i++) {
      const same = new Map<unknown, unknown>([
        [1, new Own()],
        [true, new Own()],
        [2, new Own()],
      ]);
      expect(() => py.toPy(same)).toThrow(/equal in Python/);
      expect(() => py.toPy([new Own(), getter()])).toThrow("no");
      expect(() => name("take")(new Own(), new Own(), Symbol("s"))).toThrow(/Symbol/);
    }
    expect(alive).toBeGreaterThan(0);
    expect(await none(() => alive)).toBe(0);
  });
});
