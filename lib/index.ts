// lib/index.ts: the public API; only re-exports.
export type { InmemErrorCode } from "./error-codes.js";
export { InmemError, PythonError } from "./errors.js";
export {
  type HostFacts,
  type HostReport,
  hostReport,
  type TierReport,
} from "./host-report.js";
export type { BundleInput, LoadTier, RunOptions, StdioOutput, Tier } from "./options.js";
export type { RunResult } from "./run.js";
export {
  type LoadOptions,
  loadSharedObject,
  type Rebinding,
  type SharedObject,
  sharedObjects,
} from "./shared-objects.js";
export { run } from "./start.js";
export { isSupported } from "./support.js";
export { type Versions, version } from "./version.js";
