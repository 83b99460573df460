// lib/start.ts: the API's functions. Their code is a second file, loaded when one is called; run()'s
// while Python already starts.
import { resolve } from "node:path";
import type { AuditOptions } from "./audit/audit.js";
import type { AuditReport } from "./audit/report.js";
import { binding } from "./binding.js";
import type { PyKwargs } from "./bridge/call-types.js";
import type { StartOptions } from "./bridge/options.js";
import type { Python } from "./bridge/python.js";
import type { PyProxy as AnyProxy } from "./bridge/types.js";
import type { BundleOptions, BundleResult } from "./bundle/options.js";
import type { HostReport } from "./host-report.js";
import type { BundleInput, RunOptions, VerifyKey } from "./options.js";
import type { RunResult } from "./run.js";
import type { LoadOptions, SharedObject } from "./shared-objects.js";
import type { WrittenSymbols } from "./symbols.js";
import type { KeyPair } from "./trust/keys.js";
import type { SignOptions, SignResult } from "./trust/sign.js";
import type { VerifyResult } from "./trust/verify.js";
import type { TypesOptions, TypesResult } from "./types/options.js";

/**
 * Runs the program in `bundle` on Python's own thread; the event loop goes on.
 *
 * @param bundle a zip, .pyz or .whl file, a folder with a `__main__.py` or wheels,
 * or a zip's bytes.
 * @throws {PythonError} an exception that the program did not catch.
 * @throws {InmemError} ERR_INMEM_BUSY while another run is going (unless
 * `queue`), ERR_INMEM_ABORTED, ERR_INMEM_ABORT_TIMEOUT, and every code of
 * docs/errors.md that concerns the bundle.
 * @throws {TypeError | RangeError} wrong arguments.
 * @example
 * const { exitCode } = await run("app.pyz", { args: ["--fast"] });
 */
export async function run(bundle: BundleInput, options?: RunOptions): Promise<RunResult> {
  startAhead(bundle, options);
  return later().runWithReport(binding, bundle, options);
}

/**
 * Starts Python for calls from JavaScript, beside run() and the event loop. Again, it adds bundles.
 *
 * @throws {InmemError} every code of docs/errors.md that concerns a bundle.
 * @throws {TypeError | RangeError} wrong arguments.
 * @example
 * const py = await start({ bundles: "app.pyz" });
 * py.pyimport("math").sqrt(2);
 */
export async function start(options?: StartOptions): Promise<Python> {
  return bridge().startBridge(binding, options);
}

function bridge(): typeof import("./bridge/start.js") {
  return require("./bridge/start.js") as typeof import("./bridge/start.js");
}

/**
 * Keyword arguments, as the last argument of a call of a Python function.
 *
 * @throws {TypeError} anything but an object of names and values.
 * @example
 * round(2.345, kwargs({ ndigits: 2 }));
 */
export function kwargs<Keywords extends object>(keywords: Keywords): PyKwargs<Keywords> {
  return bridge().kwargs(keywords);
}

/**
 * An Array that is a tuple in Python wherever it crosses, not an Array by reference: for functions that take nothing else.
 *
 * @throws {TypeError} anything but an iterable object.
 * @example
 * py.globals.get("isinstance")(tuple([1, 2]), py.globals.get("tuple")); // true
 */
export function tuple<const Items extends readonly unknown[]>(items: Items): Readonly<Items>;
export function tuple<Item>(items: Iterable<Item>): readonly Item[];
export function tuple(items: Iterable<unknown>): readonly unknown[] {
  return bridge().tuple(items);
}

/**
 * A Uint8Array over the same memory that is `bytes` in Python wherever it crosses, as a copy.
 *
 * @throws {TypeError} anything but a typed array, DataView or ArrayBuffer.
 * @example
 * fernet.encrypt(bytes(Buffer.from("text")));
 */
export function bytes(data: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return bridge().bytes(data);
}

/** Whether the value is a proxy of a Python object; a destroyed one is still a proxy. */
export function isPyProxy(value: unknown): value is AnyProxy {
  return bridge().isPyProxy(value);
}

/** A Python object that stays in Python. */
export type PyProxy = AnyProxy;

/** For `value instanceof PyProxy`. */
export const PyProxy = {
  [Symbol.hasInstance]: (value: unknown): value is AnyProxy => isPyProxy(value),
};

/**
 * Puts an archive on `sys.path` of every run that begins from now on: behind the run's own
 * bundle and what was mounted before, before the standard library. A path is looked at anew by
 * each run. Python has `inmem.mount()` for the run that is going.
 *
 * @throws {InmemError} every code of docs/errors.md that concerns the archive.
 * @throws {TypeError} anything but a path, a file: URL or bytes.
 */
export function mount(bundle: BundleInput): void {
  later().mountForRuns(binding, bundle);
}

/**
 * Takes away what mount() was given, for the runs that follow.
 * @throws {InmemError} ERR_INMEM_NOT_FOUND for what is not mounted.
 * @throws {TypeError} anything but a path, a file: URL or bytes.
 */
export function unmount(bundle: BundleInput): void {
  later().unmountForRuns(bundle);
}

/**
 * The shared objects that were loaded from bundles so far, in the order in which they
 * became usable. Walks the relocations of each: milliseconds for large libraries.
 * @throws {InmemError} ERR_INMEM_UNSUPPORTED_PLATFORM, ERR_INMEM_NO_BINARY.
 */
export function sharedObjects(): SharedObject[] {
  return binding().sharedObjects(true);
}

/**
 * Loads a shared object out of an archive by hand, with what it needs; once, also when it is
 * asked for again. Runs its constructors on this thread.
 *
 * @param path the archive's path, then the entry's name: `/apps/app.pyz/lib/libfoo.so`.
 * @throws {InmemError} ERR_INMEM_NOT_FOUND and every code of docs/errors.md that concerns
 * archives and shared objects.
 * @throws {TypeError} wrong arguments.
 */
export function loadSharedObject(path: string, options?: LoadOptions): SharedObject {
  return later().loadByHand(binding, path, options);
}

/**
 * Tries what loading needs: memory files by flag, sealing, executable mappings,
 * a private tmpfs, places on disk, limits. Takes milliseconds and changes
 * nothing. Never throws, on any platform.
 */
export function hostReport(): HostReport {
  return later().reportHost(binding);
}

/**
 * Reads all ELF objects of bundles, wheels and folders of wheels: the policy of PEP 600 that each
 * wheel really meets, what is missing, what this host lacks. docs/cli.md tells what is looked at.
 *
 * @throws {InmemError} ERR_INMEM_NOT_FOUND and every code of docs/errors.md that concerns archives.
 * @throws {TypeError | RangeError} wrong arguments, an unknown policy.
 */
export async function audit(
  files: string | readonly string[],
  options?: AuditOptions,
): Promise<AuditReport> {
  const { auditReport } = require("./audit/entry.js") as typeof import("./audit/entry.js");
  return auditReport(binding, files, options);
}

/**
 * Writes copies of the shared objects that a process has loaded out of archives into `folder`,
 * for gdb and perf, which read files alone. docs/troubleshooting.md shows the use.
 *
 * @param pid any process of the same user that gdb may attach to. Default: this one.
 * @throws {InmemError} ERR_INMEM_UNSUPPORTED_PLATFORM, ERR_INMEM_NO_BINARY; ERR_INMEM_NOT_FOUND,
 * ERR_INMEM_UNREADABLE: there is no such process, it cannot be read, or the folder not be made.
 * @throws {TypeError} wrong arguments.
 */
export function writeSymbols(folder: string, pid?: number): WrittenSymbols {
  return later().symbolsOf(binding, folder, pid);
}

/**
 * From now on a crash of native code (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) writes to
 * stderr, before the process ends as it would have: the signal, the address, and for each
 * native frame the bundle's member, or the host's file, and the offset in it. Handlers that
 * were there before, such as V8's for WebAssembly, go on to do their work.
 *
 * @throws {InmemError} ERR_INMEM_UNSUPPORTED_PLATFORM, ERR_INMEM_NO_BINARY.
 */
export function enableCrashReport(): void {
  binding().enableCrashReport();
}

/**
 * Makes a bundle: pip, in the package's own interpreter, chooses, fetches and builds wheels; they
 * and the application become one zip (docs/bundle-format.md). No Python is needed on the machine.
 *
 * @throws {InmemError} ERR_INMEM_CONFIG, ERR_INMEM_REQUIREMENTS, ERR_INMEM_NO_WHEEL,
 * ERR_INMEM_NEEDS_COMPILER, ERR_INMEM_INDEX, ERR_INMEM_HASH_MISMATCH, ERR_INMEM_NO_SPACE,
 * ERR_INMEM_BUNDLER, ERR_INMEM_OUTPUT, ERR_INMEM_ABORTED (docs/errors.md), and the codes of broken archives.
 * @throws {TypeError | RangeError} wrong arguments.
 * @example
 * await bundle({ requirements: ["numpy"], main: "app.py", output: "app.pyz" });
 */
export async function bundle(options: BundleOptions): Promise<BundleResult> {
  return (require("./bundle.js") as typeof import("./bundle.js")).bundle(options);
}

/**
 * Makes an Ed25519 pair of keys for signing bundles, in `path` and `path.pub`.
 * @throws {InmemError} ERR_INMEM_KEY: a file is there already; ERR_INMEM_OUTPUT.
 * @throws {TypeError} anything but a path.
 */
export function keygen(path: string): KeyPair {
  return trust().keygen(path);
}

/**
 * Signs a bundle that `inmem-python bundle` made, after it held every content against the
 * manifest. docs/trust.md says what the signature covers.
 * @throws {InmemError} ERR_INMEM_KEY, ERR_INMEM_OUTPUT, and every code of docs/errors.md that
 * concerns archives and signatures.
 * @throws {TypeError} wrong arguments.
 */
export async function sign(bundle: string | URL, options: SignOptions): Promise<SignResult> {
  return trust().sign(binding, bundle, options);
}

/**
 * Checks a bundle's signature and structure, and the content of every entry; runs nothing.
 * @throws {InmemError} ERR_INMEM_KEY, and every code of docs/errors.md that concerns archives and
 * signatures.
 * @throws {TypeError} wrong arguments.
 */
export async function verify(bundle: BundleInput, publicKey: VerifyKey): Promise<VerifyResult> {
  return trust().verify(binding, bundle, publicKey);
}

/**
 * Writes TypeScript declarations of a bundle's modules, from stubs and annotations; runs none of
 * them. docs/types.md tells what becomes of which Python type.
 *
 * @throws {InmemError} ERR_INMEM_NOT_FOUND for a module that is not in it, and every code of
 * docs/errors.md that concerns archives.
 * @throws {TypeError} wrong arguments.
 * @example
 * await types({ bundle: "app.pyz", modules: ["app"], output: "app.d.ts" });
 */
export async function types(options: TypesOptions): Promise<TypesResult> {
  return (require("./types/types.js") as typeof import("./types/types.js")).types(options);
}

function trust(): typeof import("./trust.js") {
  return require("./trust.js");
}

function later(): typeof import("./later.js") {
  return require("./later.js");
}

// The first run alone has anything to gain; where the options may keep the
// program from beginning, or change what Python reads as it starts, nothing is
// done ahead. Whatever is wrong is told by the run itself.
function startAhead(bundle: BundleInput, options: RunOptions | undefined): void {
  if (options?.env || options?.process || options?.signal?.aborted) return;
  try {
    binding(typeof bundle === "string" && bundle !== "" ? resolve(bundle) : "");
  } catch {
    return; // The run meets it again, and tells.
  }
}
