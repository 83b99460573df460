// scripts/house/main.mjs: what every script here shares: where the tree is, is this script the one started, how it fails.
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "../common/run.mjs";

/** The folder of the checkout. */
export const root = join(import.meta.dirname, "..", "..");

/** True in the script that Node was started with, false in one that is imported. */
export function isMain(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
}

/** Runs a script's work; what it throws is told in one line and fails the process. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    say(process.env.INMEM_TRACE ? error.stack : `error: ${error.message}`);
    process.exitCode = 1;
  }
}

/** Says a line of progress, and how long the step took where that is worth telling. */
export async function step(title, work) {
  if (process.stderr.isTTY) say(`${title} ...`);
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  if (seconds >= 1) say(`${title}: ${seconds.toFixed(1)} s`);
  return result;
}
