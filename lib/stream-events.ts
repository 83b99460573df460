// lib/stream-events.ts: waiting for streams without leaving listeners behind.
import type { Readable, Writable } from "node:stream";

/**
 * Resolves at the first of these events, or when `stop` is aborted. "error" is an event like any
 * other: the stream's `errored` tells. once() in a race would leave its listeners on the stream,
 * three more with each chunk.
 */
export function firstOf(
  stream: Readable | Writable,
  events: readonly string[],
  stop?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) stream.off(event, done);
      stop?.removeEventListener("abort", done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
    stop?.addEventListener("abort", done);
  });
}

const TICK_MS = 50;
/** How many ticks what comes from a process may be silent after its end. */
const SILENT_TICKS = 4;
/** How many it may go on for: what the process itself wrote is through by then. */
const MOST_TICKS = 20;

/**
 * For a pipe from a process that has ended. Usually its end is there already; a child that the
 * process has left running may hold it open, and is not waited for. Gives what ends the wait.
 *
 * Ticks are counted, not milliseconds: after one that came late the pipe is read before the next.
 * @param isHeld whether what came is still being handed on, and the pipe stands still for that.
 */
export function closeWhenSilent(pipe: Readable, isHeld: () => boolean = () => false): () => void {
  let silent = 0;
  let all = 0;
  pipe.on("data", () => {
    silent = 0;
  });
  const timer = setInterval(() => {
    silent = isHeld() ? 0 : silent + 1;
    if (silent > 0) all += 1;
    if (silent >= SILENT_TICKS || all >= MOST_TICKS) pipe.destroy();
  }, TICK_MS);
  return () => clearInterval(timer);
}
