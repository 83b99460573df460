// bench/bridge/workers.mjs: resident memory of a process that has started and ended many workers, with the bridge in each or without.
//
// usage: node workers.mjs '{ "count": 1000, "bridge": true, "root": "..." }'
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { settled } from "./resident.mjs";

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

await one();
const first = await settled();
for (let i = 1; i < count; i += 1) await one();
const after = await settled();
const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
console.log(JSON.stringify({ value: after.all, after, peak: Number(peak) / 1024, first }));
