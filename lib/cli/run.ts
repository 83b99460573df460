// lib/cli/run.ts: `inmem-python run`.
import { InmemError } from "../errors.js";
import { reportFailure, signalStatus } from "./failure.js";
import type { RunReport } from "./report.js";
import { SignalRelay } from "./signals.js";

/** What --load takes; those not in READY_TIERS are refused by name for now. */
export const LOAD_TIERS = ["auto", "memfd", "mapped", "tmpfs", "extract"] as const;
const READY_TIERS = ["auto", "memfd"] as const;

type LoadTier = (typeof LOAD_TIERS)[number];
type ReadyTier = (typeof READY_TIERS)[number];

// lib/run.ts as this command uses it.
interface RunModule {
  runWithReport(
    bundle: string,
    options: {
      args: string[];
      load: ReadyTier;
      signal: AbortSignal;
      module?: string;
      onReport?: (report: RunReport) => void;
    },
  ): Promise<{ exitCode: number }>;
}

/** The options as commander gives them. */
export interface RunFlags {
  readonly load: LoadTier;
  readonly report?: "table" | "json";
  readonly module?: string;
}

/**
 * Runs the bundle; gives the program's exit status.
 * @throws {InmemError} what run() rejects with; ERR_INMEM_LOAD_TIER.
 */
export async function runCommand(
  bundle: string,
  args: readonly string[],
  flags: RunFlags,
): Promise<number> {
  const load = readyTier(flags.load);
  const { runWithReport } = require("../run.js") as RunModule;
  const relay = new SignalRelay();
  let report: RunReport | undefined;
  try {
    const { exitCode } = await runWithReport(bundle, {
      args: [...args],
      load,
      signal: relay.abortSignal,
      ...(flags.module === undefined ? {} : { module: flags.module }),
      ...(flags.report === undefined ? {} : { onReport: (made: RunReport) => (report = made) }),
    });
    return exitCode;
  } catch (error) {
    return statusAfterSignal(error, relay.received);
  } finally {
    relay.close();
    if (report && flags.report) printReport(report, flags.report);
  }
}

function readyTier(load: LoadTier): ReadyTier {
  const ready = READY_TIERS.find((tier) => tier === load);
  if (ready === undefined) {
    const message = `--load=${load} does not exist in this version (expected ${READY_TIERS.join(" or ")})`;
    throw new InmemError("ERR_INMEM_LOAD_TIER", message);
  }
  return ready;
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
