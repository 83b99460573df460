// lib/cli/run-described.ts: `inmem-python run FOLDER`: builds what has changed, and runs it as its description says.
import { progressText } from "./bundle-progress.js";
import { signalStatus } from "./failure.js";
import { ProgressLine } from "./progress-line.js";
import { SignalRelay } from "./signals.js";

/** Runs a bundle; gives the exit status. */
export type RunBundle = (bundle: string) => Promise<number>;

/**
 * Gives the exit status; undefined: nothing is described there.
 * @throws {InmemError} what bundle() and run() reject with.
 */
export async function runDescribed(
  place: string,
  refresh: boolean,
  run: RunBundle,
): Promise<number | undefined> {
  const { findDescription } =
    require("../bundle/description.js") as typeof import("../bundle/description.js");
  if (findDescription(place) === undefined) return undefined;
  const made = await build(place, refresh);
  return typeof made === "number" ? made : run(made.path);
}

async function build(place: string, refresh: boolean): Promise<number | { path: string }> {
  const { upToDateBundle } =
    require("../bundle/up-to-date.js") as typeof import("../bundle/up-to-date.js");
  const relay = new SignalRelay();
  const line = new ProgressLine(process.stderr.isTTY === true);
  try {
    return await upToDateBundle(place, {
      refresh,
      signal: relay.abortSignal,
      onProgress: (progress) => line.show(progressText(progress)),
    });
  } catch (error) {
    if (relay.received) return signalStatus(relay.received);
    throw error;
  } finally {
    line.clear();
    relay.close();
  }
}
