// lib/bundle/pyc-compiler.ts: turns Python source into .pyc bytes.
import { InmemError } from "../errors.js";
import { type PythonChild, startPython } from "./python-child.js";

/** Source that does not compile: the reason, as Python tells it. */
export interface CompileFailure {
  readonly failure: string;
}

// A request is u32 name size, u32 source size, name, source; the answer is
// u8 failed, u32 size, and the .pyc or the reason. Little endian. Flag 1 of
// the .pyc: identified by the source's hash, and not checked when loaded.
// Each source is compiled in a fork of its own: which constants of a file are one object
// depends on what the process has compiled before, and marshal writes that down.
const SCRIPT = `
import importlib.util, marshal, os, struct, sys
optimize = int(sys.argv[1])
header = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little")
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
def compiled(name, source):
    try:
        code = compile(source, name, "exec", dont_inherit=True, optimize=optimize)
        answer = header + importlib.util.source_hash(source) + marshal.dumps(code)
        failed = 0
    except Exception as error:
        answer = f"{type(error).__name__}: {error}".encode(errors="replace")
        failed = 1
    return struct.pack("<BI", failed, len(answer)) + answer

while sizes := stdin.read(8):
    name_size, source_size = struct.unpack("<II", sizes)
    name = stdin.read(name_size).decode()
    source = stdin.read(source_size)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with open(writer, "wb") as pipe:
            pipe.write(compiled(name, source))
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        stdout.write(pipe.read())
    stdout.flush()
    os.waitpid(child, 0)
`;

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
  #gone: InmemError | undefined;

  /** @throws {InmemError} ERR_INMEM_NO_BINARY when there is no launcher. */
  constructor({ signal, optimize }: PycSettings) {
    // Warnings about other people's code are not for whoever bundles it.
    this.#child = startPython(["-W", "ignore", "-c", SCRIPT, String(optimize)], {
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
    while (this.#receivedBytes >= ANSWER_HEADER_SIZE) {
      const head = this.#joined();
      const end = ANSWER_HEADER_SIZE + head.readUInt32LE(1);
      if (head.length < end) return;
      const body = head.subarray(ANSWER_HEADER_SIZE, end);
      this.#received = [head.subarray(end)];
      this.#receivedBytes -= end;
      const failed = head[0] !== 0;
      this.#waiting.shift()?.resolve(failed ? { failure: body.toString("utf8") } : body);
    }
  }

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
