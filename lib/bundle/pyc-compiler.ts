// lib/bundle/pyc-compiler.ts: turns Python source into .pyc bytes.
import { InmemError } from "../errors.js";
import { type PythonChild, startPython } from "./python-child.js";
import { helperPath } from "./python-helper.js";

/** Source that does not compile: the reason, as Python tells it. */
export interface CompileFailure {
  readonly failure: string;
}

/** Warnings about other people's code are not for whoever bundles it. */
const QUIET = ["-W", "ignore"];

/** u8 failed, u32 size; compile_sources.py has the whole of it. */
const ANSWER_HEADER_SIZE = 5;

/** A .pyc, or why there is none. */
export type CompileAnswer = Buffer | CompileFailure;

export interface PycSettings {
  /** As -O and -OO: 1 without assertions, 2 without docstrings too. */
  readonly optimize: 0 | 1 | 2;
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  resolve(answer: CompileAnswer): void;
  reject(error: unknown): void;
}

/** One Python child that compiles any number of sources; no file is written. */
export class PycCompiler {
  readonly #child: PythonChild;
  readonly #waiting: Waiting[] = [];
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #wantedBytes = ANSWER_HEADER_SIZE;
  #gone: InmemError | undefined;

  /** @throws {InmemError} ERR_INMEM_NO_BINARY when there is no launcher. */
  constructor({ signal, optimize }: PycSettings) {
    this.#child = startPython([...QUIET, helperPath("compile_sources.py"), String(optimize)], {
      signal,
      reproducible: true,
    });
    this.#child.process.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#child.ended.then(
      (status) => this.#end(new InmemError("ERR_INMEM_BUNDLER", this.#obituary(status))),
      (error) => this.#end(error),
    );
  }

  /**
   * Compiles one source; answers come in the order of the calls.
   * @param name - becomes `co_filename`; the importer puts the virtual path there when loading.
   * @throws {InmemError} ERR_INMEM_BUNDLER when the child is gone. A source
   * that does not compile is an answer, not an error.
   */
  compile(name: string, source: Uint8Array): Promise<CompileAnswer> {
    if (this.#gone) return Promise.reject(this.#gone);
    const nameBytes = Buffer.from(name, "utf8");
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32LE(nameBytes.length, 0);
    sizes.writeUInt32LE(source.byteLength, 4);
    const { stdin } = this.#child.process;
    stdin.write(Buffer.concat([sizes, nameBytes]));
    stdin.write(source);
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
      this.#wantedBytes = ANSWER_HEADER_SIZE;
      if (all.length < ANSWER_HEADER_SIZE) return;
      const end = ANSWER_HEADER_SIZE + all.readUInt32LE(1);
      if (all.length < end) {
        this.#wantedBytes = end;
        return;
      }
      const body = all.subarray(ANSWER_HEADER_SIZE, end);
      this.#received = [all.subarray(end)];
      this.#receivedBytes -= end;
      const failed = all[0] !== 0;
      this.#waiting.shift()?.resolve(failed ? { failure: body.toString("utf8") } : body);
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
    return `the compiling Python ended early (${how}):\n${this.#child.stderrTail()}`;
  }
}
