// scripts/build-addon.mjs: native/ -> build/Release/inmem.node and inmem-launcher, by cmake-js.
//
// usage: node scripts/build-addon.mjs [--tests] [--print-python]
// INMEM_PYTHON_DIR names a finished Python folder and leaves scripts/build-python.mjs out.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensurePython } from "./build-python.mjs";
import { checkBinary } from "./check-binary.mjs";
import { cacheDir, withLock } from "./common/cache.mjs";
import { hashKey } from "./common/hash.mjs";
import { run, say } from "./common/run.mjs";
import { ensureSystemPackages } from "./common/system-packages.mjs";
import { isMain, main, root, step } from "./house/main.mjs";
import { ensureNodeModules } from "./house/node-modules.mjs";
import { addonPackages, nativeTestPackages } from "./house/packages.mjs";
import { readWords } from "./house/words.mjs";

const buildDir = join(root, "build");
const stamp = join(buildDir, ".configured.json");

/** The folder of the finished Python, built now if it must be. */
export async function pythonDir() {
  if (process.env.INMEM_PYTHON_DIR) return process.env.INMEM_PYTHON_DIR;
  const { dir } = await step("Python", () => ensurePython());
  return dir;
}

/**
 * Builds the addon and the launcher, with `tests` the native test programs
 * too. Nothing changed: well under a second. Gives the Python folder.
 */
export async function buildAddon({ tests = false } = {}) {
  await ensureSystemPackages([...addonPackages, ...(tests ? nativeTestPackages : [])]);
  await ensureNodeModules();
  const python = await pythonDir();
  await withLock(join(buildDir, ".locks", "addon"), "the native build", async () => {
    const log = join(buildDir, "logs", "addon.log");
    rmSync(log, { force: true });
    await configure(python, tests, log);
    // What `cmake-js build` runs, without the start of another Node.
    const targets = tests ? [] : ["--target", "inmem", "inmem-launcher"];
    await step("addon", () =>
      run("cmake", ["--build", buildDir, ...targets], { log, env: compilerEnv() }),
    );
    await checkOnce(python);
  });
  return python;
}

// The check belongs to the link: it runs once for each binary that came out of it.
async function checkOnce(python) {
  const addon = join(buildDir, "Release", "inmem.node");
  const checked = join(buildDir, ".checked.json");
  const binary = { python, modified: statSync(addon).mtimeMs };
  if (JSON.stringify(readJson(checked)) === JSON.stringify(binary)) return;
  const { glibc } = await checkBinary(addon, python);
  say(`addon: symbols and versions as expected; needs GLIBC ${glibc}`);
  writeFileSync(checked, JSON.stringify(binary));
}

async function configure(python, tests, log) {
  const before = readJson(stamp);
  // Once configured with tests a tree keeps them: to switch back and forth
  // would configure anew each time.
  const withTests = tests || before?.tests === true;
  const wanted = {
    tests: withTests,
    key: hashKey([python, process.env.CC, process.env.CXX, "cmake-js 8.0.0"]),
  };
  const known = existsSync(join(buildDir, "build.ninja"));
  if (known && before?.key === wanted.key && before.tests === wanted.tests) return;
  // CMake keeps what it found in the other Python folder, or of the other compiler.
  if (before && before.key !== wanted.key) {
    rmSync(join(buildDir, "CMakeCache.txt"), { force: true });
  }
  mkdirSync(buildDir, { recursive: true });
  const cmakeJs = join(root, "node_modules", "cmake-js", "bin", "cmake-js");
  // package.json's `binary.napi_versions` tells cmake-js to take Node-API's
  // headers from npm's node-api-headers: nothing of Node is downloaded.
  const defines = [`INMEM_PYTHON_DIR=${python}`, `INMEM_TESTS=${withTests ? "ON" : "OFF"}`];
  const args = [cmakeJs, "configure", ...defines.map((define) => `--CD${define}`)];
  await step("configure", () =>
    run(process.execPath, args, { cwd: root, log, env: compilerEnv() }),
  );
  writeFileSync(stamp, JSON.stringify(wanted));
}

/** ccache sees paths relative to the checkout, so that another one hits too. */
export function compilerEnv() {
  return {
    CCACHE_DIR: join(cacheDir(), "ccache"),
    ...process.env,
    CCACHE_BASEDIR: root,
    CCACHE_NOHASHDIR: "1",
  };
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

if (isMain(import.meta.url)) {
  const { values } = readWords(import.meta.url, ["tests", "print-python"]);
  await main(async () => {
    if (values["print-python"]) console.log(await pythonDir());
    else await buildAddon({ tests: values.tests === true });
  });
}
