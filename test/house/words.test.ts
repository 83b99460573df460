// test/house/words.test.ts: the scripts know their flags: what they do not know they refuse, before they do anything.
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot, spawnScript } from "../helpers/spawn-node.js";

const scripts = [
  "start",
  "test",
  "test-audit",
  "test-cpython",
  "test-fuzz",
  "test-isolation",
  "test-wheels",
  "check",
  "bench",
  "build-addon",
  "build-lib",
  "generate-errors",
];

it.concurrent.each(scripts)(
  "scripts/%s.mjs tells its use, and refuses an unknown flag",
  async (name) => {
    const script = join(packageRoot, "scripts", `${name}.mjs`);
    const help = await spawnScript(script, { args: ["--help"], timeoutMs: 20_000 });
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(`usage: node scripts/${name}.mjs`);
    const unknown = await spawnScript(script, { args: ["--nativ"], timeoutMs: 20_000 });
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toContain("--nativ");
  },
);

it.each([
  ["bench", ["--runs", "two"], "--runs two: expected a number, at least 3"],
  ["bench", ["--runs"], "--runs"],
  ["test-fuzz", ["--only", "nothing"], "--only nothing: no such target; there are: archive"],
  ["test-fuzz", ["--seed", "1"], "--seed is for --bridge"],
  ["test-fuzz", ["--bridge", "--only", "elf"], "--bridge goes with"],
])("scripts/%s.mjs %j: %s", async (name, args, told) => {
  const script = join(packageRoot, "scripts", `${name}.mjs`);
  const refused = await spawnScript(script, { args, timeoutMs: 20_000 });
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain(told);
});
