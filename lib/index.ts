// lib/index.ts: the public API; only re-exports.
export type { AuditOptions } from "./audit/audit.js";
export type {
  AuditedFile,
  AuditedNeed,
  AuditedObject,
  AuditedWheel,
  AuditFinding,
  AuditLevel,
  AuditReport,
  AuditRule,
} from "./audit/report.js";
export type { PythonWarning, UnraisableHook, WarningHook } from "./bridge/hooks.js";
export type { CallOptions } from "./bridge/limits.js";
export type {
  OutputTarget,
  StartOptions,
  StdinSource,
} from "./bridge/options.js";
export type { Python, RunPythonOptions } from "./bridge/python.js";
export type { UnmountOptions } from "./bridge/session-mounts.js";
export type { ToPyConverter, ToPyOptions } from "./bridge/to-py.js";
export type * from "./bridge/types.js";
export type { WebHandler, WebOptions } from "./bridge/web/handler.js";
export type { AcceptedWebSocket, WebSocketAcceptor } from "./bridge/web/socket.js";
export type { Compression } from "./bundle/compression.js";
export type {
  BundleForm,
  BundleInputs,
  BundleOptions,
  BundleProgress,
  BundleResult,
} from "./bundle/options.js";
export type { Pruning } from "./bundle/selection.js";
export type { WheelInfo } from "./bundle/wheel.js";
export type { InmemErrorCode } from "./error-codes.js";
export { InmemError, PythonError } from "./errors.js";
export type { HostFacts, HostReport, TierReport } from "./host-report.js";
export type {
  BundleInput,
  LoadTier,
  RunOptions,
  SignalMode,
  StdioOutput,
  Tier,
  VerifyKey,
} from "./options.js";
export type { RunResult } from "./run.js";
export type { LoadOptions, Rebinding, SharedObject } from "./shared-objects.js";
export {
  audit,
  bundle,
  bytes,
  enableCrashReport,
  hostReport,
  isPyProxy,
  keygen,
  kwargs,
  loadSharedObject,
  mount,
  PyProxy,
  run,
  sharedObjects,
  sign,
  start,
  tuple,
  types,
  unmount,
  verify,
  writeSymbols,
} from "./start.js";
export { isSupported } from "./support.js";
export type { WrittenSymbols } from "./symbols.js";
export type { KeyPair, SignKey } from "./trust/keys.js";
export type { SignOptions, SignResult } from "./trust/sign.js";
export type { VerifyResult } from "./trust/verify.js";
export type * from "./types/declared.js";
export type { TypesOptions, TypesResult, TypesWarning } from "./types/options.js";
export { type Versions, version } from "./version.js";
