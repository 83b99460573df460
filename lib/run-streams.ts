// lib/run-streams.ts: stdin, stdout and stderr of a run, on JavaScript's side.
import type { Readable, Writable } from "node:stream";
import type { Binding, NativeJob } from "./binding.js";
import type { CheckedOptions, StdioOutput } from "./options.js";
import { firstOf } from "./stream-events.js";

/**
 * Feeds and drains one run. Back-pressure is kept both ways: native blocks the
 * program while a stream lags behind, and asks for each chunk of input.
 */
export class RunStreams {
  readonly pipes: NativeJob["pipes"];
  readonly #binding: Binding;
  readonly #outputs: Record<1 | 2, StdioOutput>;
  readonly #stdin: CheckedOptions["stdin"];
  #chunks: AsyncIterator<unknown> | undefined;
  /** Writes that a stream has not taken yet: how to tell that it has. */
  readonly #unwritten = new Map<(error?: Error | null) => void, Writable>();
  readonly #watched = new Map<Writable, () => void>();
  #failure: unknown;
  #drained: (() => void) | undefined;
  readonly #inputEnd = new AbortController();
  #programEnded = false;
  #dropped = false;

  constructor(binding: Binding, options: CheckedOptions) {
    this.#binding = binding;
    this.#stdin = options.stdin;
    this.#outputs = { 1: options.stdout ?? "inherit", 2: options.stderr ?? "inherit" };
    this.pipes = {
      stdin: options.stdin !== undefined && options.stdin !== "inherit",
      stdout: this.#outputs[1] !== "inherit",
      stderr: this.#outputs[2] !== "inherit",
    };
  }

  /** Hands a chunk to its target; it counts as taken when the target has it. */
  output(fd: 1 | 2, data: Buffer): void {
    const target = this.#outputs[fd];
    if (this.#dropped) {
      this.#taken(data);
    } else if (typeof target === "function") {
      try {
        target(data);
      } catch (error) {
        this.#failure ??= error;
      }
      this.#taken(data);
    } else if (target !== "inherit") {
      this.#write(target, data);
    }
  }

  // After the end it would count as the next run's.
  #taken(data: Buffer): void {
    if (!this.#programEnded) this.#binding.outputTaken(data.byteLength);
  }

  #write(target: Writable, data: Buffer): void {
    const taken = (error?: Error | null) => {
      if (!this.#unwritten.delete(taken)) return;
      this.#failure ??= error ?? undefined;
      this.#taken(data);
      if (this.#unwritten.size === 0) this.#drained?.();
    };
    this.#unwritten.set(taken, target);
    if (target.destroyed || target.writableEnded) {
      taken(new Error("the stream has ended"));
      return;
    }
    this.#watch(target);
    target.write(data, taken);
  }

  // A stream that is destroyed never tells of the write that it was at.
  #watch(target: Writable): void {
    if (this.#watched.has(target)) return;
    const onClose = () => {
      for (const [taken, other] of [...this.#unwritten]) {
        if (other === target) taken(target.errored ?? new Error("the stream was closed"));
      }
    };
    this.#watched.set(target, onClose);
    target.once("close", onClose);
  }

  /** Native wants a chunk of stdin: gives the next one, or the end. */
  async input(): Promise<void> {
    if (this.#dropped) {
      this.#push(null);
      return;
    }
    try {
      this.#chunks ??= chunksOf(this.#stdin, this.#inputEnd.signal);
      this.#push(await nextBytes(this.#chunks));
    } catch (error) {
      this.#failure ??= error;
      this.#push(null);
    }
  }

  // After the end it would be the next run's.
  #push(bytes: Uint8Array | null): void {
    if (!this.#programEnded) this.#binding.pushInput(bytes);
  }

  /** The program has ended: what it asked for and did not get stays in the stream. */
  programEnded(): void {
    this.#programEnded = true;
    this.#inputEnd.abort();
  }

  /**
   * The run was given up: what the program prints from now on goes nowhere, and its input ends. It
   * would wait for ever else, as would all later runs, for a stream that takes nothing.
   */
  drop(): void {
    this.#dropped = true;
    this.#inputEnd.abort();
    this.#push(null);
    for (const taken of [...this.#unwritten.keys()]) taken();
    this.#unwatch();
  }

  #unwatch(): void {
    for (const [target, onClose] of this.#watched) target.off("close", onClose);
  }

  /**
   * Waits until every chunk has been written.
   * @throws what a stream or an output function failed with.
   */
  async finish(): Promise<void> {
    if (this.#unwritten.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    this.#unwatch();
    // A Readable that the program did not read to its end is the caller's still.
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** @internal The chunks of a run's stdin, as they are given; none after `stop`. */
export async function* chunksOf(
  stdin: CheckedOptions["stdin"],
  stop: AbortSignal,
): AsyncGenerator<unknown> {
  if (stdin === undefined || stdin === "inherit") return;
  if (typeof stdin === "string" || stdin instanceof Uint8Array) yield stdin;
  else if ("text" in stdin) yield stdin.text;
  else yield* readWithoutClosing(stdin, stop);
}

// `for await` would destroy the stream when the run ends before it does.
async function* readWithoutClosing(stream: Readable, stop: AbortSignal): AsyncGenerator<unknown> {
  while (!stop.aborted && !stream.readableEnded && !stream.destroyed && !stream.errored) {
    const chunk: unknown = stream.read();
    if (chunk !== null) yield chunk;
    else await firstOf(stream, ["readable", "end", "close", "error"], stop);
  }
  if (stream.errored) throw stream.errored;
  if (!stop.aborted && stream.destroyed && !stream.readableEnded) throw prematureClose();
}

// Half an input would pass for a whole one.
function prematureClose(): Error {
  const message = "stdin was destroyed before its end (expected a Readable that ends)";
  return Object.assign(new Error(message), { code: "ERR_STREAM_PREMATURE_CLOSE" });
}

/** The next chunk that holds anything; null at the end. */
async function nextBytes(chunks: AsyncIterator<unknown>): Promise<Uint8Array | null> {
  for (;;) {
    const next = await chunks.next();
    if (next.done) return null;
    const bytes = toBytes(next.value);
    if (bytes.byteLength > 0) return bytes;
  }
}

/** @internal */
export function toBytes(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}
