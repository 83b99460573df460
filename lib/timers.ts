// lib/timers.ts: how long a timer of Node may be.

/** About 25 days. What is longer, Node's setTimeout() takes for 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** The delay to give to setTimeout() for `ms`. */
export function timerDelay(ms: number): number {
  return Math.min(ms, LONGEST_MS);
}
