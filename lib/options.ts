// lib/options.ts: the options of run(), checked.
import type { KeyObject } from "node:crypto";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";

/** A path, a file: URL, or the archive's bytes. */
export type BundleInput = string | URL | Uint8Array;

/** Where output goes: the process's own descriptor, a function, or a stream. */
export type StdioOutput = "inherit" | ((chunk: Buffer) => void) | Writable;

/** The ways of loading shared objects; see docs/loader.md. */
export const LOAD_TIERS = ["auto", "mapped", "memfd", "tmpfs", "extract"] as const;
export type LoadTier = (typeof LOAD_TIERS)[number];
/** What an object was loaded with. */
export type Tier = Exclude<LoadTier, "auto">;

/** Whose handlers get the process's signals; see docs/signals.md. */
export const SIGNAL_MODES = ["node", "python"] as const;
export type SignalMode = (typeof SIGNAL_MODES)[number];

export interface RunOptions {
  /** `sys.argv[1:]`. Default: none. */
  args?: readonly string[];
  /**
   * Variables set for the time of the run, on top of `process.env`: `os.environ`,
   * C's `getenv` and child processes see them, and so does `process.env`.
   * `undefined` unsets one. Default: none.
   */
  env?: Readonly<Record<string, string | undefined>>;
  /** Working directory of Python's threads. Default: `process.cwd()`. */
  cwd?: string;
  /** Runs this module as `python -m` does. Default: the bundle's `__main__`. */
  module?: string;
  /**
   * Runs this command of a distribution in the bundle, as pip would have installed it:
   * a console or gui script, or a file of `.data/scripts`. Not together with `module`.
   */
  script?: string;
  /** Text, bytes, a stream, or the process's own. Default: `"inherit"`. */
  stdin?: "inherit" | { text: string } | string | Uint8Array | Readable;
  /** Default: `"inherit"`. */
  stdout?: StdioOutput;
  /** Default: `"inherit"`. */
  stderr?: StdioOutput;
  /**
   * Aborting raises KeyboardInterrupt in the program; see `abortGraceMs`.
   */
  signal?: AbortSignal;
  /**
   * Milliseconds that an aborted program has to end before run() rejects with
   * ERR_INMEM_ABORT_TIMEOUT. Default: 5000.
   */
  abortGraceMs?: number;
  /**
   * How shared objects are loaded: `"mapped"` straight from the bundle's file (those
   * that lie compressed or unaligned in it: memfd), `"memfd"` as sealed copies in memory,
   * `"tmpfs"` as files of a private tmpfs, `"extract"` as files of a private temporary
   * folder. Default: `"auto"`, the best of the first three for each.
   */
  load?: LoadTier;
  /**
   * Sealed copies instead of mappings: what happens to the bundle's file later has no
   * effect on the libraries that run. Default: false.
   */
  pin?: boolean;
  /**
   * Sonames that the bundle's libraries may take from this host although PEP 600 does
   * not allow it, such as `"libcuda.so.1"`. Default: none.
   */
  hostLibraries?: readonly string[];
  /**
   * Whose signals they are. `"node"`: Node's handlers stay, and those that the program
   * sets are called beside them where that does no harm. `"python"`: SIGINT, SIGTERM,
   * SIGHUP and SIGUSR2 are Python's alone until the run ends. docs/signals.md has the
   * table. Default: `"node"`.
   */
  signals?: SignalMode;
  /**
   * The Ed25519 public key that the bundle must be signed with: PEM text, a KeyObject, or a
   * key file's path. Nothing of the bundle runs before its signature and structure were checked,
   * and no content is used that is not what was signed. Default: nothing is verified.
   */
  verify?: VerifyKey;
  /** With `verify`: hashes every content before the program begins. Default: false. */
  verifyFull?: boolean;
  /** Waits for a run that is going instead of rejecting. Default: false. */
  queue?: boolean;
  /**
   * Runs the program in a process of its own, without Node in it: several at once, C code's
   * output goes where Python's does, and a crash is an error. Default: false.
   */
  process?: boolean;
}

/** PEM text, a KeyObject, or the path or file: URL of a PEM file. */
export type VerifyKey = string | URL | KeyObject;

const NAMES = [
  "args",
  "env",
  "cwd",
  "module",
  "script",
  "stdin",
  "stdout",
  "stderr",
  "signal",
  "abortGraceMs",
  "load",
  "pin",
  "hostLibraries",
  "signals",
  "verify",
  "verifyFull",
  "queue",
  "process",
];

const DEFAULT_GRACE_MS = 5000;

export interface CheckedOptions extends RunOptions {
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  abortGraceMs: number;
  load: LoadTier;
  pin: boolean;
  hostLibraries: readonly string[];
  signals: SignalMode;
  /** `verify` and `verifyFull` as native has them; undefined: nothing is verified. */
  verification: string | undefined;
}

/**
 * Checks what JavaScript callers may have mistyped, and sets defaults. What they may change
 * before it is used, as when the run waits for its turn, is copied.
 * @throws {TypeError} an unknown option or a wrong type; {RangeError} a bad
 * number; {InmemError} ERR_INMEM_KEY.
 */
export function checkOptions(options: RunOptions = {}): CheckedOptions {
  checkIsObject(options);
  checkNames(options, NAMES, { argv: "args" });
  checkTexts("args", options.args);
  checkEnv(options.env);
  checkString("cwd", options.cwd);
  checkString("module", options.module);
  checkString("script", options.script);
  if (options.module !== undefined && options.script !== undefined) {
    throw new TypeError("Expected one of module and script, not both");
  }
  checkStreams(options);
  checkBooleans(options, ["pin", "queue", "process", "verifyFull"]);
  checkLoad(options);
  checkSignal(options.signal);
  if (options.signals !== undefined && !SIGNAL_MODES.includes(options.signals)) {
    throw wrongType("signals", '"node" or "python"', options.signals);
  }
  return {
    ...options,
    args: [...(options.args ?? [])],
    env: { ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: resolve(options.cwd) }),
    ...(options.stdin === undefined ? {} : { stdin: ownInput(options.stdin) }),
    abortGraceMs: checkGrace(options.abortGraceMs),
    load: options.load ?? "auto",
    pin: options.pin ?? false,
    hostLibraries: [...(options.hostLibraries ?? [])],
    signals: options.signals ?? "node",
    verification: checkVerify(options),
  };
}

/** @throws {TypeError} options that are no object. */
export function checkIsObject(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw wrongType("options", "an object", options);
  }
}

/** `meant`: what is mistaken for others. @throws {TypeError} an option of another name. */
export function checkNames(
  options: object,
  names: readonly string[],
  meant: Readonly<Record<string, string>> = {},
): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const hint = meant[unknown] === undefined ? "" : `; did you mean ${meant[unknown]}?`;
  throw new TypeError(`unknown option ${unknown} (expected ${names.join(", ")}${hint})`);
}

/** `Expected X for name but received Y of type T`. */
export function wrongType(name: string, expected: string, value: unknown): TypeError {
  const type = value === null ? "null" : typeof value;
  return new TypeError(
    `Expected ${expected} for ${name} but received ${show(value)} of type ${type}`,
  );
}

/** Objects by their kind alone: an array's or Buffer's text may be endless. */
function show(value: unknown): string {
  if (typeof value === "object" && value !== null) return Object.prototype.toString.call(value);
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** NUL ends a C string: what follows would be lost silently. */
function checkNoNul(name: string, value: string): void {
  if (value.includes("\0")) {
    throw new TypeError(`Expected no NUL in ${name} but received ${JSON.stringify(value)}`);
  }
}

/** Undefined is none given, here and below. @throws {TypeError} no text, or an empty one. */
export function checkString(name: string, value: unknown, expected = "a non-empty string"): void {
  if (value === undefined) return;
  if (typeof value !== "string" || value === "") throw wrongType(name, expected, value);
  checkNoNul(name, value);
}

/** @throws {TypeError} no array of texts. */
export function checkTexts(name: string, texts: unknown): void {
  if (texts === undefined) return;
  if (!Array.isArray(texts)) throw wrongType(name, "an array of strings", texts);
  for (const text of texts) {
    if (typeof text !== "string") throw wrongType(name, "an array of strings", text);
    checkNoNul(name, text);
  }
}

/** @throws {TypeError} something else than true and false. */
export function checkBooleans<Name extends string>(
  options: Readonly<Partial<Record<Name, unknown>>>,
  names: readonly Name[],
): void {
  for (const name of names) {
    const value = options[name];
    if (value !== undefined && typeof value !== "boolean")
      throw wrongType(name, "a boolean", value);
  }
}

/** @throws {TypeError} something else than an AbortSignal. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw wrongType("signal", "an AbortSignal", signal);
}

/** Its names and values. @throws {TypeError} no object, or an array. */
export function checkedEntries(
  name: string,
  record: unknown,
  expected = "an object",
): [string, unknown][] {
  if (record === undefined) return [];
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw wrongType(name, expected, record);
  }
  return Object.entries(record);
}

function checkEnv(env: unknown): void {
  for (const [name, value] of checkedEntries("env", env)) {
    if (value !== undefined && typeof value !== "string") {
      throw wrongType(`env.${name}`, "a string", value);
    }
    if (name === "" || name.includes("=")) {
      throw new TypeError(`Expected a variable's name in env but received ${JSON.stringify(name)}`);
    }
    checkNoNul(`env.${name}`, name + (value ?? ""));
  }
}

function checkStreams({ stdin, stdout, stderr }: RunOptions): void {
  const isStream = (value: unknown, method: string) =>
    typeof (value as Record<string, unknown> | null)?.[method] === "function";
  for (const [name, value] of Object.entries({ stdout, stderr })) {
    if (value === undefined || value === "inherit" || typeof value === "function") continue;
    if (!isStream(value, "write"))
      throw wrongType(name, '"inherit", a function or a Writable', value);
  }
  if (stdin === undefined || typeof stdin === "string" || stdin instanceof Uint8Array) return;
  const isText = typeof (stdin as { text?: unknown } | null)?.text === "string";
  if (!isText && !isStream(stdin, "pipe")) {
    throw wrongType("stdin", '"inherit", text, bytes or a Readable', stdin);
  }
}

function ownInput(stdin: NonNullable<RunOptions["stdin"]>): NonNullable<RunOptions["stdin"]> {
  if (stdin instanceof Uint8Array) return Buffer.from(stdin);
  return typeof stdin === "object" && "text" in stdin ? { text: stdin.text } : stdin;
}

function checkLoad({ load, pin, hostLibraries }: RunOptions): void {
  if (load !== undefined && !LOAD_TIERS.includes(load)) {
    throw wrongType("load", LOAD_TIERS.map((tier) => `"${tier}"`).join(", "), load);
  }
  if (pin && load !== undefined && load !== "auto" && load !== "memfd") {
    throw new TypeError(
      `pin makes sealed copies, which load: "${load}" does not (expected "auto" or "memfd")`,
    );
  }
  checkTexts("hostLibraries", hostLibraries);
}

function checkVerify({ verify, verifyFull }: RunOptions): string | undefined {
  if (verify === undefined) {
    // Who asks for it means to be safe: it must not mean nothing.
    if (verifyFull) throw new TypeError("verifyFull needs verify, the public key");
    return undefined;
  }
  const { spellVerification } = require("./trust.js") as typeof import("./trust.js");
  return spellVerification(verify, verifyFull === true);
}

function checkGrace(value: unknown): number {
  if (value === undefined) return DEFAULT_GRACE_MS;
  if (typeof value !== "number") throw wrongType("abortGraceMs", "a number", value);
  if (!(value >= 0)) {
    throw new RangeError(`Expected abortGraceMs of at least 0 but received ${value}`);
  }
  return value;
}
