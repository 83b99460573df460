// lib/bridge/options.ts: the options of start(), checked.

import type { NativeJob } from "../binding.js";
import { nativeBundles } from "../bundle-input.js";
import {
  type BundleInput,
  type CheckedOptions,
  checkIsObject,
  checkNames,
  checkOptions,
  checkString,
  type RunOptions,
  wrongType,
} from "../options.js";

/** What gives Python's input: text, bytes, or a function that gives some at each call, null at the end. */
export type StdinSource =
  | "inherit"
  | string
  | Uint8Array
  | (() => string | Uint8Array | null | undefined);

/** Where Python's output goes; the names are pyodide's. */
export type OutputTarget =
  | "inherit"
  | NodeJS.WritableStream
  | ((chunk: Buffer) => void)
  /** Whole lines, without their end. */
  | { batched: (line: string) => void }
  /** A byte at a time. */
  | { raw: (byte: number) => void }
  /** Bytes, in pieces of any size. */
  | { write: (chunk: Buffer) => void; isatty?: boolean };

export interface StartOptions
  extends Pick<
    RunOptions,
    "args" | "env" | "load" | "pin" | "hostLibraries" | "verify" | "verifyFull"
  > {
  /** On `sys.path`, in this order, behind the bundle of a run that is going. Default: none. */
  bundles?: BundleInput | readonly BundleInput[];
  /** Default: `"inherit"`. */
  stdin?: StdinSource;
  /** Default: `"inherit"`. */
  stdout?: OutputTarget;
  /** Default: `"inherit"`. */
  stderr?: OutputTarget;
  /**
   * The module whose `new_event_loop()` makes the loop that coroutines run on: `"uvloop"`, where a
   * bundle has it. One for the process, before its first use. Default: `"asyncio"`.
   */
  loop?: string;
  /**
   * `"own"`: a new interpreter with a GIL, modules and threads of its own, which runs Python beside
   * the others; it ends by `close()`, or with its environment. Extension modules have to support
   * that: numpy does not. Default: `"shared"`, the one that all environments and run() share.
   */
  interpreter?: "shared" | "own";
}

const NAMES = [
  "bundles",
  "args",
  "env",
  "stdin",
  "stdout",
  "stderr",
  "loop",
  "interpreter",
  "load",
  "pin",
  "hostLibraries",
  "verify",
  "verifyFull",
];

export interface CheckedStart {
  readonly bundles: NativeJob["bundles"];
  readonly run: CheckedOptions;
  readonly stdin: StdinSource | undefined;
  readonly stdout: OutputTarget | undefined;
  readonly stderr: OutputTarget | undefined;
  readonly loop: string | undefined;
  readonly own: boolean;
}

/** @throws {TypeError} an unknown option or a wrong type; {InmemError} ERR_INMEM_KEY. */
export function checkStart(options: StartOptions = {}): CheckedStart {
  checkIsObject(options);
  checkNames(options, NAMES, { bundle: "bundles", argv: "args" });
  const { bundles, stdin, stdout, stderr, loop, interpreter = "shared", ...rest } = options;
  if (loop !== undefined) checkString("loop", loop);
  if (interpreter !== "shared" && interpreter !== "own") {
    throw wrongType("interpreter", '"shared" or "own"', interpreter);
  }
  checkInput(stdin);
  checkOutput("stdout", stdout);
  checkOutput("stderr", stderr);
  return {
    bundles: allBundles(bundles),
    run: checkOptions(rest),
    stdin,
    stdout,
    stderr,
    loop,
    own: interpreter === "own",
  };
}

function allBundles(bundles: StartOptions["bundles"]): NativeJob["bundles"] {
  if (bundles === undefined) return [];
  const list = Array.isArray(bundles) ? (bundles as readonly BundleInput[]) : [bundles];
  return list.flatMap((bundle) => nativeBundles(bundle as BundleInput));
}

/** @throws {TypeError} what can be no standard input. */
export function checkInput(stdin: unknown): asserts stdin is StdinSource | undefined {
  const isKnown =
    stdin === undefined ||
    typeof stdin === "string" ||
    typeof stdin === "function" ||
    stdin instanceof Uint8Array;
  if (!isKnown) throw wrongType("stdin", '"inherit", text, bytes or a function', stdin);
}

/** @throws {TypeError} what takes no output. */
export function checkOutput(
  name: string,
  target: unknown,
): asserts target is OutputTarget | undefined {
  if (target === undefined || target === "inherit" || typeof target === "function") return;
  const { write, batched, raw } = (target ?? {}) as Record<string, unknown>;
  const takes = [write, batched, raw].some((take) => typeof take === "function");
  if (typeof target === "object" && takes) return;
  const known = '"inherit", a function, a Writable, or { batched }, { write } or { raw }';
  throw wrongType(name, known, target);
}
