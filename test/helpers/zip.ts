// test/helpers/zip.ts: zips for tests, well-formed or not.
import { makeZip, type ZipEntry, type ZipOptions } from "../../scripts/house/zip.mjs";
import { tmpFile } from "./tmp.js";

export { makeZip, type ZipEntry, type ZipOptions };

/** A zip of these entries as a file; gives its path. */
export function zipFile(
  entries: Record<string, string | Uint8Array> | Iterable<ZipEntry>,
  name = "app.pyz",
  options?: ZipOptions,
): string {
  return tmpFile(name, makeZip(entries, options));
}
