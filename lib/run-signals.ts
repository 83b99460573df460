// lib/run-signals.ts: signals that a program sees beside Node.
import { constants } from "node:os";
import { isMainThread } from "node:worker_threads";
import type { Binding } from "./binding.js";

const shared = new Set<number>();

/** How often a worker looks, in milliseconds: it has no listeners of signals. */
const POLL_EVERY = 100;

/**
 * From now on each such signal that Node gets is passed on. A listener of Node's
 * does not keep the process alive; it keeps Node's own handler in place, which would
 * come and go with Node's children, and take the place of the bundle's.
 */
export function shareSignal(binding: Binding, number: number): void {
  const name = nameOf(number);
  if (name === undefined) return;
  if (!shared.has(number)) {
    shared.add(number);
    const deliver = () => binding.deliverSignal(number);
    // SIGCHLD may be told once too often: each handler looks at its own children.
    if (isMainThread) process.on(name, deliver);
    else setInterval(deliver, POLL_EVERY).unref();
  }
  // One may have come before.
  binding.deliverSignal(number);
}

/**
 * While a run is going: a listener that Node sets, or takes away, would take the signal
 * from the program. Gives what ends it.
 */
export function followSignals(binding: Binding): () => void {
  const reclaim = () => binding.reclaimSignals();
  if (!isMainThread) {
    const timer = setInterval(reclaim, POLL_EVERY).unref();
    return () => clearInterval(timer);
  }
  const changed = (name: string | symbol) => {
    if (typeof name === "string" && name in constants.signals) reclaim();
  };
  // Node's own listeners of these two do the work, and were here first.
  const events = ["newListener", "removeListener"] as const;
  for (const event of events) process.on(event, changed);
  return () => {
    for (const event of events) process.off(event, changed);
  };
}

function nameOf(number: number): NodeJS.Signals | undefined {
  const entries = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  return entries.find(([, value]) => value === number)?.[0];
}
