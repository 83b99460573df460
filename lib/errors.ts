// lib/errors.ts: the error classes of the API.
import type { InmemErrorCode } from "./error-codes.js";

/** A failure of ours, told by a permanent `code` (docs/errors.md). */
export class InmemError extends Error {
  readonly code: InmemErrorCode;

  constructor(code: InmemErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  override get name(): string {
    return "InmemError";
  }
}

/** An exception that the Python program did not catch. */
export class PythonError extends InmemError {
  /** The exception's class name, unqualified: `"ValueError"`. */
  readonly type: string;
  /** What Python printed: the whole traceback as text. */
  readonly traceback: string;
  /** Of an exception group: its parts. */
  declare readonly errors?: readonly PythonError[];

  /** `code` is ours where the exception came from our importer or loader. */
  constructor(
    type: string,
    message: string,
    traceback: string,
    options: ErrorOptions & { code?: InmemErrorCode } = {},
  ) {
    super(options.code ?? "ERR_INMEM_PYTHON", message, options);
    this.type = type;
    this.traceback = traceback;
  }

  override get name(): string {
    return "PythonError";
  }
}
