// scripts/test-fuzz.mjs: `npm run test:fuzz`: libFuzzer over archive, trust, elf and its plans, with ASan and UBSan; the bridge.
//
// usage: node scripts/test-fuzz.mjs [--seconds N | --repeatable] [--only NAME]...
//        node scripts/test-fuzz.mjs --bridge [--seconds N] [--seed N]...
// Each target runs for N seconds (30), as many at once as there are processors. What it learns stays in the cache.
// An input that breaks a promise is made small and written as hex to native/fuzz/corpus, where tests run it ever after.
// --bridge: random operations between JavaScript and Python, in an addon with ASan: a process for each seed (4 new ones).
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { cacheDir } from "./common/cache.mjs";
import { say } from "./common/run.mjs";
import { fuzzBridge } from "./house/fuzz-bridge.mjs";
import { buildFuzzers } from "./house/fuzzers.mjs";
import { toHexText } from "./house/hex-corpus.mjs";
import { isMain, main, root } from "./house/main.mjs";
import { sanitizerOptions } from "./house/sanitized-build.mjs";
import { numberOf, readWords, refuse } from "./house/words.mjs";

/** `seeds`: the folder of native/fuzz/corpus and of the seeds; two targets may share one. */
const targets = {
  archive: { seeds: "archive", maxBytes: 8192, runs: 500_000 },
  trust: { seeds: "trust", maxBytes: 8192, runs: 300_000 },
  elf: { seeds: "elf", maxBytes: 16384, runs: 100_000 },
  plan: { seeds: "elf", maxBytes: 16384, runs: 100_000 },
};

function readOptions() {
  const words = readWords(import.meta.url, {
    seconds: { type: "string", default: "30" },
    repeatable: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    bridge: { type: "boolean", default: false },
    seed: { type: "string", multiple: true, default: [] },
  });
  refuseMixture(words.values);
  const unknown = words.values.only.find((name) => !(name in targets));
  if (unknown !== undefined) {
    const names = Object.keys(targets).join(", ");
    refuse(import.meta.url, `--only ${unknown}: no such target; there are: ${names}`);
  }
  return { ...words.values, seconds: numberOf(import.meta.url, words, "seconds") };
}

function refuseMixture({ bridge, only, repeatable, seed }) {
  if (bridge && (only.length > 0 || repeatable)) {
    refuse(import.meta.url, "--bridge goes with --seconds and --seed alone");
  }
  if (!bridge && seed.length > 0) refuse(import.meta.url, "--seed is for --bridge");
  const odd = seed.find((text) => !/^\d{1,10}$/.test(text));
  if (odd !== undefined) refuse(import.meta.url, `--seed ${odd}: expected a number`);
}

// Gives { name, runs, perSecond, features, found: [file...] }.
async function fuzz(name, programs, { seconds, repeatable }) {
  const { seeds, maxBytes, runs } = targets[name];
  // Repeatable: from nothing but the seeds, by the same dice, about half a minute; a change of the
  // code fails it, not chance.
  const learned = join(
    repeatable ? join(root, "build", "fuzz", "learned") : join(cacheDir(), "fuzz"),
    name,
  );
  if (repeatable) rmSync(learned, { recursive: true, force: true });
  const artifacts = join(root, "build", "fuzz", "found", name);
  rmSync(artifacts, { recursive: true, force: true });
  for (const folder of [learned, artifacts]) mkdirSync(folder, { recursive: true });
  const options = [
    ...(repeatable ? ["-seed=1", `-runs=${runs}`] : [`-max_total_time=${seconds}`]),
    `-max_len=${maxBytes}`,
    `-artifact_prefix=${artifacts}/`,
    "-rss_limit_mb=2048",
    "-timeout=10",
    "-print_final_stats=1",
  ];
  const program = join(programs.folder, `fuzz-${name}`);
  const log = await show(program, [learned, join(programs.seeds, seeds), ...options]);
  const number = (pattern) => Number(log.text.match(pattern)?.[1] ?? 0);
  return {
    name,
    seeds,
    program,
    runs: number(/stat::number_of_executed_units: +(\d+)/),
    perSecond: number(/stat::average_exec_per_sec: +(\d+)/),
    features: number(/.*ft: (\d+)/s),
    failed: log.status !== 0,
    text: log.text,
    found: readdirSync(artifacts).map((file) => join(artifacts, file)),
  };
}

const sanitizers = {
  ...sanitizerOptions,
  ASAN_OPTIONS: "detect_leaks=0:allocator_may_return_null=0",
};

function show(program, args) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...sanitizers };
    const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, text }));
  });
}

// A smaller input that does the same, as hex beside those found before.
async function keep({ name, seeds, program }, file) {
  const small = `${file}.small`;
  await show(program, [
    "-minimize_crash=1",
    "-max_total_time=10",
    `-exact_artifact_path=${small}`,
    file,
  ]);
  let bytes = readFileSync(file);
  try {
    bytes = readFileSync(small);
  } catch {
    // No smaller one.
  }
  const folder = join(root, "native", "fuzz", "corpus", seeds);
  mkdirSync(folder, { recursive: true });
  const title = file.split("/").pop().slice(0, 20);
  const kept = join(folder, `${title}.hex`);
  writeFileSync(kept, toHexText(bytes, `Found by fuzz-${name}. Say here what was wrong.`));
  return relative(root, kept);
}

async function report(result) {
  const { name, runs, perSecond, features, failed, found, text } = result;
  console.log(`${name}: ${runs} runs, ${perSecond}/s, ${features} features`);
  if (!failed) return;
  say(text.split("\n").slice(-60).join("\n"));
  for (const file of found) say(`${name}: found an input, kept as ${await keep(result, file)}`);
}

async function testFuzz() {
  const options = readOptions();
  const { only } = options;
  if (options.bridge) {
    if (!(await fuzzBridge(options))) process.exitCode = 1;
    return;
  }
  const programs = await buildFuzzers();
  const names = only.length > 0 ? only : Object.keys(targets);
  const work = names.values();
  const results = [];
  const worker = async () => {
    for (const name of work) {
      const result = await fuzz(name, programs, options);
      results.push(result);
      await report(result);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const failed = results.filter((result) => result.failed || result.runs === 0).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (isMain(import.meta.url)) await main(testFuzz);
