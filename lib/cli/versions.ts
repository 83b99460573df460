// lib/cli/versions.ts: the text of `inmem-python --version`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { binding, packageRoot, type Versions } from "../binding.js";
import { InmemError } from "../errors.js";

/** Ours, Python's and OpenSSL's, one a line. */
export function versionText(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const ours = `inmem-python ${version}`;
  const native = nativeVersions();
  if (native instanceof InmemError) return `${ours}\n(no Python: ${native.message})\n`;
  return `${ours}\nPython ${native.python}\n${named("OpenSSL", native.openssl)}\n`;
}

// Where there is no binary, our own version still helps whoever asks why.
function nativeVersions(): Versions | InmemError {
  try {
    return binding().versions();
  } catch (error) {
    if (error instanceof InmemError) return error;
    throw error;
  }
}

// OpenSSL's own text begins with its name.
function named(name: string, version: string): string {
  return version.startsWith(name) ? version : `${name} ${version}`;
}
