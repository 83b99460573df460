// lib/bundle/cache-folder.ts: where this package keeps what it can make again.
import { homedir } from "node:os";
import { join } from "node:path";

/** `$XDG_CACHE_HOME/inmem-python/...`, by default below `~/.cache`. */
export function cacheFolder(...parts: readonly string[]): string {
  const { XDG_CACHE_HOME } = process.env;
  const base = XDG_CACHE_HOME?.startsWith("/") ? XDG_CACHE_HOME : join(homedir(), ".cache");
  return join(base, "inmem-python", ...parts);
}
