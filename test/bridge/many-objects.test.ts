// test/bridge/many-objects.test.ts: numbers of objects that come, go and come again by the thousand.
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

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
