// lib/bridge/at-exit.ts: what bridges do when their environment ends.
import { isMainThread } from "node:worker_threads";
import type { Crossing } from "./crossing.js";
import { limited } from "./limits.js";

/** What functions that Python registered with atexit may take. */
const EXIT_LIMIT_MS = 10_000;

const crossings = new Set<Crossing>();

/** Until forget(): one listener of the process for all. */
export function atExit(crossing: Crossing): void {
  if (crossings.size === 0) process.on("exit", endAll);
  crossings.add(crossing);
}

export function forget(crossing: Crossing): void {
  crossings.delete(crossing);
  if (crossings.size === 0) process.off("exit", endAll);
}

function endAll(): void {
  for (const crossing of crossings) {
    // Node joins its workers then, which may wait for this thread.
    crossing.native.refuse();
    if (isMainThread) callExitFunctions(crossing);
    for (const output of crossing.outputs.values()) output.flush();
  }
}

// Nobody is left to hear of an error.
function callExitFunctions(crossing: Crossing): void {
  const limits = { timeout: EXIT_LIMIT_MS, signal: undefined };
  try {
    limited(crossing, limits, () => crossing.python("at_process_end"));
  } catch {}
}
