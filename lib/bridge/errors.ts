// lib/bridge/errors.ts: Python's exceptions in JavaScript.
import type { InmemErrorCode } from "../error-codes.js";
import { PythonError } from "../errors.js";
import type { Crossing } from "./crossing.js";

/** The error for a Python exception. */
export function errorOf(crossing: Crossing, exception: object): Error {
  const described = crossing.python("describe", exception) as [string, string, string, string];
  const [type, message, traceback, code] = described;
  return new PythonError(type, message, traceback, {
    ...(code === "" ? {} : { code: code as InmemErrorCode }),
  });
}
