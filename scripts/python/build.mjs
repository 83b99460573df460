// scripts/python/build.mjs: build one package in the cache, and all of them with the cores in use.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ensureEntry } from "../common/cache.mjs";
import { hashKey } from "../common/hash.mjs";
import { run, say } from "../common/run.mjs";
import { fetchSource, unpackSource } from "./fetch.mjs";
import { RECIPES, recipeText } from "./recipes.mjs";
import { COMMON_FLAGS, jobs } from "./toolchain.mjs";

/** The folder of a dependency in the cache. Its key: lock entry, recipe, flags, compiler, what it needs. */
export function dependencyDir(state, name) {
  const entry = state.lock[name];
  const { cc } = state.toolchain.identity;
  const needs = (RECIPES[name].needs ?? []).map((need) => basename(dependencyDir(state, need)));
  const key = hashKey([entry, recipeText(name), COMMON_FLAGS, cc, needs]);
  return join(state.cache, "deps", `${name}-${entry.version}-${key}`);
}

/** Build all dependencies that are not in the cache, two at a time: `configure` never uses two cores. */
export async function buildDependencies(state) {
  const running = new Map();
  const build = (name) => {
    if (!running.has(name)) running.set(name, start(name));
    return running.get(name);
  };
  const slots = makeSlots(2);
  const start = async (name) => {
    for (const need of RECIPES[name].needs ?? []) await build(need);
    if (existsSync(dependencyDir(state, name))) return;
    await slots(() => buildDependency(state, name));
  };
  const results = await Promise.allSettled(Object.keys(RECIPES).map(build));
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

async function buildDependency(state, name) {
  const dir = dependencyDir(state, name);
  const more = { flags: COMMON_FLAGS.join(" "), dep: (need) => dependencyDir(state, need) };
  await ensureEntry(dir, name, (part) =>
    buildPackage(state, name, dir, part, (context) => RECIPES[name].build({ ...context, ...more })),
  ).catch((error) => {
    // The others go on to their end and stay in the cache; whoever watches should know at once.
    say(`${name}: FAILED`);
    throw error;
  });
}

/**
 * Fetch, unpack, build and clean up one package; `part` becomes the entry `dir`. What really went in is
 * written beside the result as build.json, and the license texts as licenses/.
 */
export async function buildPackage(state, name, dir, part, build) {
  const entry = state.lock[name];
  const log = join(state.cache, "logs", `${basename(dir)}.log`);
  rmSync(log, { force: true });
  const source = await fetchSource(entry, state);
  const begun = Date.now();
  say(`${name} ${source.version}: building (log: ${log})`);
  // A fixed place, guarded by the entry's lock: see ensureEntry.
  const work = join(state.cache, "work", basename(dir));
  mkdirSync(work, { recursive: true });
  const src = join(work, "src");
  const patches = await unpackSource(entry, source, src, log);
  await build(makeContext(state, src, part, log));
  copyLicenses(entry, src, part);
  const seconds = (Date.now() - begun) / 1000;
  const { version, revision, origin } = source;
  writeFileSync(
    join(part, "build.json"),
    `${JSON.stringify({ name, version, revision, origin, patches, seconds }, null, 2)}\n`,
  );
  rmSync(work, { recursive: true, force: true });
  say(`${name} ${source.version}: done in ${seconds.toFixed(0)} s`);
}

export function readBuild(dir) {
  return JSON.parse(readFileSync(join(dir, "build.json"), "utf8"));
}

function makeContext(state, src, out, log) {
  const exec = (command, ...args) => run(command, args, { cwd: src, env: state.buildEnv, log });
  const make = (...args) => exec("make", `-j${jobs(state.env)}`, ...args);
  return { src, out, log, exec, make, toolchain: state.toolchain, env: state.buildEnv };
}

function copyLicenses(entry, src, part) {
  const dir = join(part, "licenses");
  mkdirSync(dir, { recursive: true });
  for (const file of entry.licenseFiles)
    copyFileSync(join(src, file), join(dir, `${entry.name}-${basename(file)}`));
}

/** At most `count` of the given tasks run at one time. */
function makeSlots(count) {
  const waiting = [];
  let free = count;
  return async (task) => {
    if (free === 0) await new Promise((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
