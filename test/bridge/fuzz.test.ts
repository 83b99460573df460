// test/bridge/fuzz.test.ts: random operations on both sides of the bridge for 30 s: the process goes on, and Python answers.
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot, spawnScript } from "../helpers/spawn-node.js";

const SECONDS = 30;

it("no row of random operations crashes or hangs the process", async () => {
  const program = join(packageRoot, "test", "bridge", "fuzz", "program.cjs");
  const { code, signal, stdout, stderr } = await spawnScript(program, {
    args: [String(SECONDS)],
    nodeArgs: ["--expose-gc"],
    timeoutMs: 4 * SECONDS * 1000,
  });
  // The first line names the seed: the same row again by giving it as the second argument.
  expect({ code, signal, stdout, stderr: stderr.slice(-2000) }).toMatchObject({
    code: 0,
    signal: null,
  });
  expect(stdout).toMatch(/^seed \d+\nok: \d+ steps, \d+ interpreters, \d+ workers\n$/);
}, 150_000);
