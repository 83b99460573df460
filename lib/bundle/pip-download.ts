// lib/bundle/pip-download.ts: lets pip choose, fetch and build wheels.
import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { InmemError } from "../errors.js";
import type { BundleProgress } from "./options.js";
import { pipError } from "./pip-errors.js";
import { PipProgress } from "./pip-progress.js";
import { PIP_SETTINGS_LEFT_OUT, type PipRequest, pipWords } from "./pip-request.js";
import { startPython } from "./python-child.js";

/** How a call of pip ended, and what it said. */
export interface PipOutcome {
  readonly status: number | NodeJS.Signals;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/**
 * The wheels that are wanted, by their paths, sorted.
 * @throws {InmemError} with pip's own reasons: the codes of pip-errors.ts.
 */
export async function pipDownload(
  request: PipRequest,
  tell: (progress: BundleProgress) => void,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const outcome = await callPip(request, [], tell, signal);
  if (outcome.status !== 0) throw await pipError(request, outcome, signal);
  return wheelsIn(request.folder);
}

/** One call of pip; whatever it leaves behind is beside `request.folder`. */
export async function callPip(
  request: PipRequest,
  extra: readonly string[],
  tell: (progress: BundleProgress) => void,
  signal: AbortSignal | undefined,
): Promise<PipOutcome> {
  const scratch = join(dirname(request.folder), "tmp");
  await mkdir(scratch, { recursive: true });
  // pip's own temporary folders outlive a pip that is ended early.
  const child = startPython(pipWords(request, extra), {
    signal,
    env: { ...PIP_SETTINGS_LEFT_OUT, TMPDIR: scratch },
    ownGroup: true,
  });
  child.process.stdin.end();
  const progress = new PipProgress(tell);
  createInterface({ input: child.process.stdout }).on("line", (line) => progress.take(line));
  const status = await child.ended;
  signal?.throwIfAborted();
  return { status, lines: progress.lines, stderr: child.stderrTail() };
}

async function wheelsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).sort();
  const other = names.find((name) => !name.endsWith(".whl"));
  if (other !== undefined) {
    const message = `${other} is not a wheel (expected wheels only; build it first: pip wheel)`;
    throw new InmemError("ERR_INMEM_BUNDLER", message);
  }
  return names.map((name) => join(folder, name));
}
