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
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const reason = message.replace(/, \w+( '.*)?$/, ""); // the call, and the path again
  const text = `${path}: ${what}: ${reason} (expected ${expected})`;
  return new InmemError(CODES[code] ?? "ERR_INMEM_UNREADABLE", text, { cause });
}

/**
 * Whether a file can be written there is asked before the work whose result it is to hold.
 * @throws {InmemError} ERR_INMEM_NOT_FOUND, ERR_INMEM_NOT_A_FILE, ERR_INMEM_UNREADABLE.
 */
export function checkOutputs(...paths: readonly (string | undefined)[]): void {
  for (const path of paths) {
    if (path === undefined) continue;
    try {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
      accessSync(stats === undefined ? dirname(resolve(path)) : path, constants.W_OK);
    } catch (cause) {
      throw notWritable(path, cause);
    }
  }
}

/** @internal */
export function notWritable(path: string, cause: unknown): InmemError {
  return fileFailure(path, "cannot be written", cause, "a file in a folder that may be written");
}
