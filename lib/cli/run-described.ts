// lib/cli/run-described.ts: `inmem-python run FOLDER`: builds what has changed, and runs it as its description says.
import type { RunSettings } from "../bundle/described.js";
import type { RunOptions } from "../options.js";
import { progressText } from "./bundle-progress.js";
import { signalStatus } from "./failure.js";
import { exportPort } from "./port-export.js";
import { ProgressLine } from "./progress-line.js";
import { SignalRelay } from "./signals.js";

/** Runs a bundle with these further options; gives the exit status. */
export type RunBundle = (bundle: string, more: RunOptions) => Promise<number>;

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
  if (typeof made === "number") return made;
  const { path, settings } = made;
  const { terminal, port, exportedPort } = settings;
  const offer =
    port !== undefined && exportedPort !== undefined && exportedPort !== port
      ? await exportPort(exportedPort, port)
      : undefined;
  try {
    return await run(path, terminal ? {} : { stdin: "" });
  } finally {
    offer?.close();
  }
}

async function build(
  place: string,
  refresh: boolean,
): Promise<number | { path: string; settings: RunSettings }> {
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
