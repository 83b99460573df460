// test/run/memory.long.test.ts: a thousand runs keep the memory flat.
import { describe, expect, it } from "vitest";
import { growthOf } from "./memory-growth.js";

describe("memory", () => {
  it.each([
    { kind: "file", warmUp: 200, runs: 800, limit: 4 },
    { kind: "buffers", warmUp: 100, runs: 400, limit: 16 },
    { kind: "failing", warmUp: 200, runs: 800, limit: 4 },
    { kind: "extension", warmUp: 200, runs: 800, limit: 4 },
  ] as const)("stays flat: $runs runs, $kind", async ({ kind, warmUp, runs, limit }) => {
    const growth = await growthOf({ kind, warmUp, runs });
    console.log(`growth over ${runs} runs, ${kind}: ${growth.toFixed(2)} MB`);
    expect(growth).toBeLessThan(limit);
  });
});
