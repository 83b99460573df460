// lib/cli/run.ts: `inmem-python run`.
import { InmemError } from "../errors.js";
import type { LoadTier, SignalMode } from "../options.js";
import type { RunReport } from "../run.js";
import { reportFailure, signalStatus } from "./failure.js";
import { SignalRelay } from "./signals.js";

/** The options as commander gives them. */
export interface RunFlags {
  readonly load: LoadTier;
  readonly pin?: boolean;
  readonly hostLibrary?: readonly string[];
  readonly report?: "table" | "json";
  readonly crashReport?: boolean;
  readonly module?: string;
  readonly signals: SignalMode;
  /** Seconds. */
  readonly grace: number;
}

/**
 * Runs the bundle; gives the program's exit status.
 * @throws {InmemError} what run() rejects with.
 */
export async function runCommand(
  bundle: string,
  args: readonly string[],
  flags: RunFlags,
): Promise<number> {
  const { binding } = require("../binding.js") as typeof import("../binding.js");
  const { runWithReport } = require("../run.js") as typeof import("../run.js");
  if (flags.crashReport) binding().enableCrashReport();
  // In the mode "python" the kernel hands them to Python, as in python3.
  const relay = flags.signals === "node" ? new SignalRelay() : undefined;
  let report: RunReport | undefined;
  try {
    const { exitCode } = await runWithReport(binding, bundle, {
      args: [...args],
      load: flags.load,
      pin: flags.pin ?? false,
      hostLibraries: flags.hostLibrary ?? [],
      signals: flags.signals,
      ...(relay === undefined ? {} : { signal: relay.abortSignal, signalsRelayed: true }),
      abortGraceMs: flags.grace * 1000,
      ...(flags.module === undefined ? {} : { module: flags.module }),
      ...(flags.report === undefined ? {} : { onReport: (made) => (report = made) }),
    });
    return exitCode;
  } catch (error) {
    return statusAfterSignal(error, relay?.received);
  } finally {
    relay?.close();
    if (report && flags.report) printReport(report, flags.report);
  }
}

function statusAfterSignal(error: unknown, signal: NodeJS.Signals | undefined): number {
  if (!signal || !(error instanceof InmemError)) throw error;
  // The program ended as the signal asked: nothing to add to what Python said.
  if (error.code === "ERR_INMEM_ABORTED") return signalStatus(signal);
  if (error.code !== "ERR_INMEM_ABORT_TIMEOUT") throw error;
  // It goes on, and would keep this process: whoever sent the signal would not
  // expect that.
  reportFailure(error);
  process.exit(signalStatus(signal));
}

function printReport(report: RunReport, format: "table" | "json"): void {
  const { formatReport } = require("./report.js") as typeof import("./report.js");
  process.stderr.write(formatReport(report, format));
}
