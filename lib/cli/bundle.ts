// lib/cli/bundle.ts: `inmem-python bundle`.
import { type BundleOptions, type BundleProgress, type BundleResult, bundle } from "../bundle.js";
import { signalStatus } from "./failure.js";
import { ProgressLine } from "./progress-line.js";
import { SignalRelay } from "./signals.js";
import { formatBytes } from "./text.js";

/** The options as commander gives them. */
export interface BundleFlags {
  readonly requirement?: string[];
  readonly main?: string;
  readonly output: string;
  readonly quiet?: boolean;
}

/**
 * Makes the bundle and prints what was made; gives the exit status.
 * @throws {InmemError} what bundle() rejects with.
 */
export async function bundleCommand(
  requirements: readonly string[],
  flags: BundleFlags,
): Promise<number> {
  const relay = new SignalRelay();
  const line = new ProgressLine(!flags.quiet && process.stderr.isTTY === true);
  try {
    const result = await bundle({
      ...optionsFrom(requirements, flags),
      signal: relay.abortSignal,
      onProgress: (progress) => line.show(progressText(progress)),
    });
    line.clear();
    if (!flags.quiet) printResult(result);
    return 0;
  } catch (error) {
    line.clear();
    if (relay.received) return signalStatus(relay.received);
    throw error;
  } finally {
    relay.close();
  }
}

function optionsFrom(requirements: readonly string[], flags: BundleFlags): BundleOptions {
  const { main, output, requirement: requirementFiles = [] } = flags;
  return { requirements, requirementFiles, output, ...(main === undefined ? {} : { main }) };
}

function printResult(result: BundleResult): void {
  const { entries, sharedObjects, uncompiled } = result;
  const lines = [
    `${result.output}: ${formatBytes(result.sizeBytes)}, ${entries} entries, ${sharedObjects} shared objects`,
    ...result.wheels.map(({ name, version, fileName }) => `  ${name} ${version} (${fileName})`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  for (const reason of uncompiled) process.stderr.write(`note: no byte code for ${reason}\n`);
}

function progressText(progress: BundleProgress): string {
  return progress.phase === "resolve"
    ? progress.line.trim()
    : `Packing ${progress.done} of ${progress.total}`;
}
