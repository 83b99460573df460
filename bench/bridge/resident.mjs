// bench/bridge/resident.mjs: what memory this process holds, once V8 has given back all that it can.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import v8 from "node:v8";

class Nobody {}

/**
 * MiB: all resident pages, and those of them that are this process's own and not a file's.
 * A young generation that has grown stays so after gc(), whatever grew it: 42 MiB after the same
 * number of JavaScript's own objects. To count objects V8 makes the collection that gives it back.
 */
export async function settled() {
  for (let i = 0; i < 5; i += 1) {
    v8.queryObjects(Nobody, { format: "count" });
    await sleep(100);
  }
  return resident();
}

/** The same as it is now. */
export function resident() {
  const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
  const mib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)[1]) / 1024;
  return { all: mib("Rss"), own: mib("Private_Dirty") };
}
