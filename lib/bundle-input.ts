// lib/bundle-input.ts: what run() was given, as paths and buffers for native.
import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { basename, isAbsolute, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { NativeJob } from "./binding.js";
import { InmemError } from "./errors.js";
import { fileFailure } from "./file-failure.js";
import { type BundleInput, wrongType } from "./options.js";

/**
 * The archives of a run; the first is the program's.
 *
 * A path inside an Electron asar archive exists for Node's `fs` alone: such a
 * file is read here, and native gets its bytes.
 *
 * @throws {InmemError} ERR_INMEM_NOT_A_FILE for a folder without wheels and __main__.py.
 * @throws {TypeError} anything but a path, a file: URL or bytes.
 */
export function nativeBundles(bundle: BundleInput): NativeJob["bundles"] {
  const path = pathOfBundle(bundle);
  return path === undefined ? [{ name: undefined, bytes: bundle as Uint8Array }] : archivesAt(path);
}

/**
 * The absolute path; undefined: the bundle is bytes.
 * @throws {TypeError} anything but a path, a file: URL or bytes.
 */
export function pathOfBundle(bundle: BundleInput): string | undefined {
  if (bundle instanceof Uint8Array) return undefined;
  if (bundle instanceof URL) return fileURLToPath(bundle);
  if (typeof bundle !== "string" || bundle === "") {
    throw wrongType("bundle", "a path, a file: URL, a Buffer or a Uint8Array", bundle);
  }
  if (bundle.includes("\0")) throw new TypeError("Expected no NUL in bundle");
  if (!isAbsolute(bundle) && workingFolder() === "") {
    const message = `${bundle}: the working directory is gone (expected an absolute path)`;
    throw new InmemError("ERR_INMEM_NOT_FOUND", message);
  }
  return resolve(bundle);
}

/** Empty: it has been removed, and Python stands where the process does. */
export function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "";
  }
}

function archivesAt(absolute: string): NativeJob["bundles"] {
  if (inAsar(absolute)) return [{ name: basename(absolute), bytes: readFromAsar(absolute) }];
  const stats = statOrNothing(absolute);
  // Whatever else is wrong with the path native says best.
  return stats?.isDirectory() ? fromFolder(absolute) : [absolute];
}

function inAsar(path: string): boolean {
  return process.versions["electron"] !== undefined && path.includes(`.asar${sep}`);
}

function readFromAsar(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw fileFailure(path, "cannot be read", cause, "a file in the asar archive");
  }
}

/** @internal Undefined for what is not there, or cannot be reached. */
export function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * A folder with a `__main__.py` runs as `python folder` would; the wheels in it, in
 * the order of their names, are on the path.
 */
function fromFolder(folder: string): NativeJob["bundles"] {
  const names = readdirSync(folder).sort();
  const wheels = names.filter((name) => name.endsWith(".whl")).map((name) => join(folder, name));
  if (names.includes("__main__.py")) return [{ folder }, ...wheels];
  if (wheels.length > 0) return wheels;
  throw new InmemError(
    "ERR_INMEM_NOT_A_FILE",
    `${folder}: a folder without wheels and without __main__.py (expected one of them, or a zip file)`,
  );
}
