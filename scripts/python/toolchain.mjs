// scripts/python/toolchain.mjs: the compiler, the flags of every package, and the tools the builds need.
import { mkdirSync, symlinkSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { RunError, tryRun } from "../common/run.mjs";
import { ensureSystemPackages, which } from "../common/system-packages.mjs";

/**
 * Flags of every static library: all ends up in one shared object, so position independent; its thread-local
 * variables are few, so that they fit into what libc keeps for objects loaded late, and cost no call.
 */
export const COMMON_FLAGS = ["-O2", "-g0", "-fPIC", "-ftls-model=initial-exec"];

const HEADERS = { file: "/usr/include/stdlib.h", package: "libc6-dev" };

const TOOLS = [
  { program: "make", package: "make" },
  { program: "patch", package: "patch" },
  { program: "perl", package: "perl" }, // OpenSSL's Configure
  { program: "xz", package: "xz-utils" },
  { program: "bzip2", package: "bzip2" },
  { program: "tclsh", package: "tcl" }, // SQLite's amalgamation
  { program: "autoreconf", package: "autoconf" }, // libffi, as Debian carries it, has no configure
  { program: "automake", package: "automake" },
  { program: "libtoolize", package: "libtool" },
  { file: "/usr/share/aclocal/ltdl.m4", package: "libltdl-dev" },
];

/** Install what is missing of the build tools. A compiler that CC names is the caller's own matter. */
export async function ensureBuildTools(env, log) {
  const compilers = [
    ...(env.CC ? [] : [{ program: "gcc", package: "gcc" }, HEADERS]),
    ...(env.CXX ? [] : [{ program: "g++", package: "g++" }]),
    ...(env.AR ? [] : [{ program: "ar", package: "binutils" }]),
  ];
  const zip =
    env.INMEM_SOURCES || !which("apt-get") ? [{ program: "unzip", package: "unzip" }] : [];
  return ensureSystemPackages([...compilers, ...TOOLS, ...zip], { log });
}

/** Which compiler is used, and what it says of itself: what is built depends on nothing else of the machine. */
export async function describeToolchain(env) {
  const tools = {
    cc: env.CC || "gcc",
    cxx: env.CXX || "g++",
    ar: env.AR || "ar",
    ranlib: env.RANLIB || "ranlib",
  };
  const [cc, cxx] = await Promise.all([describeCompiler(tools.cc), describeCompiler(tools.cxx)]);
  const identity = { cc, cxx };
  return { ...tools, identity };
}

async function describeCompiler(command) {
  const [program, ...args] = command.split(/\s+/);
  const [version, machine] = await Promise.all([
    tryRun(program, [...args, "--version"]),
    tryRun(program, [...args, "-dumpmachine"]),
  ]);
  if (!version) throw new RunError(`the compiler ${command} does not work (asked for --version)`);
  // zig refuses -dumpmachine for a target with a libc version; --version then says it.
  const target = machine?.stdout.trim() || /^Target: (\S+)/m.exec(version.stdout)?.[1] || "unknown";
  return {
    command: [basename(program), ...args].join(" "),
    version: version.stdout.split("\n")[0],
    machine: target,
  };
}

/**
 * The environment of all builds: nothing of the caller's flags, no locale, and ccache, if the machine
 * has it, by its own means: programs of the compilers' names that are links to it. So no recorded
 * compiler command (sysconfig's CC) ever names ccache.
 */
export function buildEnvironment(toolchain, cache, env) {
  const result = {
    HOME: env.HOME ?? "/",
    PATH: env.PATH ?? "/usr/bin:/bin",
    LC_ALL: "C",
    SOURCE_DATE_EPOCH: "315532800",
  };
  if (env.TMPDIR) result.TMPDIR = env.TMPDIR;
  for (const [name, value] of Object.entries(env))
    if (name.startsWith("CCACHE_")) result[name] = value;
  const ccache = which("ccache", env);
  const names = [toolchain.cc, toolchain.cxx];
  if (ccache && names.every((name) => !/[\s/]/.test(name))) {
    const dir = join(cache, "ccache-links");
    mkdirSync(dir, { recursive: true });
    for (const name of names) link(ccache, join(dir, name));
    result.PATH = `${dir}:${result.PATH}`;
    result.CCACHE_DIR ??= join(cache, "ccache");
  }
  return result;
}

export function jobs(env) {
  return Number(env.INMEM_JOBS) || availableParallelism?.() || 2;
}

function link(target, path) {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}
