// lib/start.ts: run(), whose code is loaded while Python already starts.
import { binding } from "./binding.js";
import type { BundleInput, RunOptions } from "./options.js";
import type { RunResult } from "./run.js";

/**
 * Runs the program in `bundle` on Python's own thread; the event loop goes on.
 *
 * @param bundle a zip, .pyz or .whl file, a folder with a `__main__.py` or wheels,
 * or a zip's bytes.
 * @throws {PythonError} an exception that the program did not catch.
 * @throws {InmemError} ERR_INMEM_BUSY while another run is going (unless
 * `queue`), ERR_INMEM_ABORTED, ERR_INMEM_ABORT_TIMEOUT, and every code of
 * docs/errors.md that concerns the bundle.
 * @throws {TypeError | RangeError} wrong arguments.
 * @example
 * const { exitCode } = await run("app.pyz", { args: ["--fast"] });
 */
export async function run(bundle: BundleInput, options?: RunOptions): Promise<RunResult> {
  startAhead(options);
  const { runWithReport } = require("./run.js") as typeof import("./run.js");
  return runWithReport(binding, bundle, options);
}

// The first run alone has anything to gain; where the options may keep the
// program from beginning, or change what Python reads as it starts, nothing is
// done ahead. Whatever is wrong is told by the run itself.
function startAhead(options: RunOptions | undefined): void {
  if (options?.env || options?.signal?.aborted) return;
  try {
    binding(true);
  } catch {
    return; // The run meets it again, and tells.
  }
}
