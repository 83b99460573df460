// lib/run.ts: one Python program, from a bundle: what run() does.
import type { ChildProcess } from "node:child_process";
import type { Binding, ModuleReport, NativeEvent, NativeJob, NativeOutcome } from "./binding.js";
import { nativeBundles, workingFolder } from "./bundle-input.js";
import type { InmemErrorCode } from "./error-codes.js";
import { InmemError } from "./errors.js";
import { mountedBundles } from "./mounts.js";
import {
  type BundleInput,
  type CheckedOptions,
  checkIsObject,
  checkOptions,
  type RunOptions,
} from "./options.js";
import { withEnvironment } from "./run-environment.js";
import { RunInterrupt } from "./run-interrupt.js";
import { aborted, pythonError } from "./run-outcome.js";
import { followSignals, shareSignal } from "./run-signals.js";
import { RunStreams } from "./run-streams.js";
import type { SharedObject } from "./shared-objects.js";

export interface RunResult {
  /** The program's exit status, 0 to 255. */
  readonly exitCode: number;
}

/** What a run loaded, for `--report`. */
export interface RunReport {
  readonly objects: readonly SharedObject[];
  readonly modules: ModuleReport;
}

/** What the command line adds to run()'s options. */
export interface OwnOptions {
  /** Is told, after the end, when the program got its first line, by the clock of process.hrtime; 0: never. */
  readonly onBegan?: (nanoseconds: bigint) => void;
  /** Is told what was loaded: for `--report`. */
  readonly onReport?: (report: RunReport) => void;
  /** SIGINT, SIGTERM and SIGHUP abort `signal`: nobody else is to hand them to Python. */
  readonly signalsRelayed?: boolean;
  /** Is given the process that a run with `process: true` starts. */
  readonly onProcess?: (child: ChildProcess) => void;
  /** With `process: true`: what enableCrashReport() does, in that process. */
  readonly crashReport?: boolean;
}

/** run() of lib/start.ts. */
export async function runWithReport(
  binding: () => Binding,
  bundle: BundleInput,
  options: RunOptions & OwnOptions = {},
): Promise<RunResult> {
  checkIsObject(options);
  const { onBegan, onReport, signalsRelayed, onProcess, crashReport, ...publicOptions } = options;
  const own = {
    ...(onBegan && { onBegan }),
    ...(onReport && { onReport }),
    ...(signalsRelayed && { signalsRelayed }),
    ...(onProcess && { onProcess }),
    ...(crashReport && { crashReport }),
  };
  const checked = checkOptions(publicOptions);
  if (checked.process) {
    const { runInProcess } = require("./process-run.js") as typeof import("./process-run.js");
    return runInProcess(binding, bundle, mountedBundles(), checked, own);
  }
  const call = { bundles: nativeBundles(bundle), cwd: workingFolder() };
  const before = going;
  if (before === undefined) {
    const run = begin(binding, call, checked, own);
    if (run.ended !== undefined) going = settled(run.ended);
    return run.result;
  }
  if (!checked.queue) {
    throw new InmemError(
      "ERR_INMEM_BUSY",
      "another run() is going in this process (expected one at a time, or queue: true)",
    );
  }
  const kept = { ...call, bundles: call.bundles.map(withOwnBytes) };
  const later = turnAfter(before, checked.signal).then(() => begin(binding, kept, checked, own));
  // One that is aborted while it waits keeps its place: nobody passes those before it.
  going = settled(before.then(() => later).then(({ ended }) => ended));
  return later.then(({ result }) => result);
}

/** Resolves after `before`; rejects as soon as the signal is aborted. */
function turnAfter(before: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(aborted(signal?.reason));
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    void before.then(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}

type Bundles = NativeJob["bundles"];

/** What a path means as run() is called; it may begin later. */
interface Call {
  readonly bundles: Bundles;
  readonly cwd: string;
}

/** JavaScript may change a buffer while the run waits for its turn. */
function withOwnBytes(bundle: Bundles[number]): Bundles[number] {
  if (typeof bundle === "string" || !("bytes" in bundle)) return bundle;
  return { ...bundle, bytes: Buffer.from(bundle.bytes) };
}

/** Settles when the last run of the queue has ended; undefined: none is going. */
let going: Promise<void> | undefined;

function settled(run: Promise<unknown>): Promise<void> {
  const end: Promise<void> = run
    .then(
      () => undefined,
      () => undefined,
    )
    .then(() => {
      if (going === end) going = undefined;
    });
  return end;
}

/**
 * Starts a run now. `ended` is when the next may begin (undefined: at once): a run
 * that was given up after its grace goes on until its program ends.
 */
function begin(
  binding: () => Binding,
  call: Call,
  options: CheckedOptions,
  own: OwnOptions,
): { result: Promise<RunResult>; ended: Promise<unknown> | undefined } {
  if (options.signal?.aborted) {
    return { result: Promise.reject(aborted(options.signal.reason)), ended: undefined };
  }
  try {
    // Not beside a change of the environment, which Python reads as it starts.
    if (Object.keys(options.env).length === 0) binding().warmUp();
    const native = new NativeRun(binding(), call, options, own);
    const result = native.start();
    return { result, ended: native.started ? native.ended : undefined };
  } catch (error) {
    return { result: Promise.reject(error), ended: undefined };
  }
}

/** How often a run that waits for another thread's asks again. */
const POLL_MS = 10;

/** One job on Python's thread. */
class NativeRun {
  readonly #binding: Binding;
  readonly #options: CheckedOptions;
  readonly #call: Call;
  readonly #own: OwnOptions;
  readonly #streams: RunStreams;
  #end: ((outcome: NativeOutcome) => void) | undefined;
  started = false;
  readonly ended: Promise<NativeOutcome>;

  constructor(binding: Binding, call: Call, options: CheckedOptions, own: OwnOptions) {
    this.#binding = binding;
    this.#call = call;
    this.#options = options;
    this.#own = own;
    this.#streams = new RunStreams(this.#binding, options);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async start(): Promise<RunResult> {
    const { signal, abortGraceMs } = this.#options;
    const bundles = [...this.#call.bundles, ...mountedBundles()];
    let restore = this.#tryToBegin(bundles);
    while (restore === undefined) {
      // Another thread of JavaScript has a run going, and a queue of its own.
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (signal?.aborted) throw aborted(signal.reason);
      restore = this.#tryToBegin(bundles);
    }
    this.started = true;
    void this.ended.then(restore);
    void this.ended.then(() => this.#streams.programEnded());
    void this.ended.then(followSignals(this.#binding));
    const interrupt = new RunInterrupt(this.#binding, signal, abortGraceMs);
    void this.ended.then(() => interrupt.programEnded());
    interrupt.gaveUp.catch(() => this.#streams.drop());
    try {
      const outcome = await Promise.race([this.ended, interrupt.gaveUp]);
      await Promise.race([this.#streams.finish(), interrupt.gaveUp]);
      return this.#settle(outcome, interrupt.raised);
    } finally {
      interrupt.close();
    }
  }

  /** Gives what puts the environment back; undefined while another run is going that it may wait for. */
  #tryToBegin(bundles: NativeJob["bundles"]): (() => void) | undefined {
    const {
      args,
      module,
      script,
      cwd,
      env,
      load,
      pin,
      hostLibraries,
      signals,
      queue,
      verification,
    } = this.#options;
    let restore = () => {};
    // Called when it is this run's turn: the program of another thread's sees nothing of `env`.
    const prepare = () => {
      restore = withEnvironment(this.#binding, env);
    };
    try {
      this.#binding.run(
        {
          bundles,
          args,
          module,
          script,
          cwd: cwd ?? this.#call.cwd,
          cwdGiven: cwd !== undefined,
          pipes: this.#streams.pipes,
          report: this.#own.onReport !== undefined,
          policy: { load, pin, hostLibraries },
          verification,
          signals: {
            python: signals === "python",
            relayed: this.#own.signalsRelayed === true,
          },
        },
        (event) => this.#listen(event),
        prepare,
      );
    } catch (error) {
      restore();
      if (queue && error instanceof InmemError && error.code === "ERR_INMEM_BUSY") return undefined;
      throw error;
    }
    return restore;
  }

  #listen(event: NativeEvent): void {
    switch (event.type) {
      case "output":
        this.#streams.output(event.fd, event.data);
        break;
      case "input":
        void this.#streams.input();
        break;
      case "roots":
        this.#binding.pushRoots(require("node:tls").rootCertificates.join("\n"));
        break;
      case "signal":
        shareSignal(this.#binding, event.number);
        break;
      case "end":
        this.#end?.(event.outcome);
        break;
    }
  }

  #settle(outcome: NativeOutcome, interrupted: boolean): RunResult {
    this.#own.onBegan?.(outcome.beganNs);
    if (outcome.modules) {
      this.#own.onReport?.({
        objects: this.#binding.sharedObjects(true),
        modules: outcome.modules,
      });
    }
    if (outcome.kind === "exit") return { exitCode: outcome.exitCode };
    if (outcome.kind === "error") {
      throw new InmemError(outcome.code as InmemErrorCode, outcome.message);
    }
    const error = pythonError(outcome);
    if (interrupted && error.type === "KeyboardInterrupt") {
      throw aborted(this.#options.signal?.reason, error);
    }
    throw error;
  }
}
