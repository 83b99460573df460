// scripts/python/package.mjs: put what was built together in one folder that CMake, tests and benchmarks use.
import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashKey } from "../common/hash.mjs";
import { run, say } from "../common/run.mjs";
import { dependencyDir } from "./build.mjs";
import { cpythonDir, pythonMinor, VIRTUAL_PREFIX } from "./cpython.mjs";
import { describeBuild, writeCMake } from "./describe.mjs";
import { RECIPES } from "./recipes.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const archiver = join(here, "make_stdlib_archive.py");
/** What this folder's content depends on beside the packages' own keys. */
const OWN_FILES = ["package.mjs", "describe.mjs", "make_stdlib_archive.py"].map((name) =>
  join(here, name),
);

/** Headers that our own C++ includes. They lie apart from Python's, so that layers without Python cannot see it. */
const DEPS_HEADERS = [
  ["libdeflate", "libdeflate.h"],
  ["zstd", "zstd.h"],
  ["zstd", "zstd_errors.h"],
];

export function packageKey(state) {
  const packages = ["python", ...Object.keys(RECIPES)].map((name) =>
    basename(packageDir(state, name)),
  );
  return hashKey([packages, OWN_FILES.map((path) => readFileSync(path, "utf8"))]);
}

/** Fill `part`, which will be renamed to `dir`. */
export async function assemble(state, part, dir) {
  const begun = Date.now();
  const minor = pythonMinor(state.lock);
  const log = join(state.cache, "logs", `package-${basename(dir)}.log`);
  rmSync(log, { force: true });
  const c = {
    state,
    part,
    minor,
    log,
    image: join(cpythonDir(state), "image"),
    disk: join(part, "disk"),
  };
  say(`assembling the Python folder (log: ${log})`);
  collectFiles(c);
  relocate(c, join(dir, "disk"));
  await Promise.all([compileDisk(c, join(dir, "disk")), makeArchive(c)]);
  const description = await describeBuild(c, (name) => packageDir(state, name));
  writeFileSync(join(part, "python.json"), `${JSON.stringify(description, null, 2)}\n`);
  writeCMake(c, description);
  say(`assembled in ${((Date.now() - begun) / 1000).toFixed(0)} s: ${dir}`);
}

function packageDir(state, name) {
  return name === "python" ? cpythonDir(state) : dependencyDir(state, name);
}

function collectFiles(c) {
  for (const dir of ["lib", "include/deps", "licenses"])
    mkdirSync(join(c.part, dir), { recursive: true });
  cpSync(c.image, c.disk, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  cpSync(join(c.image, "include"), join(c.part, "include"), { recursive: true });
  for (const name of ["python", ...Object.keys(RECIPES)]) {
    for (const kind of ["lib", "licenses"]) {
      const from = join(packageDir(c.state, name), kind);
      for (const file of readdirSync(from)) share(join(from, file), join(c.part, kind, file));
    }
  }
  for (const [name, file] of DEPS_HEADERS) {
    copyFileSync(
      join(packageDir(c.state, name), "include", file),
      join(c.part, "include/deps", file),
    );
  }
}

/** Archives are large and never change: one copy on disk serves both places where links are possible. */
function share(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** The disk install is an ordinary one: its records and its scripts name the place where it lies. */
function relocate(c, home) {
  const lib = `lib/python${c.minor}`;
  const names = readdirSync(join(c.disk, lib));
  const config = names.find((name) => name.startsWith("config-"));
  const records = names
    .filter((name) => name.startsWith("_sysconfigdata"))
    .map((name) => `${lib}/${name}`);
  const scripts = readdirSync(join(c.disk, "bin")).map((name) => `bin/${name}`);
  const pkgconfig = readdirSync(join(c.disk, "lib/pkgconfig")).map(
    (name) => `lib/pkgconfig/${name}`,
  );
  for (const file of [
    ...records,
    ...scripts,
    ...pkgconfig,
    `${lib}/${config}/Makefile`,
    `${lib}/${config}/python-config.py`,
  ]) {
    const bytes = readFileSync(join(c.disk, file));
    const isProgram = bytes.subarray(0, 4).toString("latin1") === "\x7fELF";
    if (!isProgram)
      writeFileSync(join(c.disk, file), bytes.toString().replaceAll(VIRTUAL_PREFIX, home));
  }
}

/** SOURCE_DATE_EPOCH is left out: with it, .pyc files would be checked by hash, unlike in a stock install. */
function pythonEnv() {
  return {
    PATH: "/usr/bin:/bin",
    HOME: "/",
    LC_ALL: "C.UTF-8",
    PYTHONHASHSEED: "0",
    PYTHONNOUSERSITE: "1",
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

async function compileDisk(c, home) {
  const lib = `lib/python${c.minor}`;
  const args = [
    "-m",
    "compileall",
    "-q",
    "-f",
    "-j2",
    "-x",
    "bad_coding|badsyntax|lib2to3/tests",
    "-s",
    c.disk,
    "-p",
    home,
    join(c.disk, lib),
  ];
  await run(join(c.disk, "bin/python3"), args, { env: pythonEnv(), log: c.log });
}

async function makeArchive(c) {
  const args = [
    archiver,
    "--stdlib",
    join(c.image, `lib/python${c.minor}`),
    "--prefix",
    `${VIRTUAL_PREFIX}/lib/python${c.minor}`,
    "--output",
    join(c.part, "stdlib.zip"),
  ];
  await run(join(c.image, "bin/python3"), args, { env: pythonEnv(), log: c.log });
}
