// lib/bridge/errors.ts: Python's exceptions in JavaScript.
import type { InmemErrorCode } from "../error-codes.js";
import { PythonError } from "../errors.js";
import type { Crossing } from "./crossing.js";

/** The exception that an error of ours stands for: given back to Python, it is raised itself. */
const exceptions = new WeakMap<Error, object>();

export function exceptionOf(error: object): object | undefined {
  return exceptions.get(error as Error);
}

/** What Python is given to raise: an exception of its own where the error stands for one. */
export function toRaise(error: unknown): unknown {
  return error instanceof Error ? (exceptionOf(error) ?? error) : error;
}

/** One error for an exception as long as anybody has it: identity is kept. */
const errors = new WeakMap<object, Error>();

/** What _bridge.describe() tells. */
export type Description = readonly [
  type: string,
  message: string,
  traceback: string,
  code: string,
  /** What JavaScript threw, or an exception of Python's; null: none. */
  cause: readonly [ofPython: false, error: unknown] | readonly [true, object, Told] | null,
  group: readonly (readonly [exception: object, told: Told])[],
];
/** null: it was told of already, by the error that this one belongs to. */
type Told = Description | null;

/** The error for a Python exception; Python is asked about it where it has not told. */
export function errorOf(crossing: Crossing, exception: object, told?: Told): Error {
  const known = errors.get(exception);
  if (known !== undefined) return known;
  const [type, message, traceback, code, cause, group] =
    told ?? (crossing.python("describe", exception) as Description);
  const options = code === "" ? {} : { code: code as InmemErrorCode };
  const error = new PythonError(type, message, traceback, options);
  // Known before its causes are made: it may be one of them.
  exceptions.set(error, exception);
  errors.set(exception, error);
  if (cause !== null) {
    const value = causeOf(crossing, cause);
    Object.defineProperty(error, "cause", { value, configurable: true, writable: true });
  }
  if (group.length > 0) {
    const parts = group.map(([part, toldOfIt]) => errorOf(crossing, part, toldOfIt));
    Object.defineProperty(error, "errors", { value: parts, enumerable: false });
  }
  error.stack = `${error.stack}\n--- Python ---\n${traceback}`;
  return error;
}

// What JavaScript threw is the very error.
function causeOf(crossing: Crossing, cause: NonNullable<Description[4]>): unknown {
  return cause[0] ? errorOf(crossing, cause[1], cause[2]) : cause[1];
}
