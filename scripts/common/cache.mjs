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
    rmSync(path, { recursive: true, force: true });
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

function takeLock(path) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!isStale(path)) return false;
    return takeOver(path);
  }
  writeFileSync(join(path, "pid"), String(process.pid));
  return true;
}

/** A rename decides who of several waiting processes removes a dead one's lock. */
function takeOver(path) {
  const grave = `${path}.dead-${process.pid}`;
  try {
    renameSync(path, grave);
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
  // Another process may have taken over between our look and the rename: then this is its live lock.
  if (!isStale(grave)) renameSync(grave, path);
  else rmSync(grave, { recursive: true, force: true });
  return false;
}

function lockHolder(path) {
  try {
    return Number(readFileSync(join(path, "pid"), "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

const nameless = new Map();

function isStale(path) {
  const pid = lockHolder(path);
  if (pid === undefined) {
    // Between mkdir and the pid's write, or a holder that died right there: give it some seconds.
    const first = nameless.get(path) ?? Date.now();
    nameless.set(path, first);
    return Date.now() - first > 5000;
  }
  nameless.delete(path);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}
