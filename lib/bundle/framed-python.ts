// lib/bundle/framed-python.ts: a Python child that answers requests, one after another.
import { InmemError } from "../errors.js";
import { type ChildSettings, type PythonChild, startPython } from "./python-child.js";

/** u8 failed, u32 size, little endian; the body follows. */
const HEADER_SIZE = 5;

export interface FramedAnswer {
  readonly failed: boolean;
  readonly body: Buffer;
}

interface Waiting {
  resolve(answer: FramedAnswer): void;
  reject(error: unknown): void;
}

/** Requests go to its stdin as they are; answers have a header. */
export class FramedPython {
  readonly #child: PythonChild;
  readonly #what: string;
  readonly #waiting: Waiting[] = [];
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #wantedBytes = HEADER_SIZE;
  #gone: InmemError | undefined;

  /**
   * @param what - it does, for messages: `"compiling"`.
   * @throws {InmemError} ERR_INMEM_NO_BINARY when there is no launcher.
   */
  constructor(args: readonly string[], settings: ChildSettings, what: string) {
    this.#what = what;
    this.#child = startPython(args, settings);
    this.#child.process.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#child.ended.then(
      (status) => this.#end(new InmemError("ERR_INMEM_BUNDLER", this.#obituary(status))),
      (error) => this.#end(error),
    );
  }

  /**
   * Answers come in the order of the calls.
   * @throws {InmemError} ERR_INMEM_BUNDLER when the child is gone.
   */
  ask(parts: readonly Uint8Array[]): Promise<FramedAnswer> {
    if (this.#gone) return Promise.reject(this.#gone);
    const { stdin } = this.#child.process;
    for (const part of parts) stdin.write(part);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Ends the child; what is still waiting is answered before. */
  async close(): Promise<void> {
    this.#child.process.stdin.end();
    await this.#child.ended.catch(() => undefined);
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    while (this.#receivedBytes >= this.#wantedBytes) {
      const all = this.#joined();
      this.#wantedBytes = HEADER_SIZE;
      if (all.length < HEADER_SIZE) return;
      const end = HEADER_SIZE + all.readUInt32LE(1);
      if (all.length < end) {
        this.#wantedBytes = end;
        return;
      }
      const body = all.subarray(HEADER_SIZE, end);
      this.#received = [all.subarray(end)];
      this.#receivedBytes -= end;
      this.#waiting.shift()?.resolve({ failed: all[0] !== 0, body });
    }
  }

  // An answer comes in many pieces: they are joined once, when all are there.
  #joined(): Buffer {
    const [first] = this.#received;
    if (first && this.#received.length === 1) return first;
    const joined = Buffer.concat(this.#received, this.#receivedBytes);
    this.#received = [joined];
    return joined;
  }

  #end(error: InmemError): void {
    this.#gone = error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #obituary(status: number | string): string {
    const how = typeof status === "number" ? `exit status ${status}` : status;
    return `the ${this.#what} Python ended early (${how}):\n${this.#child.stderrTail()}`;
  }
}
