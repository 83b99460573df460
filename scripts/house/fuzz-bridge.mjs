// scripts/house/fuzz-bridge.mjs: random operations on both sides of the bridge, in an addon with AddressSanitizer.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { buildLib } from "../build-lib.mjs";
import { say } from "../common/run.mjs";
import { root } from "./main.mjs";
import { buildSanitizedAddon } from "./sanitized-addon.mjs";

/**
 * A process for each seed, as many at once as there are processors.
 * @param {{ seconds: number, seed: string[] }} options
 * @returns {Promise<boolean>} whether each came to its end
 */
export async function fuzzBridge({ seconds, seed }) {
  const env = { ...process.env, ...(await buildSanitizedAddon()) };
  await buildLib();
  const seeds =
    seed.length > 0 ? seed : Array.from({ length: 4 }, () => String(randomInt(2 ** 31)));
  const work = seeds.values();
  let failed = 0;
  const worker = async () => {
    for (const one of work) if (!(await runSeed(one, seconds, env))) failed += 1;
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  console.log(`${seeds.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

async function runSeed(seed, seconds, env) {
  const program = join(root, "test", "bridge", "fuzz", "program.cjs");
  const args = ["--expose-gc", program, String(seconds), seed];
  const { status, signal, stdout, stderr } = await collect(args, env, (4 * seconds + 60) * 1000);
  const steps = /^ok: (.+)$/m.exec(stdout)?.[1];
  // One that goes on after a finding would have written it.
  const isFine = status === 0 && steps !== undefined && !stderr.includes("AddressSanitizer");
  if (isFine) {
    console.log(`bridge, seed ${seed}: ${steps}`);
    return true;
  }
  console.log(`bridge, seed ${seed}: ended by ${signal ?? `status ${status}`}`);
  say(`${stdout}${stderr}`.split("\n").slice(-120).join("\n"));
  say(`the same again: npm run test:fuzz -- --bridge --seed ${seed}`);
  return false;
}

function collect(args, env, timeout) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout,
      killSignal: "SIGABRT",
    });
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8").on("data", (part) => {
        text[name] += part;
      });
    }
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, ...text }));
  });
}
