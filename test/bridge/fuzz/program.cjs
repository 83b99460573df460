// test/bridge/fuzz/program.cjs: random operations on both sides of the bridge, in the shared interpreter, in others that come and go, and in workers
// that end at any moment; only a crash, or what is said at the end, is a failure.
//
// usage: node --expose-gc test/bridge/fuzz/program.cjs SECONDS [SEED]
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { setTimeout: pause, setImmediate: turn } = require("node:timers/promises");
const { Worker, isMainThread, parentPort, workerData } = require("node:worker_threads");
const api = require(join(__dirname, "..", "..", "..", "dist", "index.js"));
const makeOperations = require("./operations.cjs");
const seeded = require("./seeded.cjs");
const makeValues = require("./values.cjs");

const OBJECTS = readFileSync(join(__dirname, "objects.py"), "utf8");
/** Interpreters of their own at a time, how often one comes or goes, and workers at a time: each costs some ms, and CPython keeps some MiB of each. */
const OWN = 2;
const OWN_EVERY_MS = 500;
const WORKERS = 1;
/** A worker lives as long as this at most: ended while it starts, and in the middle of anything. */
const WORKER_MS = 800;

const seed = isMainThread ? Number(process.argv[3] ?? Date.now() % 2 ** 31) : workerData;
const dice = seeded(seed);
const { random, below, pick } = dice;
const counts = { steps: 0, interpreters: 0, workers: 0 };

/** One `py`, and the functions that operations call in it. */
async function makeWorld(options) {
  const py = await api.start(options);
  return { py, functions: [...py.runPython(`${OBJECTS}\nFUNCTIONS`)] };
}

/** The shared interpreter first. One that is closed stays until another takes its place: it is used on. */
const worlds = [];
let current = 0;
let depth = 0;
let callbacks = 0;

const values = makeValues(dice, () => worlds[current].functions, callback);
const operations = makeOperations(dice, values, () => worlds[current]);

function callback(...args) {
  for (const arg of args.slice(0, 2)) values.keep(arg);
  if (++callbacks % 7 === 0) {
    throw pick([new Error("callback"), new api.InmemError("ERR_INMEM_PYTHON", "x"), "text", null]);
  }
  if (callbacks % 5 === 0 && depth < 4) step();
  return values.value();
}

function step() {
  const before = current;
  current = random() < 0.7 ? 0 : below(worlds.length);
  depth++;
  try {
    pick(operations)();
  } catch {
    // Any error will do.
  } finally {
    depth--;
    current = before;
  }
  counts.steps++;
}

async function steps(goesOn) {
  while (goesOn()) {
    for (let i = 0; i < 50; i++) step();
    await turn();
  }
}

/** Closes an interpreter in the middle of what it does, and makes another. */
async function changeInterpreters(goesOn) {
  while (goesOn()) {
    const place = 1 + below(OWN);
    const closing = worlds[place]?.py.close();
    if (random() < 0.5) await closing;
    worlds[place < worlds.length ? place : worlds.length] = await makeWorld({ interpreter: "own" });
    counts.interpreters++;
    await closing;
    await pause(below(2 * OWN_EVERY_MS));
  }
}

/** Workers that do the same, until they are terminated. */
async function changeWorkers(goesOn) {
  while (goesOn()) {
    const worker = new Worker(__filename, { workerData: below(2 ** 31) });
    worker.on("message", values.keep);
    let failure;
    worker.on("error", (error) => {
      failure = error;
    });
    await pause(below(WORKER_MS));
    await worker.terminate();
    if (failure !== undefined) throw failure;
    counts.workers++;
    // Alone for a while: two threads that want one GIL take far fewer steps.
    await pause(below(WORKER_MS));
  }
}

/** @returns {Promise<string>} what is said at the end */
async function inMain() {
  const end = Date.now() + Number(process.argv[2] ?? 30) * 1000;
  const goesOn = () => Date.now() < end;
  worlds.push(await makeWorld());
  await Promise.all([
    steps(goesOn),
    changeInterpreters(goesOn),
    ...Array.from({ length: WORKERS }, () => changeWorkers(goesOn)),
  ]);
  if (worlds[0].py.runPython("6 * 7") !== 42) throw new Error("Python does not answer");
  const { steps: done, interpreters, workers } = counts;
  return `${done > 100 ? "ok" : "too few"}: ${done} steps, ${interpreters} interpreters, ${workers} workers`;
}

async function inWorker() {
  worlds.push(await makeWorld(pick([{}, { interpreter: "own" }])));
  parentPort.postMessage(new Uint8Array(new SharedArrayBuffer(16)));
  await steps(() => true);
}

process.on("unhandledRejection", () => {});
if (isMainThread) {
  console.log(`seed ${seed}`);
  inMain().then(
    (said) => {
      console.log(said);
      process.exit(0);
    },
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
} else {
  void inWorker();
}
