// scripts/house/sanitized-build.mjs: the layers without Python and Node, by clang, with ASan and UBSan: for fuzzers and tests.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pythonDir } from "../build-addon.mjs";
import { cacheDir, withLock } from "../common/cache.mjs";
import { run } from "../common/run.mjs";
import { ensureSystemPackages } from "../common/system-packages.mjs";
import { root, step } from "./main.mjs";
import { addonPackages, clangPackages, nativeTestPackages } from "./packages.mjs";

/** So that a finding of either sanitizer ends the program: UBSan only tells where it is not asked to stop. */
export const sanitizerOptions = {
  UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
  // The leak checker asks for the size of a thread's variables what lies before them, which newer C
  // libraries do not put there: of a library that was loaded late it read at 0x7120, once in many runs.
  ASAN_OPTIONS: "intercept_tls_get_addr=0",
};

/**
 * Builds the targets; `then`, which is given the folder, is part of the step and of its lock.
 * @param {string} name what the step is called
 * @param {string[]} targets
 * @param {(dir: string) => Promise<void>} [then]
 * @returns {Promise<string>} the build's folder
 */
export async function buildSanitized(name, targets, then = async () => {}) {
  await ensureSystemPackages([...addonPackages, ...nativeTestPackages, ...clangPackages]);
  await ensureRuntime();
  const python = await pythonDir();
  const dir = join(root, "build", "sanitized");
  const log = join(root, "build", "logs", "sanitized.log");
  await withLock(join(root, "build", ".locks", "sanitized"), "the build with sanitizers", () =>
    step(name, async () => {
      const options = { log, env: { CCACHE_DIR: join(cacheDir(), "ccache"), ...process.env } };
      await run("cmake", ["-S", root, "-B", dir, "-G", "Ninja", ...defines(python)], options);
      const jobs = ["--parallel", String(availableParallelism())];
      await run("cmake", ["--build", dir, ...jobs, "--target", ...targets], options);
      await then(dir);
    }),
  );
  return dir;
}

function defines(python) {
  const lib = (name) => join(python, "lib", name);
  const values = {
    CMAKE_BUILD_TYPE: "RelWithDebInfo",
    // With these sanitizers it takes less than half of gcc's time.
    CMAKE_C_COMPILER: "clang",
    CMAKE_CXX_COMPILER: "clang++",
    INMEM_TESTS: "ON",
    INMEM_FUZZ: "ON",
    INMEM_SANITIZE: "fuzzer-no-link,address,undefined",
    // No INMEM_PYTHON_DIR: the pure layers alone.
    INMEM_DEPS_INCLUDE_DIR: join(python, "include", "deps"),
    INMEM_LIBDEFLATE_LIBRARY: lib("libdeflate.a"),
    INMEM_ZSTD_LIBRARY: lib("libzstd.a"),
  };
  return Object.entries(values).map(([name, value]) => `-D${name}=${value}`);
}

// libFuzzer and the sanitizers are a package of their own in newer Debians.
async function ensureRuntime() {
  const { stdout: resources } = await run("clang++", ["-print-resource-dir"]);
  const machine = { x64: "x86_64", arm64: "aarch64" }[process.arch];
  const file = join(resources.trim(), "lib", "linux", `libclang_rt.fuzzer-${machine}.a`);
  if (existsSync(file)) return;
  const { stdout: version } = await run("clang++", ["-dumpversion"]);
  await ensureSystemPackages([{ file, package: `libclang-rt-${version.split(".")[0]}-dev` }]);
}
