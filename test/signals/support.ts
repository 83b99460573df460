// test/signals/support.ts: a run in a fresh Node, with JavaScript around it.
import { type SpawnOptions, type SpawnResult, spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

export const clean = { code: 0, signal: null, timedOut: false, stderr: "" };

/**
 * A program as `path` (process.argv[2]), and JavaScript's `run`, `spawn`, `sleep` and `send`:
 * a signal to this process itself, sent by the kernel.
 */
export function runWith(
  program: string | Record<string, string | Uint8Array>,
  main: string,
  options: SpawnOptions = {},
): Promise<SpawnResult> {
  const files = typeof program === "string" ? { "__main__.py": program } : program;
  return runBundleWith(zipFile(files), main, options);
}

export function runBundleWith(
  bundle: string,
  main: string,
  options: SpawnOptions = {},
): Promise<SpawnResult> {
  const source = `
    const { run } = require("inmem-python");
    const { spawn } = require("node:child_process");
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
    const send = (name) => process.kill(process.pid, name);
    const path = process.argv[2];
    /** stdout's function; ready resolves once the program has printed "ready". */
    let isReady; const ready = new Promise((done) => (isReady = done));
    const stdout = (chunk) => { process.stdout.write(chunk); if (String(chunk).includes("ready")) isReady(); };
    (async () => { ${main} })().catch((e) => { console.log("failed", e.code ?? e.type ?? e); process.exitCode = 1; });`;
  const { args = [], ...others } = options;
  return spawnNode(source, { timeoutMs: 30_000, ...others, args: [bundle, ...args] });
}
