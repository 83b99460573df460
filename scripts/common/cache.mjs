// scripts/common/cache.mjs: the build cache outside the tree: where it lies, locks, entries that appear whole.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { say } from "./run.mjs";

/** `$XDG_CACHE_HOME/inmem-python`, by default `~/.cache/inmem-python`. INMEM_CACHE names another folder. */
export function cacheDir(env = process.env) {
  if (env.INMEM_CACHE) return env.INMEM_CACHE;
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "inmem-python");
}

/** Run `work` while this process alone holds the lock folder `path`; wait for another holder. */
export async function withLock(path, what, work) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!takeLock(path)) {
    if (!told)
      say(`waiting: process ${lockHolder(path) ?? "?"} is busy with ${what} (lock ${path})`);
    told = true;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    releaseLock(path);
  }
}

/**
 * The entry `dir`, made by `make(temporaryDir)` when it is not there. It appears by one rename, so a
 * reader sees all of it or nothing. The temporary folder has a fixed name (the lock guards it): the
 * paths that compilers see are then the same in every build, and ccache finds its objects again.
 */
export async function ensureEntry(dir, what, make) {
  if (existsSync(dir)) return false;
  return withLock(`${dir}.lock`, what, async () => {
    if (existsSync(dir)) return false;
    const temporary = `${dir}.part`;
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    await make(temporary);
    renameSync(temporary, dir);
    return true;
  });
}

/** The lock folder is renamed into place with its holder's id in it: there is no moment without a holder. */
function takeLock(path) {
  const own = `${path}.of-${process.pid}`;
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "pid"), String(process.pid));
  try {
    renameSync(own, path);
    return true;
  } catch (error) {
    rmSync(own, { recursive: true });
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  }
  return isDead(lockHolder(path)) && takeOver(path) && takeLock(path);
}

/** Remove a dead process's lock. A rename decides who of several waiting processes does it. */
function takeOver(path) {
  const grave = moveAway(path);
  if (grave === undefined) return true;
  if (isDead(lockHolder(grave))) {
    rmSync(grave, { recursive: true });
    return true;
  }
  // Another process took over between our look and the rename: this is its live lock, it goes back.
  renameSync(grave, path);
  return false;
}

/** Never emptied in place: an empty folder would be free for the taking while it is being removed. */
function releaseLock(path) {
  const grave = moveAway(path);
  if (grave !== undefined) rmSync(grave, { recursive: true });
}

function moveAway(path) {
  const grave = `${path}.end-${process.pid}`;
  try {
    renameSync(path, grave);
    return grave;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function lockHolder(path) {
  try {
    return Number(readFileSync(join(path, "pid"), "utf8"));
  } catch {
    return undefined;
  }
}

function isDead(pid) {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}
