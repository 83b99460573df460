// test/house/words.test.ts: the scripts know their flags: what they do not know they refuse, before they do anything.
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot, spawnScript } from "../helpers/spawn-node.js";

const scripts = ["test", "check", "build-addon", "generate-errors"];

it.each(scripts)("scripts/%s.mjs tells its use, and refuses an unknown flag", async (name) => {
  const script = join(packageRoot, "scripts", `${name}.mjs`);
  const help = await spawnScript(script, { args: ["--help"], timeoutMs: 20_000 });
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain(`usage: node scripts/${name}.mjs`);
  const unknown = await spawnScript(script, { args: ["--nativ"], timeoutMs: 20_000 });
  expect(unknown).toMatchObject({ code: 1, stdout: "" });
  expect(unknown.stderr).toContain("--nativ");
});
