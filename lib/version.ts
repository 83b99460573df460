// lib/version.ts: what is in this package.
import { binding, packageRoot } from "./binding.js";

export interface Versions {
  /** This package. */
  readonly inmem: string;
  /** CPython, as `sys.version_info` counts: `"3.13.5"`. */
  readonly python: string;
  /** `ssl.OPENSSL_VERSION`: what Python uses, not what Node uses. */
  readonly openssl: string;
  readonly sqlite: string;
  readonly zlib: string;
}

let known: Versions | undefined;

/**
 * The versions of this package and of what is linked into it. Read at the first
 * use of a property, since that loads the native binary.
 *
 * @throws {InmemError} ERR_INMEM_UNSUPPORTED_PLATFORM, ERR_INMEM_NO_BINARY.
 */
export const version: Versions = {
  get inmem() {
    return read().inmem;
  },
  get python() {
    return read().python;
  },
  get openssl() {
    return read().openssl;
  },
  get sqlite() {
    return read().sqlite;
  },
  get zlib() {
    return read().zlib;
  },
};

// console.log() would show a getter each.
Object.defineProperty(version, Symbol.for("nodejs.util.inspect.custom"), {
  value: () => ({ ...version }),
});

function read(): Versions {
  if (!known) {
    const { readFileSync } = require("node:fs") as typeof import("node:fs");
    const manifest = readFileSync(`${packageRoot}/package.json`, "utf8");
    const inmem = (JSON.parse(manifest) as { version: string }).version;
    known = { inmem, ...binding().versions() };
  }
  return known;
}
