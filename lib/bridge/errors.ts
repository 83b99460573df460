// lib/bridge/errors.ts: Python's exceptions in JavaScript.
import type { InmemErrorCode } from "../error-codes.js";
import { PythonError } from "../errors.js";
import type { Crossing } from "./crossing.js";

/** What _bridge.describe() tells: type, message, traceback, code. */
export type Description = [type: string, message: string, traceback: string, code: string];

/** The error for a Python exception; Python is asked about it where it has not told. */
export function errorOf(crossing: Crossing, exception: object, told?: Description): Error {
  const described = told ?? (crossing.python("describe", exception) as Description);
  const [type, message, traceback, code] = described;
  return new PythonError(type, message, traceback, {
    ...(code === "" ? {} : { code: code as InmemErrorCode }),
  });
}
