// lib/bundle/cache-folder.ts: where this package keeps what it can make again.
import { utimesSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** `$XDG_CACHE_HOME/inmem-python/...`, by default below `~/.cache`. */
export function cacheFolder(...parts: readonly string[]): string {
  const { XDG_CACHE_HOME } = process.env;
  const base = XDG_CACHE_HOME?.startsWith("/") ? XDG_CACHE_HOME : join(homedir(), ".cache");
  return join(base, "inmem-python", ...parts);
}

/** What is not whole at this age, in milliseconds, nobody makes any more. */
export const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** Notes that it was used: what was used least lately goes first. */
export function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Taken away meanwhile, or never there; and a cache that may only be read works as well.
  }
}
