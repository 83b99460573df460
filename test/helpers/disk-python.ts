// test/helpers/disk-python.ts: the stock Python of the same build, to compare with.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "./spawn-node.js";

/** python3 of the build that the addon was linked with, installed on disk. */
export function diskPython(): string {
  const cache = readFileSync(join(packageRoot, "build", "CMakeCache.txt"), "utf8");
  const folder = /^INMEM_PYTHON_DIR:\w+=(.*)$/m.exec(cache)?.[1];
  if (folder === undefined) throw new Error("no INMEM_PYTHON_DIR in build/CMakeCache.txt");
  return join(folder, "disk", "bin", "python3");
}
