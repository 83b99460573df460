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
  /** How many frames its traceback has. */
  frames: number,
];
/** null: it was told of already, by the error that this one belongs to. */
type Told = Description | null;

/** Frames of each traceback that has been told. */
const frameCounts = new WeakMap<Error, number>();

/** The error for a Python exception; Python is asked about it where it has not told. */
export function errorOf(crossing: Crossing, exception: object, told?: Told): Error {
  const known = errors.get(exception);
  if (known === undefined) return newErrorOf(crossing, exception, told);
  // It has come through more of Python since.
  if (told) retold(known, told[2], told[6]);
  else if (told === undefined) grow(crossing, exception, known);
  return known;
}

function newErrorOf(crossing: Crossing, exception: object, told: Told | undefined): Error {
  const [type, message, traceback, code, cause, group, frames] =
    told ?? (crossing.python("describe", exception) as Description);
  const options = code === "" ? {} : { code: code as InmemErrorCode };
  const error = withoutOurFrames(() => new PythonError(type, message, traceback, options));
  // Its stack has it: console.log() would show it twice.
  Object.defineProperty(error, "traceback", { enumerable: false });
  frameCounts.set(error, frames);
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

// The frames above those that are known already come before them.
function grow(crossing: Crossing, exception: object, error: Error): void {
  const told = crossing.python("grown", exception, frameCounts.get(error) ?? 0);
  if (told === null) return;
  const [frames, text, isAll] = told as [number, string, boolean];
  const { traceback } = error as PythonError;
  const at = traceback.lastIndexOf(HEADER);
  const end = isAll || at < 0 ? 0 : at + HEADER.length;
  const rest = end === 0 ? "" : traceback.slice(end);
  retold(error, traceback.slice(0, end) + text + rest, frames);
}

const HEADER = "Traceback (most recent call last):\n";

function retold(error: Error, traceback: string, frames: number): void {
  if (frameCounts.get(error) === frames) return;
  const { traceback: known } = error as PythonError;
  const { stack } = error;
  frameCounts.set(error, frames);
  if (!Reflect.defineProperty(error, "traceback", { value: traceback })) return; // frozen
  // A program may have written something else there.
  if (typeof stack !== "string" || !stack.endsWith(known)) return;
  Reflect.set(error, "stack", stack.slice(0, stack.length - known.length) + traceback);
}

/** As many frames of the program as it asks for: ours tell it nothing. */
function withoutOurFrames(make: () => Error): Error {
  const { stackTraceLimit } = Error;
  if (typeof stackTraceLimit !== "number" || !(stackTraceLimit > 0)) return make();
  // It may be frozen: then it stays as it is.
  Reflect.set(Error, "stackTraceLimit", stackTraceLimit * 4);
  let error: Error;
  try {
    error = make();
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
  const { stack } = error;
  if (typeof stack !== "string") return error; // a program's Error.prepareStackTrace()
  const lines = stack.slice(error.message.length + error.name.length).split("\n");
  const theirs = lines.filter((line, i) => i === 0 || !line.includes(`${__filename}:`));
  const head = stack.slice(0, error.message.length + error.name.length);
  error.stack = head + theirs.slice(0, stackTraceLimit + 1).join("\n");
  return error;
}

// What JavaScript threw is the very error.
function causeOf(crossing: Crossing, cause: NonNullable<Description[4]>): unknown {
  return cause[0] ? errorOf(crossing, cause[1], cause[2]) : cause[1];
}
