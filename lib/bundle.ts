// lib/bundle.ts: bundle(): one zip from requirements and an application.
import type { BundleOptions, BundleResult } from "./bundle/options.js";
import { InmemError } from "./errors.js";

export type { BundleOptions, BundleProgress, BundleResult } from "./bundle/options.js";

/** bundle() of lib/start.ts. */
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
  const { output } = options;
  if (typeof output !== "string" || output === "") {
    throw new TypeError(
      `Expected a path for output but received ${output === "" ? "an empty string" : `a value of type ${typeof output}`}`,
    );
  }
  const { checkInputs } = require("./bundle/inputs.js") as typeof import("./bundle/inputs.js");
  checkInputs(options);
  checkForm(options);
}

function checkForm({ optimize, compress, prune = [], executable }: BundleOptions): void {
  const { checkCompression } =
    require("./bundle/compression.js") as typeof import("./bundle/compression.js");
  const { PRUNINGS } = require("./bundle/selection.js") as typeof import("./bundle/selection.js");
  if (optimize !== undefined && ![0, 1, 2].includes(optimize)) {
    throw new RangeError(`Expected 0, 1 or 2 for optimize but received ${String(optimize)}`);
  }
  if (compress !== undefined) checkCompression(compress);
  for (const name of prune) {
    if (PRUNINGS.includes(name)) continue;
    throw new RangeError(`Expected ${PRUNINGS.join(", ")} in prune but received "${name}"`);
  }
  if (typeof executable === "string" && /[\r\n\0]/.test(executable)) {
    throw new RangeError("Expected one line for executable");
  }
}
