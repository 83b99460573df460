// test/house/bench.test.ts: the benchmarks can be listed and run; their figures are no test's matter.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { summary } from "../../bench/runner/stats.mjs";
import { packageRoot, spawnScript } from "../helpers/spawn-node.js";

const bench = (...args: string[]) =>
  spawnScript(join(packageRoot, "scripts", "bench.mjs"), { args, timeoutMs: 120_000 });

describe("npm run bench", () => {
  it("lists benchmarks and measures with what is asked of them", async () => {
    const { code, stdout } = await bench();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}start\.ready: .* \(asked 0\.7\)$/m);
    expect(stdout).toMatch(/^ {2}start\.stdlib: .* \(asked 0\.9\)$/m);
    expect(stdout).toMatch(/^ {2}start\.large-index: .* \(asked 2\)$/m);
    expect(stdout).toMatch(/^ {2}loader\.memfd: .* \(asked at least 8\)$/m);
    expect(stdout).toMatch(/^ {2}bridge\.await: .* \(asked 0\.3\)$/m);
    expect(stdout).toMatch(/^ {2}loader\.deflated: .* mapped$/m);
  });

  it("refuses a name that it does not know, and says which there are", async () => {
    const { code, stderr } = await bench("start.absent");
    expect(code).toBe(1);
    expect(stderr).toContain("start has: ready, cpython, stdlib, large-index");
  });

  it("ends with a line for each demand", async () => {
    const { code, stdout, stderr } = await bench("start.ready", "--runs", "3", "--no-build");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^A\/B \d+\.\d\d, control A\/A' \d+\.\d\d$/m);
    expect(stdout).toMatch(/\nstart\.ready: \d+\.\d\d \(asked 0\.7\)\n$/);
  });

  it("gives JSON with the machine", async () => {
    const { stdout } = await bench("start.ready", "--runs", "3", "--no-build", "--json");
    const { machine, results } = JSON.parse(stdout);
    expect(machine.node).toBe(process.versions.node);
    expect(machine.python).toMatch(/^3\.13\./);
    expect(results[0]).toMatchObject({ name: "start.ready", limit: 0.7 });
    expect(results[0].sides.map(({ side }: { side: string }) => side)).toEqual(["A", "B", "A'"]);
  });
});

describe("summary", () => {
  it("takes the quartiles between neighbours", () => {
    expect(summary([4, 1, 3, 2])).toEqual({
      n: 4,
      min: 1,
      q1: 1.75,
      median: 2.5,
      q3: 3.25,
      max: 4,
    });
    expect(summary([7])).toEqual({ n: 1, min: 7, q1: 7, median: 7, q3: 7, max: 7 });
  });
});
