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

/** How long what comes from a process may be silent after its end. */
const SILENCE_MS = 200;

/**
 * For a pipe from a process that has ended. Usually its end is there already; a child that the
 * process has left running may hold it open, and is waited for no longer than it writes.
 * Gives what ends the wait.
 *
 * @param isHeld whether what came is still being handed on, and the pipe stands still for that.
 */
export function closeWhenSilent(pipe: Readable, isHeld: () => boolean = () => false): () => void {
  const timer = setTimeout(() => {
    if (isHeld()) timer.refresh();
    else pipe.destroy();
  }, SILENCE_MS);
  pipe.on("data", () => timer.refresh());
  return () => clearTimeout(timer);
}
