#!/usr/bin/env node
// scripts/build-python.mjs: build static CPython and its libraries into the cache, or find them there.
import { existsSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDir, ensureEntry } from "./common/cache.mjs";
import { RunError, say } from "./common/run.mjs";
import { openApt } from "./python/apt.mjs";
import { buildDependencies } from "./python/build.mjs";
import { buildCPython, cpythonDir } from "./python/cpython.mjs";
import { readLock } from "./python/lock.mjs";
import { assemble, packageKey } from "./python/package.mjs";
import { pruneCache } from "./python/prune.mjs";
import { buildEnvironment, describeToolchain, ensureBuildTools } from "./python/toolchain.mjs";

const HELP = `Usage: node scripts/build-python.mjs [options]

Builds CPython and the libraries it needs as static libraries, from the sources pinned in
cmake/sources.lock.json, into a cache outside the tree. What is there already is not built again.
Prints the folder of the result.

Options:
  --sources DIR   look for source tarballs here first           (INMEM_SOURCES)
  --cache DIR     the cache, default ~/.cache/inmem-python       (INMEM_CACHE)
  --release       profile-guided and link-time optimization      (INMEM_RELEASE=1)
  --deps-only     stop after the libraries
  --prune         remove from the cache what this checkout does not use, build nothing
  --print-dir     print where the result is or would be, build nothing
  --json          print the result as JSON: dir, key, built
  --help          this text

Environment: CC, CXX, AR, RANLIB (toolchain; part of the cache's key), INMEM_JOBS (parallel make).
docs/building.md says more.
`;

/**
 * The finished build: `{ dir, key, built }`. Everything there: returns at once. Options: `sources`,
 * `cache`, `release`, `depsOnly`, `lookOnly`, `prune`, and `env` in place of process.env.
 */
export async function ensurePython(options = {}) {
  const env = options.env ?? process.env;
  const state = {
    env,
    cache: options.cache ?? cacheDir(env),
    folder: options.sources ?? env.INMEM_SOURCES,
    release: options.release ?? env.INMEM_RELEASE === "1",
    lock: readLock(),
  };
  state.toolchain = await ensureCompiler(state);
  const key = packageKey(state);
  const dir = join(state.cache, "python", key);
  if (options.prune) pruneCache(state);
  if (options.prune || options.lookOnly || (existsSync(dir) && !options.depsOnly))
    return { dir, key, built: false };

  const log = join(state.cache, "logs", "system.log");
  await ensureBuildTools(env, log);
  state.buildEnv = buildEnvironment(state.toolchain, state.cache, env);
  state.getApt = once(() => openApt(state.cache, allSuites(state.lock), log));
  await buildDependencies(state);
  if (options.depsOnly) return { dir, key, built: false };
  await ensureEntry(cpythonDir(state), "CPython", (part) => buildCPython(state, part));
  const built = await ensureEntry(dir, "the Python folder", (part) => assemble(state, part, dir));
  return { dir, key, built };
}

/** Without a compiler there is no key; with one, apt is not asked. */
async function ensureCompiler(state) {
  try {
    return await describeToolchain(state.env);
  } catch (error) {
    if (state.env.CC || state.env.CXX) throw error;
    await ensureBuildTools(state.env, join(state.cache, "logs", "system.log"));
    return describeToolchain(state.env);
  }
}

function allSuites(lock) {
  return [...new Set(Object.values(lock).flatMap((entry) => entry.debian.suites))];
}

/** One apt for all packages that ask, also when several ask at the same time. */
function once(make) {
  let result;
  return () => (result ??= make());
}

function parseArguments(argv) {
  const options = {};
  const rest = [...argv];
  const value = (name) => rest.shift() ?? fail(`${name} needs a folder`);
  while (rest.length > 0) {
    const option = rest.shift();
    if (option === "--help" || option === "-h") options.help = true;
    else if (option === "--sources") options.sources = value(option);
    else if (option === "--cache") options.cache = value(option);
    else if (option === "--release") options.release = true;
    else if (option === "--deps-only") options.depsOnly = true;
    else if (option === "--prune") options.prune = true;
    else if (option === "--print-dir") options.lookOnly = true;
    else if (option === "--json") options.json = true;
    else fail(`unknown option ${option}`);
  }
  return options;
}

function fail(message) {
  process.stderr.write(`build-python: ${message}\nTry --help.\n`);
  process.exit(2);
}

async function main() {
  const options = parseArguments(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const result = await ensurePython(options);
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${result.dir}\n`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    if (!(error instanceof RunError)) throw error;
    say(`${basename(process.argv[1])}: ${error.message}`);
    process.exitCode = 1;
  });
}
