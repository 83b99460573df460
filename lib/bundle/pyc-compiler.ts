// lib/bundle/pyc-compiler.ts: turns Python source into .pyc bytes.
import { FramedPython } from "./framed-python.js";
import { helperPath } from "./python-helper.js";

/** Source that does not compile: the reason, as Python tells it. */
export interface CompileFailure {
  readonly failure: string;
}

/** Warnings about other people's code are not for whoever bundles it. */
const QUIET = ["-W", "ignore"];

/** A .pyc, or why there is none. */
export type CompileAnswer = Buffer | CompileFailure;

export interface PycSettings {
  /** As -O and -OO: 1 without assertions, 2 without docstrings too. */
  readonly optimize: 0 | 1 | 2;
  readonly signal?: AbortSignal | undefined;
}

/** One Python child that compiles any number of sources; no file is written. */
export class PycCompiler {
  readonly #python: FramedPython;

  /** @throws {InmemError} ERR_INMEM_NO_BINARY when there is no launcher. */
  constructor({ signal, optimize }: PycSettings) {
    const args = [...QUIET, helperPath("compile_sources.py"), String(optimize)];
    this.#python = new FramedPython(args, { signal, reproducible: true }, "compiling");
  }

  /**
   * Compiles one source; answers come in the order of the calls.
   * @param name - becomes `co_filename`; the importer puts the virtual path there when loading.
   * @throws {InmemError} ERR_INMEM_BUNDLER when the child is gone. A source
   * that does not compile is an answer, not an error.
   */
  async compile(name: string, source: Uint8Array): Promise<CompileAnswer> {
    const nameBytes = Buffer.from(name, "utf8");
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32LE(nameBytes.length, 0);
    sizes.writeUInt32LE(source.byteLength, 4);
    const { failed, body } = await this.#python.ask([Buffer.concat([sizes, nameBytes]), source]);
    return failed ? { failure: body.toString("utf8") } : body;
  }

  /** Ends the child; what is still waiting is answered before. */
  close(): Promise<void> {
    return this.#python.close();
  }
}
