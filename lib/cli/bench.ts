// lib/cli/bench.ts: `inmem-python bench`: the user's own bundle, run in each way.
import { checkOutputs } from "../file-failure.js";
import { formatBench } from "../measure/table.js";
import type { WayName } from "../measure/ways.js";
import { signalStatus } from "./failure.js";
import { writeOutput } from "./output.js";
import { ProgressLine } from "./progress-line.js";
import { SignalRelay } from "./signals.js";

/** The options as commander gives them. */
export interface BenchFlags {
  readonly way?: readonly WayName[];
  readonly runs: number;
  readonly processes: number;
  readonly python?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly json?: boolean;
  readonly html?: string;
}

/**
 * Measures and prints; gives the exit status.
 * @throws {InmemError} what measureBundle() rejects with.
 */
export async function benchCommand(
  bundle: string,
  args: readonly string[],
  flags: BenchFlags,
): Promise<number> {
  checkOutputs(flags.html);
  const { measureBundle } = require("../measure/bench.js") as typeof import("../measure/bench.js");
  const relay = new SignalRelay();
  const line = new ProgressLine(!flags.json && process.stderr.isTTY === true);
  try {
    const result = await measureBundle({
      bundle,
      args,
      runs: flags.runs,
      processes: flags.processes,
      timeoutMs: flags.timeout * 1000,
      signal: relay.abortSignal,
      onProgress: (text) => line.show(text),
      ...(flags.way === undefined ? {} : { ways: flags.way }),
      ...(flags.python === undefined ? {} : { python: flags.python }),
    });
    line.clear();
    if (flags.html !== undefined) {
      const { benchPage } = require("../measure/page.js") as typeof import("../measure/page.js");
      writeOutput(flags.html, benchPage(result));
    }
    process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : formatBench(result));
    return 0;
  } catch (error) {
    line.clear();
    if (relay.received) return signalStatus(relay.received);
    throw error;
  } finally {
    relay.close();
  }
}
