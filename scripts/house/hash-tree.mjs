// scripts/house/hash-tree.mjs: one key for all that lies in a folder.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Names and contents of all files below `dir`; the same tree gives the same key. */
export function hashTree(dir) {
  const hash = createHash("sha256");
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const file of files) {
    const data = readFileSync(file);
    hash.update(`${file.slice(dir.length)}\0${data.length}\0`).update(data);
  }
  return hash.digest("hex");
}
