// lib/bundle.ts: bundle(): one zip from requirements and an application.
import type { BundleOptions, BundleResult } from "./bundle/options.js";
import { InmemError } from "./errors.js";

export type { BundleOptions, BundleProgress, BundleResult } from "./bundle/options.js";

/**
 * Makes a bundle: pip, in the package's own interpreter, chooses and fetches
 * wheels; they and the application become one zip (docs/bundle-format.md).
 * No Python is needed on the machine.
 * @throws {InmemError} ERR_INMEM_BUNDLER when pip finds no wheels, two of
 * them bring different files of one name, or the output cannot be written;
 * ERR_INMEM_ABORTED after `signal`; codes of broken archives for broken wheels.
 * @example
 * await bundle({ requirements: ["numpy"], main: "app.py", output: "app.pyz" });
 */
export async function bundle(options: BundleOptions): Promise<BundleResult> {
  checkOptions(options);
  try {
    options.signal?.throwIfAborted();
    // Required here: whoever only runs bundles should not load the bundler.
    const { makeBundle } = require("./bundle/make.js") as typeof import("./bundle/make.js");
    return await makeBundle(options);
  } catch (cause) {
    // Whatever failed first, an abort is the reason for it.
    if (!options.signal?.aborted) throw cause;
    const message = `bundling ${options.output} was aborted`;
    throw new InmemError("ERR_INMEM_ABORTED", message, { cause: options.signal.reason });
  }
}

function checkOptions(options: BundleOptions): void {
  const { requirements, requirementFiles, main, files, output } = options;
  if (typeof output !== "string" || output === "") {
    throw new TypeError(`Expected a path for output but received ${describeValue(output)}`);
  }
  if (!requirements?.length && !requirementFiles?.length && main === undefined && !files) {
    throw new TypeError("Expected at least one of requirements, requirementFiles, main and files");
  }
  for (const name of Object.keys(files ?? {})) {
    const parts = name.split("/");
    if (parts.includes("") || parts.includes("..") || parts.includes(".") || /[\\\0]/.test(name)) {
      throw new RangeError(`Expected a relative path for a name in files but received "${name}"`);
    }
  }
}

function describeValue(value: unknown): string {
  return value === "" ? "an empty string" : `a value of type ${typeof value}`;
}
