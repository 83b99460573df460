// lib/process-streams.ts: stdin, stdout and stderr of a program in a process of its own.
import type { ChildProcess, StdioOptions } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { CheckedOptions, StdioOutput } from "./options.js";
import { chunksOf, toBytes } from "./run-streams.js";

/** How long output may be silent after the process's end: what it has left running is not waited for. */
const SILENCE_MS = 200;

/** Feeds and drains one process; back-pressure is kept both ways by its pipes. */
export class ProcessStreams {
  readonly stdio: StdioOptions;
  readonly #options: CheckedOptions;
  readonly #drains: Promise<void>[] = [];
  readonly #pipes: Readable[] = [];
  #failure: unknown;

  constructor(options: CheckedOptions) {
    this.#options = options;
    const { stdin = "inherit", stdout = "inherit", stderr = "inherit" } = options;
    this.stdio = [stdin, stdout, stderr].map((end) => (end === "inherit" ? end : "pipe"));
  }

  /** Which of stdout and stderr end here. */
  get pipes(): readonly [boolean, boolean] {
    const [, stdout, stderr] = this.stdio;
    return [stdout === "pipe", stderr === "pipe"];
  }

  connect(child: ChildProcess): void {
    if (child.stdin) void this.#feed(child.stdin);
    const { stdout, stderr } = this.#options;
    if (child.stdout && stdout) this.#drain(child.stdout, stdout);
    if (child.stderr && stderr) this.#drain(child.stderr, stderr);
  }

  /**
   * Once the process has ended: waits until what it wrote has been handed on.
   * @throws what a stream or an output function failed with.
   */
  async finish(): Promise<void> {
    const drained = Promise.all(this.#drains);
    const heard = this.#pipes.map((pipe) => {
      const timer = setTimeout(() => pipe.destroy(), SILENCE_MS);
      pipe.on("data", () => timer.refresh());
      return timer;
    });
    await drained;
    for (const timer of heard) clearTimeout(timer);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #feed(stdin: Writable): Promise<void> {
    // A program that does not read to the end is no failure.
    stdin.on("error", () => undefined);
    try {
      for await (const chunk of chunksOf(this.#options.stdin)) {
        if (stdin.destroyed) return;
        if (!stdin.write(toBytes(chunk))) {
          await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
        }
      }
    } catch (error) {
      this.#failure ??= error;
    }
    stdin.end();
  }

  #drain(pipe: Readable, target: StdioOutput): void {
    this.#pipes.push(pipe);
    const ended = new Promise<void>((resolve) => pipe.once("close", resolve));
    let last: Promise<void> = Promise.resolve();
    pipe.on("data", (chunk: Buffer) => {
      if (typeof target === "function") {
        this.#call(target, chunk);
      } else if (target !== "inherit") {
        pipe.pause();
        last = this.#write(target, chunk).then(() => void pipe.resume());
      }
    });
    pipe.on("error", () => undefined);
    this.#drains.push(ended.then(() => last));
  }

  #call(target: (chunk: Buffer) => void, chunk: Buffer): void {
    try {
      target(chunk);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  // A stream that is destroyed never tells of the write that it was at.
  #write(target: Writable, chunk: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const end = (error?: Error | null) => {
        target.off("close", onClose);
        this.#failure ??= error ?? undefined;
        resolve();
      };
      const onClose = () => end(target.errored ?? new Error("the stream was closed"));
      if (target.destroyed || target.writableEnded) {
        end(new Error("the stream has ended"));
        return;
      }
      target.once("close", onClose);
      target.write(chunk, end);
    });
  }
}
