// scripts/bench.mjs: `npm run bench`: builds, then runs one benchmark of bench/ or one measure of it.
//
// usage: node scripts/bench.mjs [NAME | NAME.MEASURE]... [--json] [--runs N] [--no-build]
// Without a name: the list. What bench/runner does and why stands there.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildAddon, pythonDir } from "./build-addon.mjs";
import { buildLib } from "./build-lib.mjs";
import { isMain, main, root } from "./house/main.mjs";
import { ensureNodeModules } from "./house/node-modules.mjs";
import { numberOf, readWords } from "./house/words.mjs";

const options = {
  json: { type: "boolean" },
  runs: { type: "string" },
  "no-build": { type: "boolean" },
};
const folder = join(root, "bench");

async function load() {
  const names = readdirSync(folder).filter((name) => name.endsWith(".mjs"));
  const modules = names.map(async (name) => {
    const { about, measures } = await import(pathToFileURL(join(folder, name)).href);
    return [name.replace(/\.mjs$/, ""), { about, measures }];
  });
  return Object.fromEntries(await Promise.all(modules));
}

async function list(benchmarks) {
  const { asked } = await import("../bench/runner/print.mjs");
  for (const [name, { about, measures }] of Object.entries(benchmarks)) {
    console.log(`${name}: ${about}`);
    for (const [key, measure] of Object.entries(measures)) {
      console.log(`  ${name}.${key}: ${measure.about}${asked(measure)}`);
    }
  }
}

/** `start` means all of its measures, `start.ready` the one. */
function select(benchmarks, word) {
  const [name, measure] = word.split(".");
  const found = benchmarks[name];
  if (!found)
    throw new Error(`no benchmark ${name}; there are: ${Object.keys(benchmarks).join(", ")}`);
  if (measure === undefined) return Object.keys(found.measures).map((key) => [name, key]);
  if (!found.measures[measure]) {
    throw new Error(`no measure ${word}; ${name} has: ${Object.keys(found.measures).join(", ")}`);
  }
  return [[name, measure]];
}

async function bench() {
  const words = readWords(import.meta.url, options, { allowPositionals: true });
  const { json = false } = words.values;
  const runs = numberOf(import.meta.url, words, "runs", 3);
  const asked = words.positionals;

  await ensureNodeModules(); // the table's library
  const benchmarks = await load();
  if (asked.length === 0) {
    await list(benchmarks);
    return;
  }
  const selected = asked.flatMap((word) => select(benchmarks, word));
  const build = !words.values["no-build"];
  const python = build ? await buildAddon() : await pythonDir();
  if (build) await buildLib();

  const { runMeasure } = await import("../bench/runner/run.mjs");
  const { machine } = await import("../bench/runner/machine.mjs");
  const { printDemands, printMachine, printTable } = await import("../bench/runner/print.mjs");
  const facts = machine(python);
  if (!json) printMachine(facts);
  const results = [];
  for (const [name, key] of selected) {
    const measure = benchmarks[name].measures[key];
    const result = await runMeasure(`${name}.${key}`, measure, { python, root, runs });
    results.push(result);
    if (!json) printTable(result);
  }
  if (json) console.log(JSON.stringify({ machine: facts, results }, null, 2));
  else printDemands(results);
}

if (isMain(import.meta.url)) await main(bench);
