// scripts/python/cpython.mjs: build CPython with every stdlib extension builtin, and install it into an image.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { hashKey } from "../common/hash.mjs";
import { RunError } from "../common/run.mjs";
import { buildPackage, dependencyDir } from "./build.mjs";

/** Where the interpreter believes to live. Nothing real can stand below /proc, and the path says whose it is. */
export const VIRTUAL_PREFIX = "/proc/inmem/python";
/** What stands in build records for a dependency's folder and for the source tree. */
const VIRTUAL_DEPS = "/proc/inmem/deps";
const VIRTUAL_SOURCE = "/proc/inmem/source";

const NEEDS = [
  "openssl",
  "zlib",
  "bzip2",
  "xz",
  "libffi",
  "sqlite",
  "util-linux",
  "ncurses",
  "libedit",
];

/**
 * CFLAGS_NODIST: for CPython itself, not recorded in sysconfig for extensions that others build. The
 * date in getbuildinfo.c, which zig would refuse, is that of SOURCE_DATE_EPOCH.
 */
const FLAGS = [
  "-fPIC",
  "-g0",
  "-ftls-model=initial-exec",
  "-fno-semantic-interposition",
  "-Wno-date-time",
];

/** Archives of CPython's build beside libpython itself: it is made without them. */
const PARTS = ["Modules/_hacl", "Modules/_decimal/libmpdec", "Modules/expat"];

export function pythonMinor(lock) {
  return lock.python.series;
}

export function cpythonDir(state) {
  const needs = NEEDS.map((name) => basename(dependencyDir(state, name)));
  const text = [configureArguments, buildTree, staticSetup, collect, cleanRecords].map(String);
  const key = hashKey([
    state.lock.python,
    text,
    FLAGS,
    PARTS,
    VIRTUAL_PREFIX,
    state.toolchain.identity,
    state.release,
    needs,
  ]);
  return join(state.cache, "deps", `python-${state.lock.python.version}-${key}`);
}

/** Fill `part`: `image/` (make install, below the virtual prefix) and `lib/` (static archives). */
export async function buildCPython(state, part) {
  await buildPackage(state, "python", cpythonDir(state), part, async (context) => {
    const c = { ...context, dep: (name) => dependencyDir(state, name), release: state.release };
    await buildTree(c);
    collect(c);
    cleanRecords(c, `lib/python${pythonMinor(state.lock)}`);
  });
}

async function buildTree(c) {
  staticSetup(join(c.src, "Modules/Setup.stdlib.in"));
  // The date that CPython says it was built on is that of its source: two builds give the same bytes.
  c.env.SOURCE_DATE_EPOCH = String(Math.floor(statSync(join(c.src, "configure")).mtimeMs / 1000));
  await c.exec("./configure", ...configureArguments(c));
  // bin/python3 exports what the addon exports: a wheel's own OpenSSL must not bind to ours.
  writeFileSync(join(c.src, "exports.map"), "{ global: Py*; _Py*; local: *; };\n");
  const exporting = "LINKFORSHARED=-Wl,--export-dynamic -Wl,--version-script=exports.map";
  await c.make(exporting);
  // --help: make install compiles each file three times otherwise; package.mjs compiles, for the place it will lie at.
  const skipCompile = "COMPILEALL_OPTS=--help";
  await c.exec("make", "install", `DESTDIR=${c.out}/image.raw`, exporting, skipCompile);
}

function configureArguments(c) {
  const library = (name, flags, libs) => [`${name}_CFLAGS=${flags}`, `${name}_LIBS=${libs}`];
  const include = (name, ...below) =>
    ["", ...below].map((dir) => `-I${c.dep(name)}/include${dir && `/${dir}`}`).join(" ");
  const archive = (name, file) => `${c.dep(name)}/lib/${file}`;
  const terminal = archive("ncurses", "libncursesw.a");
  return [
    `--prefix=${VIRTUAL_PREFIX}`,
    "--disable-shared",
    "--with-ensurepip=install",
    "--with-pkg-config=no",
    "--with-system-libmpdec=no",
    "--enable-loadable-sqlite-extensions",
    "--with-readline=editline",
    `--with-openssl=${c.dep("openssl")}`,
    "--with-openssl-rpath=no",
    ...(c.release ? ["--enable-optimizations", "--with-lto"] : []),
    `CC=${c.toolchain.cc}`,
    `CXX=${c.toolchain.cxx}`,
    "MODULE_BUILDTYPE=static",
    "py_cv_module__tkinter=n/a",
    "py_cv_module__gdbm=n/a",
    "py_cv_module__dbm=n/a",
    // No Python of the machine is asked: `false` fails wherever the build would like one.
    "PYTHON_FOR_REGEN=false",
    `CFLAGS_NODIST=${FLAGS.join(" ")}`,
    ...library("ZLIB", include("zlib"), archive("zlib", "libz.a")),
    ...library("BZIP2", include("bzip2"), archive("bzip2", "libbz2.a")),
    ...library("LIBLZMA", include("xz"), archive("xz", "liblzma.a")),
    ...library("LIBFFI", include("libffi"), archive("libffi", "libffi.a")),
    ...library("LIBSQLITE3", include("sqlite"), `-L${c.dep("sqlite")}/lib -lsqlite3 -lm`),
    ...library("LIBUUID", include("util-linux", "uuid"), archive("util-linux", "libuuid.a")),
    ...library("LIBEDIT", include("libedit"), `${archive("libedit", "libedit.a")} ${terminal}`),
    ...library("CURSES", include("ncurses", "ncursesw"), terminal),
    ...library(
      "PANEL",
      include("ncurses", "ncursesw"),
      `${archive("ncurses", "libpanelw.a")} ${terminal}`,
    ),
  ];
}

/** The test modules stay shared objects: they belong to the disk install, not into the addon. */
function staticSetup(path) {
  const text = readFileSync(path, "utf8");
  const marker = "@MODULE_XXSUBTYPE_TRUE@xxsubtype";
  if (!text.includes(marker)) throw new RunError(`${path}: no line ${marker}`);
  writeFileSync(path, text.replace(marker, `*shared*\n${marker}`));
}

function collect(c) {
  mkdirSync(join(c.out, "lib"), { recursive: true });
  for (const dir of ["", ...PARTS]) {
    for (const name of readdirSync(join(c.src, dir))) {
      if (name.endsWith(".a")) copyFileSync(join(c.src, dir, name), join(c.out, "lib", name));
    }
  }
  renameSync(join(c.out, `image.raw${VIRTUAL_PREFIX}`), join(c.out, "image"));
  rmSync(join(c.out, "image.raw"), { recursive: true });
}

/** No path of this machine stays in what the install recorded of its build. */
function cleanRecords(c, stdlib) {
  const lib = join(c.out, "image", stdlib);
  const config = readdirSync(lib).find((name) => name.startsWith("config-"));
  const sysconfig = readdirSync(lib).filter((name) => name.startsWith("_sysconfigdata"));
  const files = [
    ...sysconfig,
    ...["Makefile", "python-config.py"].map((name) => `${config}/${name}`),
  ];
  for (const file of files.map((name) => join(lib, name)).filter(existsSync)) {
    let text = readFileSync(file, "utf8");
    for (const name of NEEDS) text = text.replaceAll(c.dep(name), `${VIRTUAL_DEPS}/${name}`);
    text = text.replaceAll(c.src, VIRTUAL_SOURCE).replaceAll(c.out, VIRTUAL_SOURCE);
    writeFileSync(file, text);
  }
}
