// scripts/python/prune.mjs: remove what the lock of this checkout no longer uses from the cache.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { say } from "../common/run.mjs";
import { dependencyDir } from "./build.mjs";
import { cpythonDir } from "./cpython.mjs";
import { packageKey } from "./package.mjs";
import { RECIPES } from "./recipes.mjs";

/** Keeps what this compiler needs, with and without --release; other checkouts build theirs again. */
export function pruneCache(state) {
  const kept = new Set(Object.keys(RECIPES).map((name) => basename(dependencyDir(state, name))));
  for (const release of [false, true]) {
    const variant = { ...state, release };
    kept.add(basename(cpythonDir(variant)));
    kept.add(packageKey(variant));
  }
  for (const folder of ["deps", "python"].map((name) => join(state.cache, name))) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      // A lock, or a part that is under one, belongs to a build under way.
      const lock = join(folder, `${name.replace(/\.part$/, "")}.lock`);
      const isBusy = name.includes(".lock") || existsSync(lock);
      if (kept.has(name) || isBusy) continue;
      say(`removing ${join(folder, name)}`);
      rmSync(join(folder, name), { recursive: true });
    }
  }
}
