// lib/process-run.ts: run(bundle, { process: true }): the program in a process of its own, without Node in it.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, statSync } from "node:fs";
import { constants } from "node:os";
import type { Duplex } from "node:stream";
import type { Binding, NativeJob } from "./binding.js";
import { launcherPath } from "./binding.js";
import { nativeBundles } from "./bundle-input.js";
import type { InmemErrorCode } from "./error-codes.js";
import { InmemError } from "./errors.js";
import { joinList } from "./list-variable.js";
import type { BundleInput, CheckedOptions } from "./options.js";
import { askProcess, type ProcessOutcome } from "./process-channel.js";
import { ProcessStreams } from "./process-streams.js";
import type { OwnOptions, RunResult } from "./run.js";
import { graceOver, signalOf } from "./run-interrupt.js";
import { aborted, pythonError } from "./run-outcome.js";
import { timerDelay } from "./timers.js";

/** What run() inside Node is, too: isolated, UTF-8, nothing written. */
const PYTHON = ["-I", "-S", "-B", "-X", "utf8", "-c", "from inmem._child import main; main()"];
/** The descriptor of python/inmem/_child.py; memory files of bundles follow. */
const CHANNEL = 3;

/**
 * Starts the program in a child of its own.
 * @throws {InmemError} ERR_INMEM_NO_BINARY, ERR_INMEM_SIGNALLED, and what run() rejects with.
 */
export async function runInProcess(
  binding: () => Binding,
  bundle: BundleInput,
  mounted: NativeJob["bundles"],
  options: CheckedOptions,
  own: OwnOptions,
): Promise<RunResult> {
  const { signal, args, module, script } = options;
  if (signal?.aborted) throw aborted(signal.reason);
  checkFolder(options.cwd);
  const bundles = inheritedBundles(binding, [...nativeBundles(bundle), ...mounted]);
  const streams = new ProcessStreams(options);
  let child: ChildProcess;
  try {
    child = start(bundles, streams, options);
  } finally {
    for (const file of bundles.files) closeSync(file);
  }
  own.onProcess?.(child);
  const ended = endOf(child);
  // Without descriptors to be had there are no streams, whatever the type says: the error tells.
  if ((child as Partial<ChildProcess>).stdio === undefined) await ended;
  streams.connect(child);
  const job = {
    points: bundles.points,
    args,
    module: module ?? null,
    script: script ?? null,
    pipes: streams.pipes,
    report: own.onReport !== undefined,
    crash_report: own.crashReport === true,
  };
  const answered = askProcess(child.stdio[CHANNEL] as Duplex, job, ended);
  const interrupt = new ProcessInterrupt(child, options, () => streams.giveUp());
  try {
    const end = await ended;
    interrupt.programEnded();
    const { outcome, report } = await answered;
    await streams.finish();
    if (report) own.onReport?.(report);
    return settle(end, outcome, interrupt, options);
  } finally {
    interrupt.close();
  }
}

interface InheritedBundles {
  readonly points: string[];
  /** INMEM_BUNDLES, as native/interpreter/settings.h reads it. */
  readonly variable: string;
  /** Descriptors to hand on, from CHANNEL + 1. */
  readonly files: number[];
}

function inheritedBundles(binding: () => Binding, bundles: NativeJob["bundles"]): InheritedBundles {
  const points: string[] = [];
  const items: string[] = [];
  const files: number[] = [];
  for (const bundle of bundles) {
    if (typeof bundle !== "string" && "bytes" in bundle) {
      const name = bundle.name ?? "bundle.zip";
      files.push(binding().memoryFile(bundle.bytes, name));
      const point = `/proc/inmem/buffer/${files.length}/${name}`;
      points.push(point);
      items.push(`${point}=/proc/self/fd/${CHANNEL + files.length}`);
      continue;
    }
    const path = typeof bundle === "string" ? bundle : bundle.folder;
    points.push(path);
    items.push(path);
  }
  return { points, variable: joinList(items), files };
}

function start(
  bundles: InheritedBundles,
  streams: ProcessStreams,
  options: CheckedOptions,
): ChildProcess {
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env };
  const { load, pin, hostLibraries, verification } = options;
  // Undefined takes out what may stand there: it is not for this run.
  Object.assign(env, {
    INMEM_BUNDLES: bundles.variable,
    INMEM_LOAD: load === "auto" ? undefined : load,
    INMEM_PIN: pin ? "1" : undefined,
    INMEM_HOST_LIBRARIES: hostLibraries.length > 0 ? joinList(hostLibraries) : undefined,
    INMEM_VERIFY: verification,
    INMEM_PARENT_OUTCOME: String(CHANNEL),
  });
  return spawn(launcherPath(), PYTHON, {
    env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: [...(streams.stdio as ("inherit" | "pipe")[]), "pipe", ...bundles.files],
  });
}

// spawn() calls both a missing folder and a missing program ENOENT.
function checkFolder(cwd: string | undefined): void {
  if (cwd === undefined || (existsSync(cwd) && statSync(cwd).isDirectory())) return;
  throw new InmemError(
    "ERR_INMEM_NOT_FOUND",
    `${cwd}: cannot be made the working directory (expected a folder that may be entered)`,
  );
}

interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once("exit", (status, signal) => resolve({ status, signal }));
    child.once("error", (cause) => {
      const message = `cannot start ${child.spawnfile}: ${cause.message}`;
      reject(new InmemError("ERR_INMEM_NO_BINARY", message, { cause }));
    });
  });
}

function settle(
  { status, signal }: End,
  outcome: ProcessOutcome | undefined,
  interrupt: ProcessInterrupt,
  options: CheckedOptions,
): RunResult {
  if (interrupt.gaveUp) throw interrupt.gaveUp;
  const reason: unknown = options.signal?.reason;
  if (outcome?.kind === "error") {
    throw new InmemError(outcome.code as InmemErrorCode, outcome.message);
  }
  if (outcome?.kind === "exception") {
    const error = pythonError(outcome);
    throw interrupt.raised && error.type === "KeyboardInterrupt" ? aborted(reason, error) : error;
  }
  // Not what the outcome says: 120 where output was lost at the end.
  if (outcome?.kind === "exit") return { exitCode: status ?? outcome.exit_code };
  if (signal === null) return { exitCode: status ?? 0 }; // os._exit()
  if (interrupt.raised) {
    const message = `the run was aborted: ${signal} ended the program's process`;
    throw new InmemError("ERR_INMEM_ABORTED", message, { cause: reason });
  }
  throw new InmemError(
    "ERR_INMEM_SIGNALLED",
    `${signal} (signal ${constants.signals[signal]}) ended the program's process`,
  );
}

/** An abort as the signal that it came of, or SIGINT; SIGKILL when the grace is over. */
class ProcessInterrupt {
  raised = false;
  /** Set once the grace is over, and the program was killed. */
  gaveUp: InmemError | undefined;
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal | undefined;
  readonly #graceMs: number;
  readonly #onGaveUp: () => void;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(child: ChildProcess, { signal, abortGraceMs }: CheckedOptions, onGaveUp: () => void) {
    this.#child = child;
    this.#onGaveUp = onGaveUp;
    this.#signal = signal;
    this.#graceMs = abortGraceMs;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** From now on an abort bounds the wait for streams alone. */
  programEnded(): void {
    this.#ended = true;
  }

  close(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    clearTimeout(this.#timer);
  }

  readonly #onAbort = (): void => {
    if (!this.#ended) {
      this.raised = true;
      this.#child.kill(signalOf(this.#signal?.reason));
    }
    if (this.#graceMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(this.#onGraceOver, timerDelay(this.#graceMs));
  };

  readonly #onGraceOver = (): void => {
    this.gaveUp = graceOver(this.#ended, this.#graceMs, this.#signal?.reason);
    if (!this.#ended) this.#child.kill("SIGKILL");
    this.#onGaveUp();
  };
}
