// lib/binding.ts: the only file that loads the native binary; a typed mirror
// of what native/addon exports.
import type { OpenBridge } from "./bridge/crossing.js";
import type { InmemErrorCode } from "./error-codes.js";
import { InmemError } from "./errors.js";
import type { SharedObject } from "./shared-objects.js";

/** What a run gives to Python; all fields checked in lib/options.ts. */
export interface NativeJob {
  /** Absolute paths of archives, a real folder, or a Buffer with its name. */
  readonly bundles: readonly (string | NativeFolder | NativeBuffer)[];
  readonly args: readonly string[];
  /** `-m` name; undefined: the bundle's `__main__`. */
  readonly module: string | undefined;
  /** A console script of a distribution in the bundle; wins over `module`. */
  readonly script: string | undefined;
  /** Working directory of Python's threads. */
  readonly cwd: string;
  /** True: only when the caller named it may it become the process's own. */
  readonly cwdGiven: boolean;
  /** Which of stdin, stdout, stderr go through JavaScript. */
  readonly pipes: { stdin: boolean; stdout: boolean; stderr: boolean };
  /** Ask for the list of modules at the end (--report). */
  readonly report: boolean;
  readonly policy: { load: string; pin: boolean; hostLibraries: readonly string[] };
  /** INMEM_VERIFY, as native/interpreter/settings.h has it; undefined: nothing is verified. */
  readonly verification: string | undefined;
  /** `relayed`: SIGINT, SIGTERM and SIGHUP come by interrupt(). */
  readonly signals: { python: boolean; relayed: boolean };
}

/** A folder that holds a `__main__.py`: the first on the path, not an archive. */
export interface NativeFolder {
  readonly folder: string;
}

export interface NativeBuffer {
  readonly name: string | undefined;
  readonly bytes: Uint8Array;
}

/** How a run ended. */
export type NativeOutcome = { modules?: ModuleReport; beganNs: bigint } & (
  | { kind: "exit"; exitCode: number }
  | ({ kind: "exception" } & NativeException)
  | { kind: "error"; code: string; message: string }
);

export interface NativeException {
  type: string;
  message: string;
  traceback: string;
  /** ERR_INMEM_* where the exception was ours, else empty. */
  code: string;
  cause: NativeException | undefined;
}

/** What native asks of or tells JavaScript while a run is going. */
export type NativeEvent =
  | { type: "output"; fd: 1 | 2; data: Buffer }
  | { type: "input" } // stdin wants a chunk: answer with pushInput
  | { type: "roots" } // wants Node's root certificates: answer with pushRoots
  | { type: "signal"; number: number } // wants to see it beside Node: deliverSignal
  | { type: "end"; outcome: NativeOutcome };

export interface ModuleReport {
  memory: string[];
  disk: string[];
}

export interface Versions {
  python: string;
  openssl: string;
  sqlite: string;
  zlib: string;
}

/** One entry of an archive; see native/archive/archive.h. */
export interface ArchiveEntry {
  name: string;
  sizeBytes: number;
  compressedSizeBytes: number;
  method: number;
  crc32: number;
  /** MS-DOS date << 16 | time. */
  dosTime: number;
  /** Unix mode, 0 where the archive does not say. */
  mode: number;
}

/** An open archive: an opaque native handle, closed when collected. */
export interface NativeArchive {
  readonly entries: ArchiveEntry[];
  /** The entry's bytes, inflated, CRC-32 checked. Throws InmemError. */
  read(index: number): Buffer;
  /** Offset of the entry's data from the start of the file. */
  dataOffset(index: number): number;
  /**
   * Facts of those of these entries that are ELF files by their content, in the given order;
   * read in another thread, so that several calls take several cores.
   */
  objects(indices: Uint32Array): Promise<(NativeObject & { readonly index: number })[]>;
}

/** A zstd stream; see native/archive/zstd_stream.h. */
export interface NativeZstd {
  /**
   * Takes what it can of `input` and gives what has come out; in another thread, one call at a time.
   * @param isLast - nothing follows `input`.
   */
  step(
    input: Uint8Array,
    isLast: boolean,
  ): Promise<{
    readonly output: Buffer;
    readonly consumedBytes: number;
    /** All of `input` is taken and there is no more to come of it. */
    readonly isDone: boolean;
  }>;
}

/** What native/elf/object_facts.h says of an ELF file. */
export interface NativeObject {
  readonly class: string;
  readonly data: string;
  /** `"EM_X86_64"`. */
  readonly machine: string;
  /** `"ET_DYN"`. */
  readonly type: string;
  /** Why all that follows is empty. */
  readonly problem: { readonly code: InmemErrorCode; readonly message: string } | null;
  readonly staticProgram: boolean;
  readonly interpreter: string;
  readonly soname: string;
  readonly rpath: string | null;
  readonly runpath: string | null;
  readonly needed: readonly string[];
  readonly versionNeeds: readonly { file: string; version: string; weak: boolean }[];
  readonly versionDefinitions: readonly string[];
  /** `PyInit_x` and what older Pythons ask for. */
  readonly moduleEntries: readonly string[];
  /** Symbols, a line each: references that must be bound, and what others may bind to. */
  readonly undefined: string;
  readonly defined: string;
  readonly executableStack: boolean;
  readonly textRelocations: boolean;
  readonly buildId: string;
  readonly x86IsaNeeded: number;
  /** What mapped loading would copy and map; where it cannot, why. */
  readonly copiedBytes: number;
  readonly mappedBytes: number;
  readonly mapRefusal: string;
}

/** A bundle as signing sees it; native/trust/structure.h says what each is. */
export interface NativeLayout {
  /** inmem.json. */
  readonly manifest: Buffer;
  /** The central directory's records of the entries before it. */
  readonly records: Buffer;
  readonly entries: number;
  /** Of inmem.json's local header, in the file. */
  readonly manifestOffset: number;
  /** What is added to each offset that the archive declares. */
  readonly shift: number;
  readonly prefixSize: number;
  /** SHA-256, hexadecimal. */
  readonly prefix: string;
  readonly directory: string;
}

/** What the host allows; native/os/host_probe.h says what each is. "" means that it works. */
export interface NativeHost {
  readonly kernel: string;
  readonly glibc: string;
  readonly pageBytes: number;
  /** Whether /proc/self/fd is there. */
  readonly proc: boolean;
  readonly seccompFilter: boolean | null;
  readonly securityLabel: string;
  readonly sharedMemoryHugePages: string;
  readonly memfd: {
    readonly plain: string;
    readonly allowSealing: string;
    readonly noexecSeal: string;
    readonly create: string;
    readonly seal: string;
    readonly mapExecutable: string;
    readonly load: string;
    /** The sysctl vm.memfd_noexec. */
    readonly policy: number | null;
  };
  readonly tmpfs: { readonly create: string; readonly load: string; readonly hugePages: boolean };
  /** Where the tier `extract` would write. */
  readonly places: readonly { readonly path: string; readonly obstacle: string }[];
  readonly limits: {
    /** null: unlimited. */
    readonly openFilesSoft: number | null;
    readonly openFilesHard: number | null;
    readonly openFilesUsed: number;
    /** Left for libraries with initial-exec TLS; null where nothing can be loaded. */
    readonly staticTlsBytes: number | null;
    readonly staticTlsTunableBytes: number;
  };
}

export interface Binding {
  /** Starts Python on its thread, and reads this bundle's index, beside what JavaScript does until run(). */
  warmUp(bundle?: string): void;
  /** Once an environment, before what follows: the class of the errors to throw. */
  initialize(errorClass: typeof InmemError): void;
  versions(): Versions;
  /** Starts a job on Python's thread; throws ERR_INMEM_BUSY when one is going. */
  run(job: NativeJob, onEvent: (event: NativeEvent) => void, prepare: () => void): void;
  /**
   * Sets variables in the process's environment, undefined unsets one; gives the
   * pairs that put back what was there.
   */
  changeEnvironment(
    pairs: readonly (readonly [string, string | undefined])[],
  ): [string, string | undefined][];
  /** A descriptor of a sealed copy, the caller's to close. Throws InmemError. */
  memoryFile(bytes: Uint8Array, name: string): number;
  /** Gives Python a signal: its handler for `signum`, or KeyboardInterrupt. */
  interrupt(signum: number): void;
  /** A KeyboardInterrupt that no handler of the program can swallow. */
  interruptHard(): void;
  /** Calls the handler of a signal that C code of a bundle shares with Node (SIGCHLD). */
  deliverSignal(signum: number): void;
  /** Node has changed its own handlers: the program's come before them again. */
  reclaimSignals(): void;
  /** Ends a blocking system call of the program with EINTR. */
  wake(): void;
  /** Tells that JavaScript took `bytes` of output: the back-pressure. */
  outputTaken(bytes: number): void;
  /** A chunk of stdin; null ends it. */
  pushInput(chunk: Uint8Array | null): void;
  pushRoots(pem: string): void;
  /**
   * Calls back, with the mount points and the interpreter's number, when openBridge() may be called,
   * or with why not. `own`: in an interpreter of its own.
   */
  beginBridge(
    job: NativeJob,
    own: boolean,
    done: (error?: Error, points?: string[], interpreter?: number) => void,
  ): void;
  openBridge: OpenBridge;
  probeHost(): NativeHost;
  sharedObjects(countViolations: boolean): SharedObject[];
  enableCrashReport(): void;
  /** Gives the address that the object was loaded at. Throws InmemError. */
  loadSharedObject(
    archive: string | Uint8Array,
    name: string,
    entry: string,
    global: boolean,
  ): number;
  openArchive(source: string | Uint8Array, name?: string): NativeArchive;
  /** What signing asks of a bundle. Throws InmemError. */
  bundleLayout(path: string): NativeLayout;
  /** Gives how many entries were checked. Rejects with InmemError. */
  verifyBundle(source: string | Uint8Array, name: string, verification: string): Promise<number>;
  /** Null where it is no ELF file. */
  elfFacts(bytes: Uint8Array, name: string): NativeObject | null;
  glibcVersion(): string;
  /** Those of these names, a line each, that our Python does not define. */
  missingPythonSymbols(names: string): string;
  /**
   * Compresses on a thread of Node's pool, by deflate (8) or zstd (93); the same bytes on
   * every machine.
   */
  compress(bytes: Uint8Array, method: 8 | 93, level: number): Promise<Buffer>;
  /** One zstd frame of so many bytes, made piece by piece. */
  zstdCompressor(level: number, sizeBytes: number): NativeZstd;
  zstdDecompressor(): NativeZstd;
  /** A shared object without debug sections, as native/elf/strip.h has it; null: it stays as it is. */
  elfWithoutDebug(bytes: Uint8Array): Buffer | null;
  /** Names of the dynamic table of an ELF shared object. Throws InmemError. */
  elfInfo(
    bytes: Uint8Array,
    name: string,
  ): { soname: string; needed: string[]; runpath: string; exports: string[] };
}

let loaded: Binding | undefined;

/** Folder of the package: the parent of `dist/`. */
export const packageRoot = __dirname.slice(0, __dirname.lastIndexOf("/"));

/**
 * Loads the native binary once; with `ahead` Python starts as soon as it is there, and the bundle
 * at this path ("": none) is read.
 * @throws {InmemError} ERR_INMEM_UNSUPPORTED_PLATFORM, ERR_INMEM_NO_BINARY.
 */
export function binding(ahead?: string): Binding {
  if (loaded) return loaded;
  try {
    const native = openUsual() ?? openFound();
    if (ahead !== undefined) native.warmUp(ahead);
    native.initialize(InmemError);
    loaded = native;
  } catch (cause) {
    if (cause instanceof InmemError) throw cause;
    throw new InmemError(
      "ERR_INMEM_NO_BINARY",
      `the native binary in ${packageRoot} does not load: ${String(cause)}`,
      { cause },
    );
  }
  return loaded;
}

// Where our own build and our own package have it. To search for it, and to make a
// module of it, would take as long as half of its loading does.
function openUsual(): Binding | undefined {
  const { env, platform, arch } = process;
  if (env["PREBUILDS_ONLY"] || env["INMEM_PYTHON_PREBUILD"]) return undefined;
  if (platform !== "linux" || arch !== "x64") return undefined;
  for (const path of [
    "build/Release/inmem.node",
    `prebuilds/${platform}-${arch}/inmem-python.node`,
  ]) {
    const made = { exports: {} };
    try {
      process.dlopen(made, `${packageRoot}/${path}`);
      return made.exports as Binding;
    } catch {
      // Not there, or not for this host: openFound() tells.
    }
  }
  return undefined;
}

function openFound(): Binding {
  const { describePlatform, isSupported } =
    require("./support.js") as typeof import("./support.js");
  if (!isSupported()) {
    throw new InmemError(
      "ERR_INMEM_UNSUPPORTED_PLATFORM",
      `no binary for ${describePlatform()} (expected linux x64 with glibc)`,
    );
  }
  return require("node-gyp-build")(packageRoot) as Binding;
}

/**
 * The launcher: Python alone, as a real file (design 4.6).
 * @throws {InmemError} ERR_INMEM_NO_BINARY when it is not there.
 */
export function launcherPath(): string {
  const { existsSync } = require("node:fs") as typeof import("node:fs");
  const candidates = [
    `${packageRoot}/build/Release/inmem-launcher`,
    `${packageRoot}/prebuilds/${process.platform}-${process.arch}/inmem-launcher`,
  ];
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) {
    throw new InmemError("ERR_INMEM_NO_BINARY", `no launcher in ${candidates.join(" or ")}`);
  }
  return found;
}
