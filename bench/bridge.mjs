// bench/bridge.mjs: values and calls across the bridge, beside pyodide, pythonia, node-calls-python and Node-API alone.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeZip } from "../scripts/house/zip.mjs";
import { ensurePeers, peerPath } from "./bridge/peers.mjs";
import { together } from "./loader/wheels.mjs";
import { childJson } from "./runner/child.mjs";
import { compileAddon } from "./runner/compile-addon.mjs";
import { summary } from "./runner/stats.mjs";

export const about = "the bridge between JavaScript and Python, beside its peers in one run";

const folder = join(import.meta.dirname, "bridge");
const median = (samples, of) => summary(samples.map(of)).median;

async function preparePeers(context) {
  context.peers = await ensurePeers();
  context.floor = await compileAddon(join(folder, "floor.c"), context.dir);
  context.env.PATH = peerPath;
  prepareBundle(context);
}

/** The Python part as a bundle: ours imports it from there. */
function prepareBundle(context) {
  const files = ["operations.py", "arrays.py"];
  const bundle = join(context.dir, "operations.zip");
  writeFileSync(
    bundle,
    makeZip(Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name))]))),
  );
  context.bundles = [bundle];
}

/** One side's figure, from a process of its own. */
const inChild =
  (program, options, flags = []) =>
  (context) => {
    const { root, peers, floor, bundles } = context;
    const interpreter = join(context.python, "disk", "bin", "python3");
    const all = { root, peers, floor, bundles, interpreter, ...options };
    const args = [...flags, join(folder, program), JSON.stringify(all)];
    return childJson(process.execPath, args, context);
  };

// Time of one operation. Each child starts its bridge, warms it, and takes the
// median of many batches; so nothing is warmed a second time here.

const names = ["pyodide", "pythonia", "node-calls-python"];

const operationSide = (name, row, label = name) => ({
  label,
  sample: inChild("operation.mjs", { side: name, row }),
});

function operation(row, about, limit, { peers = names, shown = [] } = {}) {
  const side = (name, label) => operationSide(name, row, label);
  return {
    about: `${about}: ours / the best peer`,
    unit: "ns",
    limit,
    runs: 7,
    warm: false,
    prepare: preparePeers,
    ours: side("ours"),
    theirs: peers.map((name) => side(name)),
    shown: [...shown, side("floor", "Node-API alone")],
    notes: (samples) => [
      `best batch of all: ${["A", ...peers.map((_, i) => "BCD"[i])]
        .map(
          (letter) =>
            `${letter} ${Math.min(...samples[letter].map(({ least }) => least)).toFixed(0)}`,
        )
        .join(", ")} ns`,
    ],
  };
}

// An array without a copy takes as long whatever its size.

const arraySide = (size) => ({
  label: `${size} doubles`,
  sample: inChild("operation.mjs", { side: "ours", row: "array", input: size }),
});

const array = {
  about: "numpy to Float64Array and back: 1e6 doubles / 10 doubles",
  unit: "ns",
  limit: 1.5,
  runs: 7,
  warm: false,
  prepare: async (context) => {
    prepareBundle(context);
    const { bundle } = await together(["numpy"], "import_modules.py", context);
    context.bundles.push(bundle);
  },
  ours: arraySide(1e6),
  theirs: arraySide(10),
};

// What else runs on the event loop while Python works.

const latency = (label, options) => ({ label, sample: inChild("latency.mjs", options) });

const calls = 4;
const reading = (side, many) =>
  latency(`${side}, ${many} in flight`, { side, calls: many, work: "compute", measure: "read" });

const fsLatency = {
  about: `fs.promises.readFile: ${calls} long Python calls in flight / idle`,
  unit: "ms",
  limit: 1.5,
  runs: 5,
  warm: false,
  prepare: preparePeers,
  ours: reading("ours", calls),
  theirs: latency("ours, idle", { side: "ours", calls: 0, measure: "read" }),
  shown: [reading("node-calls-python", calls), reading("pythonia", calls)],
  notes: ({ ours, theirs }) => [
    `p99: ${median(ours, ({ p99 }) => p99).toFixed(3)} ms in flight, ${median(theirs, ({ p99 }) => p99).toFixed(3)} ms idle`,
  ],
};

function loopDelay(work, what) {
  const delay = (label, more) => latency(label, { side: "ours", work, measure: "delay", ...more });
  const read = ({ "-1": samples }) => {
    const of = (key) => (sample) => key(sample).toFixed(3);
    const [first] = samples;
    return `one synchronous proxy read a tick: median ${of(({ read: { median: ms } }) => ms)(first)} ms, p99 ${of(({ readP99 }) => readP99)(first)} ms`;
  };
  return {
    about: `p99 of the event loop's delay: while ${what} / idle`,
    unit: "ms",
    limit: 2,
    runs: 5,
    warm: false,
    prepare: preparePeers,
    ours: delay(`${calls} calls`, { calls }),
    theirs: delay("idle", { calls: 0 }),
    shown: [delay(`${calls} calls and a proxy read a tick`, { calls, reads: true })],
    notes: (samples) => [read(samples)],
  };
}

// Memory.

const count = 200_000;
const memorySide = (name, key, label) => ({
  label,
  sample: async (context) => {
    const options = { side: name, count };
    const sample = await inChild("memory.mjs", options, ["--no-warnings"])(context);
    return { ...sample, value: sample[key].all };
  },
});

const memory = {
  about: `resident memory: after ${count} objects in one synchronous loop / before`,
  unit: "MiB",
  limit: 1.1,
  runs: 5,
  warm: false,
  prepare: preparePeers,
  ours: memorySide("ours", "after", "ours, after"),
  theirs: memorySide("ours", "before", "ours, before"),
  shown: [
    memorySide("pyodide", "before", "pyodide, before"),
    memorySide("pyodide", "after", "pyodide, after"),
    memorySide("javascript", "before", "V8 alone, before"),
    memorySide("javascript", "after", "V8 alone, after"),
  ],
  notes: ({ ours }) => {
    const of = (when, what) => median(ours, ({ [when]: mib }) => mib[what]).toFixed(1);
    return [
      `right at the end of the loop: ${of("inLoop", "all")} MiB`,
      `without pages of files: ${of("before", "own")} MiB before, ${of("after", "own")} after`,
    ];
  },
};

const many = 1000;
const workersSide = (bridge, label) => ({
  label,
  sample: inChild("workers.mjs", { count: many, bridge }, ["--no-warnings"]),
});

const workers = {
  about: `resident memory after ${many} workers: each with the bridge / without the addon`,
  unit: "MiB",
  limit: 1.1,
  runs: 3,
  warm: false,
  prepare: prepareBundle,
  ours: workersSide(true, "with the bridge"),
  theirs: workersSide(false, "without"),
  notes: ({ ours, theirs }) => {
    const both = (what, key) =>
      `${what}: ${median(ours, key).toFixed(1)} MiB with, ${median(theirs, key).toFixed(1)} without`;
    return [
      both("after the first worker", ({ first }) => first.all),
      both("the same, without pages of files", ({ first }) => first.own),
      both("after the last one, without pages of files", ({ after }) => after.own),
      both("largest", ({ peak }) => peak),
    ];
  },
};

export const measures = {
  add: operation("add", "add(1, 2), the result in JavaScript", 0.5),
  // node-calls-python has no proxies: an attribute cannot be read there.
  attribute: operation("attribute", "point.x by a proxy", 0.5, {
    peers: ["pyodide", "pythonia"],
  }),
  echo: operation("echo", "a text of 16 characters there and back", 0.5),
  list: operation("list", "1000 ints as a list and another list back as an Array", 0.5),
  callback: operation("callback", "a JavaScript function called from Python", 0.8),
  await: operation("await", "add(1, 2) awaited (in pyodide a coroutine: it has no threads)", 0.3, {
    shown: [operationSide("ours", "await-coroutine", "ours, a coroutine")],
  }),
  array,
  "fs-latency": fsLatency,
  "loop-delay": loopDelay("compute", "Python computes"),
  "loop-delay-gil": loopDelay("hold", "C calls hold the GIL"),
  memory,
  workers,
};
