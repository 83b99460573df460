// lib/run-outcome.ts: the errors that tell how a run ended.
import type { NativeException } from "./binding.js";
import type { InmemErrorCode } from "./error-codes.js";
import { InmemError, PythonError } from "./errors.js";

/** The run was aborted: before it began, or, with the program's last error, by it. */
export function aborted(reason: unknown, error?: PythonError): InmemError {
  const when = error ? "ended by KeyboardInterrupt" : "did not begin";
  return new InmemError("ERR_INMEM_ABORTED", `the run was aborted: the program ${when}`, {
    cause: reason ?? error,
  });
}

export function pythonError(outcome: NativeException): PythonError {
  const make = (text: NativeException): PythonError =>
    new PythonError(text.type, text.message, text.traceback, {
      ...(text.code === "" ? {} : { code: text.code as InmemErrorCode }),
      ...(text.cause ? { cause: make(text.cause) } : {}),
    });
  return make(outcome);
}
