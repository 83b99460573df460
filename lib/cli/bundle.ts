// lib/cli/bundle.ts: `inmem-python bundle`.
import type { BundleInputs } from "../bundle/options.js";
import { type BundleProgress, type BundleResult, bundle } from "../bundle.js";
import { InmemError } from "../errors.js";
import { formatBytes } from "../text.js";
import { type BundleFlags, checkSomething, inputsFrom } from "./bundle-flags.js";
import { formFrom } from "./bundle-form.js";
import { progressText } from "./bundle-progress.js";
import { signalStatus } from "./failure.js";
import { ProgressLine } from "./progress-line.js";
import { SignalRelay } from "./signals.js";

/**
 * Makes the bundle and prints what was made; gives the exit status.
 * @throws {InmemError} what bundle() rejects with.
 */
export async function bundleCommand(words: readonly string[], flags: BundleFlags): Promise<number> {
  const { quiet = false, json = false } = flags;
  const relay = new SignalRelay();
  const line = new ProgressLine(!quiet && !json && process.stderr.isTTY === true);
  try {
    checkSomething(words, flags);
    const inputs = inputsFrom(words, flags);
    const result = await bundle({
      ...inputs,
      ...formFrom(flags),
      output: flags.output ?? describedOutput(inputs),
      signal: relay.abortSignal,
      onProgress: json ? printProgress() : (progress) => line.show(progressText(progress)),
    });
    line.clear();
    if (json) printJson({ event: "result", ...result });
    else if (!quiet) printResult(result);
    return 0;
  } catch (error) {
    line.clear();
    if (relay.received) return signalStatus(relay.received);
    if (json && error instanceof InmemError) {
      printJson({ event: "error", code: error.code, message: error.message });
    }
    throw error;
  } finally {
    relay.close();
  }
}

function describedOutput({ description }: BundleInputs): string {
  if (description !== undefined) {
    const { outputOf } =
      require("../bundle/described.js") as typeof import("../bundle/described.js");
    return outputOf(description);
  }
  throw new InmemError("ERR_INMEM_CONFIG", "no output (expected -o FILE)");
}

function printResult(result: BundleResult): void {
  const { entries, sharedObjects, uncompiled } = result;
  const lines = [
    `${result.output}: ${formatBytes(result.sizeBytes)}, ${entries} entries, ${sharedObjects} shared objects`,
    ...result.wheels.map(
      ({ name, version, fileName }) =>
        `  ${name} ${version}${fileName === undefined ? "" : ` (${fileName})`}`,
    ),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  for (const reason of uncompiled) process.stderr.write(`note: no byte code for ${reason}\n`);
  for (const glob of result.unusedExcludes) {
    process.stderr.write(`note: --exclude ${glob} matches no file\n`);
  }
}

/** Between two lines about the same phase, in milliseconds: a large bundle has tens of thousands. */
const JSON_INTERVAL = 100;

// Each first and each last of a phase is told, whatever its time.
function printProgress(): (progress: BundleProgress) => void {
  let told: BundleProgress["phase"] | undefined;
  let toldAt = 0;
  return (progress) => {
    const now = Date.now();
    const counted = "done" in progress || "doneBytes" in progress;
    const last = "done" in progress && progress.done === progress.total;
    if (counted && !last && progress.phase === told && now - toldAt < JSON_INTERVAL) return;
    told = progress.phase;
    toldAt = now;
    printJson({ event: "progress", ...progress });
  };
}

function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
