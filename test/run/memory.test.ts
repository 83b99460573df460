// test/run/memory.test.ts: many runs keep the memory flat.
import { describe, expect, it } from "vitest";
import { growthOf } from "./memory-growth.js";

// The long version is memory.long.test.ts.
describe("memory", () => {
  it("stays flat over 150 runs of a file", async () => {
    const growth = await growthOf({ kind: "file", warmUp: 320, runs: 150 });
    console.log(`growth over 150 runs of a file: ${growth.toFixed(2)} MB`);
    expect(growth).toBeLessThan(4);
  });

  it("stays flat over 60 different Buffers", async () => {
    const growth = await growthOf({ kind: "buffers", warmUp: 40, runs: 60 });
    console.log(`growth over 60 Buffers of 1 MB: ${growth.toFixed(2)} MB`);
    expect(growth).toBeLessThan(16); // each leaked one would be 1 MB
  });
});
