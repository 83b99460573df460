// lib/bundle/described.ts: what a description says beside its inputs: where the bundle goes, how it is run.
import { basename, resolve } from "node:path";
import { InmemError } from "../errors.js";
import { type Description, findDescription, readDescription } from "./description.js";
import type { RunSettings } from "./manifest.js";
import type { BundleForm, BundleOptions } from "./options.js";

/** The bundle's path when the command line names none. */
export function outputOf(place: string): string {
  const path = findDescription(place);
  if (path === undefined) {
    const message = `${place} describes no application, and no output is given (expected -o FILE)`;
    throw new InmemError("ERR_INMEM_CONFIG", message);
  }
  const { folder, keys } = readDescription(path);
  return keys.output ?? resolve(`${keys.name ?? basename(folder)}.pyz`);
}

/** How a description wants its bundle written. */
export type DescribedForm = Omit<BundleForm, "output" | "executable">;

export function formOf({ keys }: Description): DescribedForm {
  const { exclude, prune, compile, optimize, source, compress } = keys;
  return {
    ...(exclude !== undefined && { exclude }),
    ...(prune !== undefined && { prune }),
    ...(compile !== undefined && { compile }),
    ...(optimize !== undefined && { optimize }),
    ...(source !== undefined && { source }),
    ...(compress !== undefined && { compress }),
  };
}

/**
 * The options with what their description says of the form; globs go on, what is given else goes before.
 * @throws {InmemError} ERR_INMEM_CONFIG
 */
export function withDescribedForm(options: BundleOptions): BundleOptions {
  const file = options.description && findDescription(options.description);
  if (!file) return options;
  const form = formOf(readDescription(file));
  const exclude = [...(form.exclude ?? []), ...(options.exclude ?? [])];
  return { ...form, ...options, exclude };
}

/**
 * How it is to be run; undefined: as any program.
 * @throws {InmemError} ERR_INMEM_CONFIG for a port that is exported but not served.
 */
export function runSettingsOf({ path, keys }: Description): RunSettings | undefined {
  const { terminal = true, port, "exported-port": exportedPort } = keys;
  if (exportedPort !== undefined && port === undefined) {
    throw new InmemError("ERR_INMEM_CONFIG", `${path}: exported-port without port`);
  }
  const settings: RunSettings = {
    ...(!terminal && { terminal }),
    ...(port !== undefined && { port }),
    ...(exportedPort !== undefined && { exportedPort }),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}
