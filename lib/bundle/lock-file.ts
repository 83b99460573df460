// lib/bundle/lock-file.ts: pylock.toml (PEP 751), and what else needs Python's rules for versions and markers.
import { basename } from "node:path";
import { askHelper } from "./python-helper.js";
import type { Target } from "./target.js";

/** What of the lock files is wanted, and for what. */
export interface LockRequest {
  readonly locks: readonly string[];
  readonly extras: readonly string[];
  readonly groups: readonly string[];
  /** Who says `requires-python`, and what. */
  readonly requires: readonly (readonly [origin: string, specifier: string])[];
  readonly target: Target | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Lines of requirements files: those with hashes, and those that can have none. */
export interface LockedRequirements {
  readonly hashed: readonly string[];
  readonly plain: readonly string[];
}

/** `pylock.toml`, `pylock.NAME.toml` */
export function isLockFile(path: string): boolean {
  return /^pylock(\.[^.]+)?\.toml$/.test(basename(path));
}

/**
 * The files that the locks name for the target, as requirements that leave pip no choice.
 * @throws {InmemError} ERR_INMEM_CONFIG: no lock file, nothing in it for this target, or another
 * Python than is required.
 */
export async function readLocks(request: LockRequest): Promise<LockedRequirements> {
  const { locks, extras, groups, requires, target, signal } = request;
  if (locks.length + requires.length === 0) return { hashed: [], plain: [] };
  const question = {
    ...{ locks, extras, groups, requires },
    python: target?.pythonVersion ?? "",
    platforms: target?.platforms ?? [],
    markers: target?.markers ?? {},
  };
  return askHelper<LockedRequirements>("read_lock.py", question, signal);
}
