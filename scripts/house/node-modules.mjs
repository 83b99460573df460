// scripts/house/node-modules.mjs: have node_modules as package-lock.json says.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../common/cache.mjs";
import { hashKey } from "../common/hash.mjs";
import { run } from "../common/run.mjs";
import { root, step } from "./main.mjs";

// Inside node_modules: whoever removes the folder removes the stamp with it.
const stamp = join(root, "node_modules", ".inmem-stamp");

/** Runs `npm ci` where node_modules is absent or was made from another lock file. */
export async function ensureNodeModules() {
  const key = hashKey([
    readFileSync(join(root, "package-lock.json"), "utf8"),
    process.platform,
    process.arch,
  ]);
  if (read(stamp) === key) return;
  await withLock(join(root, "build", ".locks", "node-modules"), "npm ci", async () => {
    if (read(stamp) === key) return;
    await step("npm ci", () =>
      run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root }),
    );
    writeFileSync(stamp, key);
  });
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
