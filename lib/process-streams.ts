// lib/process-streams.ts: stdin, stdout and stderr of a program in a process of its own.
import type { ChildProcess, StdioOptions } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { CheckedOptions, StdioOutput } from "./options.js";
import { chunksOf, toBytes } from "./run-streams.js";
import { closeWhenSilent, firstOf } from "./stream-events.js";

/** Feeds and drains one process; back-pressure is kept both ways by its pipes. */
export class ProcessStreams {
  readonly stdio: StdioOptions;
  readonly #options: CheckedOptions;
  readonly #drains: Promise<void>[] = [];
  /** To a pipe, whether a stream has not taken what came out of it. */
  readonly #pipes = new Map<Readable, boolean>();
  readonly #inputEnd = new AbortController();
  readonly #givenUp = new AbortController();
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
   * Once the process has ended: waits until what it wrote has been handed on, or giveUp() is called.
   * @throws what a stream or an output function failed with.
   */
  async finish(): Promise<void> {
    this.#inputEnd.abort();
    const letGo = [...this.#pipes.keys()].map((pipe) =>
      closeWhenSilent(pipe, () => this.#pipes.get(pipe) === true && !this.#givenUp.signal.aborted),
    );
    await Promise.all(this.#drains);
    for (const each of letGo) each();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Nobody waits any longer for a stream that does not take what it was given. */
  giveUp(): void {
    this.#givenUp.abort();
  }

  async #feed(stdin: Writable): Promise<void> {
    // A program that does not read to the end is no failure.
    stdin.on("error", () => undefined);
    try {
      for await (const chunk of chunksOf(this.#options.stdin, this.#inputEnd.signal)) {
        if (stdin.destroyed) return;
        if (!stdin.write(toBytes(chunk))) await firstOf(stdin, ["drain", "close", "error"]);
      }
    } catch (error) {
      this.#failure ??= error;
    }
    stdin.end();
  }

  #drain(pipe: Readable, target: StdioOutput): void {
    this.#pipes.set(pipe, false);
    const ended = new Promise<void>((resolve) => pipe.once("close", resolve));
    let last: Promise<void> = Promise.resolve();
    pipe.on("data", (chunk: Buffer) => {
      if (typeof target === "function") {
        this.#call(target, chunk);
      } else if (target !== "inherit") {
        pipe.pause();
        this.#pipes.set(pipe, true);
        last = this.#write(target, chunk).then(() => {
          this.#pipes.set(pipe, false);
          pipe.resume();
        });
      }
    });
    pipe.on("error", () => undefined);
    const givenUp = new Promise<void>((resolve) =>
      this.#givenUp.signal.addEventListener("abort", () => resolve()),
    );
    this.#drains.push(ended.then(() => Promise.race([last, givenUp])));
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
