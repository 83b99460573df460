// scripts/house/fuzzers.mjs: the libFuzzer programs and their seeds, in the build with sanitizers.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../common/run.mjs";
import { root } from "./main.mjs";
import { buildSanitized } from "./sanitized-build.mjs";

/** Gives `{ folder, seeds }`: where fuzz-NAME lie, and seeds by target. */
export async function buildFuzzers() {
  const seeds = join(root, "build", "fuzz", "seeds");
  const wanted = ["fuzz-archive", "fuzz-trust", "fuzz-elf", "fuzz-plan", "write_seeds"];
  const dir = await buildSanitized("fuzzers", wanted, async (built) => {
    rmSync(seeds, { recursive: true, force: true });
    await run(join(built, "native", "fuzz", "write_seeds"), [seeds]);
    await compileSeeds(join(seeds, "elf"));
  });
  return { folder: join(dir, "native", "fuzz"), seeds };
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
