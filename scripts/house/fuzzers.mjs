// scripts/house/fuzzers.mjs: builds the libFuzzer programs and their seeds, with clang.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pythonDir } from "../build-addon.mjs";
import { cacheDir, withLock } from "../common/cache.mjs";
import { run } from "../common/run.mjs";
import { ensureSystemPackages } from "../common/system-packages.mjs";
import { root, step } from "./main.mjs";
import { addonPackages, clangPackages, nativeTestPackages } from "./packages.mjs";

/** Gives `{ folder, seeds }`: where fuzz-NAME lie, and seeds by target. */
export async function buildFuzzers() {
  await ensureSystemPackages([...addonPackages, ...nativeTestPackages, ...clangPackages]);
  await ensureRuntime();
  const python = await pythonDir();
  const dir = join(root, "build", "fuzz");
  const log = join(root, "build", "logs", "fuzz.log");
  const seeds = join(dir, "seeds");
  await withLock(join(root, "build", ".locks", "fuzz"), "the fuzzers' build", () =>
    step("fuzzers", async () => {
      const options = { log, env: { CCACHE_DIR: join(cacheDir(), "ccache"), ...process.env } };
      await run("cmake", ["-S", root, "-B", dir, "-G", "Ninja", ...defines(python)], options);
      const wanted = ["fuzz-archive", "fuzz-elf", "fuzz-plan", "write_seeds"];
      const jobs = ["--parallel", String(availableParallelism())];
      await run("cmake", ["--build", dir, ...jobs, "--target", ...wanted], options);
      rmSync(seeds, { recursive: true, force: true });
      await run(join(dir, "native", "fuzz", "write_seeds"), [seeds]);
      await compileSeeds(join(seeds, "elf"));
    }),
  );
  return { folder: join(dir, "native", "fuzz"), seeds };
}

function defines(python) {
  const lib = (name) => join(python, "lib", name);
  const values = {
    CMAKE_BUILD_TYPE: "RelWithDebInfo",
    CMAKE_C_COMPILER: "clang",
    CMAKE_CXX_COMPILER: "clang++",
    INMEM_TESTS: "ON",
    INMEM_FUZZ: "ON",
    INMEM_SANITIZE: "fuzzer-no-link,address,undefined",
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

/** What real compilers and linkers leave, small: each tells one thing that ElfImage does not. */
const sources = {
  plain: ["int f(void) { return 1; }", []],
  sysv: ["int f(void) { return 1; }", ["-Wl,--hash-style=sysv"]],
  now: ["extern int g(void); int f(void) { return g(); }", ["-Wl,-z,now,-z,relro"]],
  relr: ["int a; int *b = &a; int *c[9] = {&a, &a};", ["-Wl,-z,pack-relative-relocs"]],
  tls: [
    "__thread int n = 3; static __thread int m; int *f(void) { return m ? &n : &m; }",
    ["-ftls-model=global-dynamic"],
  ],
  resolver: [
    'static int one(void) { return 1; } static void *pick(void) { return one; } int f(void) __attribute__((ifunc("pick")));',
    [],
  ],
  constructors: [
    "int n; __attribute__((constructor)) static void begin(void) { n = 1; } __attribute__((destructor)) static void end(void) { n = 2; }",
    [],
  ],
};

async function compileSeeds(folder) {
  const text = join(folder, "..", "seed.c");
  const script = join(folder, "..", "seed.map");
  mkdirSync(folder, { recursive: true });
  writeFileSync(script, "V1 { global: f; local: *; };\nV2 { global: n; } V1;\n");
  const compile = async (name, source, flags) => {
    writeFileSync(text, source);
    const small = ["-Os", "-s", "-nostdlib", "-fPIC", "-shared", "-Wl,-z,noseparate-code"];
    await run("clang", [...small, ...flags, "-o", join(folder, `cc-${name}`), text]);
  };
  for (const [name, [source, flags]] of Object.entries(sources)) {
    await compile(name, source, flags);
  }
  await compile("versions", "int n = 1; int f(void) { return n; }", [
    `-Wl,--version-script=${script}`,
  ]);
}
