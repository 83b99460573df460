// lib/file-failure.ts: errors of the system about files, as errors of ours.
import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { InmemErrorCode } from "./error-codes.js";
import { InmemError } from "./errors.js";

const CODES: Readonly<Record<string, InmemErrorCode>> = {
  ENOENT: "ERR_INMEM_NOT_FOUND",
  ENOTDIR: "ERR_INMEM_NOT_FOUND",
  ESRCH: "ERR_INMEM_NOT_FOUND",
  EISDIR: "ERR_INMEM_NOT_A_FILE",
};

/** `what`: "cannot be written"; the system's reason follows, then what was expected. */
export function fileFailure(
  path: string,
  what: string,
  cause: unknown,
  expected: string,
): InmemError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const text = `${path}: ${what}: ${reasonOf(cause)} (expected ${expected})`;
  return new InmemError(CODES[code] ?? "ERR_INMEM_UNREADABLE", text, { cause });
}

/** The system's words, without the call, and the path again. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/, \w+( '.*)?$/, "");
}

/**
 * Whether a file can be written there is asked before the work whose result it is to hold.
 * @throws {InmemError} ERR_INMEM_OUTPUT.
 */
export function checkOutputs(...paths: readonly (string | undefined)[]): void {
  for (const path of paths) {
    if (path === undefined) continue;
    try {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory()) throw new Error("it is a folder");
      accessSync(stats === undefined ? dirname(resolve(path)) : path, constants.W_OK);
    } catch (cause) {
      throw notWritable(path, cause);
    }
  }
}

/** ERR_INMEM_OUTPUT, with the system's reason. @internal */
export function notWritable(
  path: string,
  cause: unknown,
  expected = "a file in a folder that may be written",
): InmemError {
  const text = `${path}: cannot be written: ${reasonOf(cause)} (expected ${expected})`;
  return new InmemError("ERR_INMEM_OUTPUT", text, { cause });
}
