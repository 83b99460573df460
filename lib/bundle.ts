// lib/bundle.ts: bundle(): one zip from requirements and an application.
import type { BundleOptions, BundleResult } from "./bundle/options.js";
import { InmemError } from "./errors.js";

export type { BundleOptions, BundleProgress, BundleResult } from "./bundle/options.js";

/** bundle() of lib/start.ts. */
export async function bundle(options: BundleOptions): Promise<BundleResult> {
  // Required here: whoever only runs bundles should not load the bundler.
  const { checkOptions } =
    require("./bundle/check-options.js") as typeof import("./bundle/check-options.js");
  checkOptions(options);
  try {
    options.signal?.throwIfAborted();
    const { makeBundle } = require("./bundle/make.js") as typeof import("./bundle/make.js");
    return await makeBundle(options);
  } catch (cause) {
    // Whatever failed first, an abort is the reason for it.
    if (!options.signal?.aborted) throw cause;
    const message = `bundling ${options.output} was aborted`;
    throw new InmemError("ERR_INMEM_ABORTED", message, { cause: options.signal.reason });
  }
}
