// bench/bridge/latency.mjs: what the event loop and the file system feel while Python calls are in flight.
//
// usage: node latency.mjs '{ "side": "ours", "calls": 4, "work": "compute", "measure": "read" | "delay", "reads": false }'
import { readFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { summary } from "../runner/stats.mjs";
import { need, openSide, options, tell } from "./open.mjs";

const seconds = 1.5;
const file = import.meta.filename ?? process.argv[1];

const side = await openSide();

/** Ends when all calls have; without a call, after as long as one would take. */
function inFlight() {
  const { calls, work } = options;
  if (calls === 0) return sleep(seconds * 1000);
  return Promise.all(Array.from({ length: calls }, () => need(side, "long")(work, seconds)));
}

/** fs.promises.readFile of a small file, one after the other: median and p99 in ms. */
async function readLatency(running) {
  const each = [];
  while (running()) {
    const start = performance.now();
    await readFile(file);
    each.push(performance.now() - start);
  }
  return { value: summary(each).median, p99: percentile(each, 0.99), count: each.length };
}

/** p99 of the delay that Node's own monitor sees, in ms; with `reads`, what an attribute read a tick takes. */
async function loopDelay(running) {
  const read = options.reads ? need(side, "attribute") : undefined;
  const each = [];
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  monitor.enable();
  while (running()) {
    await sleep(1);
    if (!read) continue;
    const start = performance.now();
    read(1);
    each.push(performance.now() - start);
  }
  monitor.disable();
  const cost = each.length > 0 ? { read: summary(each), readP99: percentile(each, 0.99) } : {};
  return { value: monitor.percentile(99) / 1e6, median: monitor.percentile(50) / 1e6, ...cost };
}

function percentile(values, share) {
  const sorted = values.toSorted?.((a, b) => a - b) ?? [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const measure = { read: readLatency, delay: loopDelay }[options.measure];
// Once before: code and pages of what is measured are there then.
let until = performance.now() + 200;
await measure(() => performance.now() < until);
until = Number.POSITIVE_INFINITY;
const ended = inFlight().then(() => {
  until = 0;
});
const sample = await measure(() => until > 0);
await ended;
tell(side, sample);
