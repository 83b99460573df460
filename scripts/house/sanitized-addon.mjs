// scripts/house/sanitized-addon.mjs: the addon with AddressSanitizer, and how Node is started with it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compilerEnv, pythonDir } from "../build-addon.mjs";
import { withLock } from "../common/cache.mjs";
import { run } from "../common/run.mjs";
import { ensureSystemPackages } from "../common/system-packages.mjs";
import { root, step } from "./main.mjs";
import { ensureNodeModules } from "./node-modules.mjs";
import { addonPackages } from "./packages.mjs";

/** node-gyp-build looks for build/Release in the folder that INMEM_PYTHON_PREBUILD names. */
const folder = join(root, "build", "asan");

/**
 * Builds it, CPython without the sanitizer: its objects come from malloc, so that what our code does to them is seen.
 * @returns {Promise<Record<string, string>>} variables for a Node that is to use it
 */
export async function buildSanitizedAddon() {
  await ensureSystemPackages(addonPackages);
  await ensureNodeModules();
  const python = await pythonDir();
  const dir = join(folder, "build");
  const options = { cwd: root, log: join(root, "build", "logs", "asan.log"), env: compilerEnv() };
  await withLock(join(root, "build", ".locks", "asan"), "the addon with ASan", () =>
    step("addon with ASan", async () => {
      if (!isConfigured(dir, python)) await configure(dir, python, options);
      await run("cmake", ["--build", dir, "--target", "inmem"], options);
    }),
  );
  const { stdout } = await run("gcc", ["-print-file-name=libasan.so"]);
  return {
    INMEM_PYTHON_PREBUILD: folder,
    // Node itself has none: the library has to come before all others.
    LD_PRELOAD: stdout.trim(),
    // What CPython and V8 keep to the end is no leak; V8 answers its own faults of WebAssembly.
    ASAN_OPTIONS: [
      "detect_leaks=0",
      "handle_segv=0",
      "verify_asan_link_order=0",
      "abort_on_error=1",
      "allocator_may_return_null=1",
    ].join(":"),
  };
}

async function configure(dir, python, options) {
  const cmakeJs = join(root, "node_modules", "cmake-js", "bin", "cmake-js");
  const defines = {
    INMEM_PYTHON_DIR: python,
    INMEM_TESTS: "OFF",
    INMEM_SANITIZE: "address",
  };
  const words = Object.entries(defines).map(([name, value]) => `--CD${name}=${value}`);
  await run(process.execPath, [cmakeJs, "configure", "--out", dir, ...words], options);
}

function isConfigured(dir, python) {
  try {
    return readFileSync(join(dir, "CMakeCache.txt"), "utf8").includes(`${python}\n`);
  } catch {
    return false;
  }
}
