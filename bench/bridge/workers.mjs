// bench/bridge/workers.mjs: resident memory of a process that has started and ended many workers, with the bridge in each or without.
//
// usage: node --expose-gc workers.mjs '{ "count": 1000, "bridge": true, "root": "..." }'
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const { count, bridge, root } = JSON.parse(process.argv[2]);
const script = new URL("./worker.mjs", import.meta.url);

function one() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { workerData: { bridge, root } });
    let answer;
    worker.once("message", (message) => {
      answer = message;
    });
    worker.once("error", reject);
    worker.once("exit", () => {
      if (answer === 3) resolve();
      else reject(new Error(`a worker answered ${answer}`));
    });
  });
}

/** MiB of the process's status, once the loop has turned and the collector has run. */
async function settled() {
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc();
    await sleep(20);
  }
  const status = readFileSync("/proc/self/status", "utf8");
  return (name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)[1]) / 1024;
}

await one();
const first = (await settled())("VmRSS");
for (let i = 1; i < count; i += 1) await one();
const mib = await settled();
console.log(JSON.stringify({ value: mib("VmRSS"), peak: mib("VmHWM"), first }));
