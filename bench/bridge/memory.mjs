// bench/bridge/memory.mjs: resident memory before and after many objects went through the bridge in one synchronous loop.
//
// usage: node --expose-gc memory.mjs '{ "side": "ours", "count": 200000 }'
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { need, openSide, options, tell } from "./open.mjs";

const side = await openSide();
const objects = need(side, "objects");

/** MiB, once the loop has turned and both collectors have run. */
async function settled() {
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc();
    await sleep(20);
  }
  return status("VmRSS");
}

function status(name) {
  const [, kib] = new RegExp(`${name}:\\s+(\\d+) kB`).exec(
    readFileSync("/proc/self/status", "utf8"),
  );
  return Number(kib) / 1024;
}

/** V8 keeps the largest young generation that it ever needed: that of these is no bridge's. */
function likewiseInJavaScript(count) {
  const kept = [];
  for (let i = 0; i < count; i += 1) kept.push(new WeakRef(new Proxy({ i, it: {} }, {})));
  return kept.length;
}

for (let i = 0; i < 2; i += 1) {
  likewiseInJavaScript(options.count);
  await settled();
}
objects(1000);
const before = await settled();
objects(options.count);
const inLoop = status("VmRSS");
const after = await settled();
tell(side, { before, inLoop, after });
