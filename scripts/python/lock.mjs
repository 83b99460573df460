// scripts/python/lock.mjs: read cmake/sources.lock.json.
import { readFileSync } from "node:fs";

const path = new URL("../../cmake/sources.lock.json", import.meta.url);

/** The packages of the lock by name, each with its name in it. */
export function readLock() {
  const { format, packages } = JSON.parse(readFileSync(path, "utf8"));
  if (format !== 1)
    throw new Error(`cmake/sources.lock.json has format ${format}, this script knows 1`);
  return Object.fromEntries(
    Object.entries(packages).map(([name, entry]) => [name, { name, ...entry }]),
  );
}
