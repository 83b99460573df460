// scripts/python/recipes.mjs: how each static library is built. A recipe's text is part of its cache key.
import { copyFileSync, cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/*
 * A recipe gets a context `c`: `src` (unpacked, patched), `out` (to be filled with include/ and lib/),
 * `exec(command, ...args)` in `src` with a log, `make(...args)`, `toolchain`, `flags` (a string), and
 * `dep(name)`, the finished folder of a package that it `needs`.
 * Configured paths such as --prefix name places that do not exist where the result runs: nothing of the
 * build machine may be looked up there.
 */
const NOWHERE = "/proc/inmem/none";

function autotools(c) {
  const { cc, cxx, ar, ranlib } = c.toolchain;
  return [
    `--prefix=${NOWHERE}`,
    `CC=${cc}`,
    `CXX=${cxx}`,
    `AR=${ar}`,
    `RANLIB=${ranlib}`,
    `CFLAGS=${c.flags}`,
  ];
}

function keep(c, libraries, headers) {
  mkdirSync(join(c.out, "lib"), { recursive: true });
  mkdirSync(join(c.out, "include"), { recursive: true });
  for (const path of libraries)
    copyFileSync(join(c.src, path), join(c.out, "lib", path.split("/").pop()));
  for (const path of headers)
    copyFileSync(join(c.src, path), join(c.out, "include", path.split("/").pop()));
}

async function zlib(c) {
  await c.exec(
    "env",
    `CC=${c.toolchain.cc}`,
    `AR=${c.toolchain.ar}`,
    `CFLAGS=${c.flags}`,
    "./configure",
    "--static",
  );
  await c.make("libz.a");
  keep(c, ["libz.a"], ["zlib.h", "zconf.h"]);
}

async function bzip2(c) {
  const { cc, ar, ranlib } = c.toolchain;
  await c.make(
    "libbz2.a",
    `CC=${cc}`,
    `AR=${ar}`,
    `RANLIB=${ranlib}`,
    `CFLAGS=${c.flags} -D_FILE_OFFSET_BITS=64`,
  );
  keep(c, ["libbz2.a"], ["bzlib.h"]);
}

async function xz(c) {
  const off = [
    "xz",
    "xzdec",
    "lzmadec",
    "lzmainfo",
    "lzma-links",
    "scripts",
    "doc",
    "nls",
    "shared",
  ];
  await c.exec(
    "./configure",
    ...autotools(c),
    "--with-pic",
    ...off.map((name) => `--disable-${name}`),
  );
  await c.make("-C", "src/liblzma");
  keep(c, ["src/liblzma/.libs/liblzma.a"], []);
  cpSync(join(c.src, "src/liblzma/api"), join(c.out, "include"), {
    recursive: true,
    filter: (path) => !/\.(in|am|rc)$|Makefile/.test(path),
  });
}

async function zstd(c) {
  const { cc, ar } = c.toolchain;
  await c.make(
    "-C",
    "lib",
    "libzstd.a",
    `CC=${cc}`,
    `AR=${ar}`,
    // Its tracing hooks are weak references: whoever exports these names would be called.
    `CFLAGS=${c.flags} -DNDEBUG -DZSTD_TRACE=0`,
    "ZSTD_LEGACY_SUPPORT=0",
  );
  keep(c, ["lib/libzstd.a"], ["lib/zstd.h", "lib/zstd_errors.h"]);
}

async function libdeflate(c) {
  const { cc, ar } = c.toolchain;
  await c.make("libdeflate.a", `CC=${cc}`, `AR=${ar}`, `CFLAGS=${c.flags}`);
  keep(c, ["libdeflate.a"], ["libdeflate.h"]);
}

async function libffi(c) {
  if (!existsSync(join(c.src, "configure"))) await c.exec("autoreconf", "-i");
  await c.exec(
    "./configure",
    ...autotools(c),
    "--disable-shared",
    "--with-pic",
    "--disable-docs",
    "--disable-multi-os-directory",
    "--libdir=/lib",
  );
  await c.make();
  await c.exec("make", "install-data", "install-exec", `DESTDIR=${c.src}/image`);
  keep(
    c,
    ["image/lib/libffi.a"],
    [`image${NOWHERE}/include/ffi.h`, `image${NOWHERE}/include/ffitarget.h`],
  );
}

async function utilLinux(c) {
  // libuuid keeps uuid1's clock in a state file and asks a daemon: both are configured to be nowhere.
  await c.exec(
    "./configure",
    ...autotools(c),
    `--localstatedir=${NOWHERE}`,
    `--runstatedir=${NOWHERE}`,
    "--disable-all-programs",
    "--enable-libuuid",
    "--disable-shared",
    "--enable-static",
    "--with-pic",
    "--disable-nls",
    "--disable-asciidoc",
    "--disable-poman",
    "--disable-bash-completion",
    "--without-python",
    "--without-systemd",
    "--without-ncursesw",
    "--without-ncurses",
    "--without-tinfo",
    "--without-udev",
    "--without-cap-ng",
    "--without-readline",
  );
  await c.make("libuuid.la");
  keep(c, [".libs/libuuid.a"], []);
  mkdirSync(join(c.out, "include", "uuid"));
  copyFileSync(join(c.src, "libuuid/src/uuid.h"), join(c.out, "include", "uuid", "uuid.h"));
}

async function ncurses(c) {
  await c.exec(
    "./configure",
    ...autotools(c),
    "--enable-widec",
    "--with-normal",
    "--without-shared",
    "--without-debug",
    "--without-cxx",
    "--without-cxx-binding",
    "--without-ada",
    "--without-manpages",
    "--without-progs",
    "--without-tack",
    "--without-tests",
    "--without-gpm",
    "--without-dlsym",
    "--without-pkg-config",
    "--disable-pc-files",
    "--disable-stripping",
    "--with-default-terminfo-dir=/usr/share/terminfo",
    "--with-terminfo-dirs=/etc/terminfo:/lib/terminfo:/usr/share/terminfo",
    "--with-xterm-kbs=del",
    "--disable-db-install",
    "--with-abi-version=6",
    // Configure's own choice puts time stamps into the archive; its test of poll() depends on the terminal.
    "cf_cv_ar_flags=-crD",
    "cf_cv_working_poll=yes",
  );
  await c.make("libs");
  await c.exec("make", "install.libs", "install.includes", `DESTDIR=${c.src}/image`);
  const image = join(c.src, `image${NOWHERE}`);
  keep(c, ["lib/libncursesw.a", "lib/libpanelw.a"], []);
  // Links as they are: cpSync would make ncurses.h name a folder of the build.
  const links = { recursive: true, verbatimSymlinks: true };
  cpSync(join(image, "include"), join(c.out, "include"), links);
}

async function libedit(c) {
  const terminal = c.dep("ncurses");
  // Its configure knows the library by other names only, and would take the machine's.
  mkdirSync(join(c.src, "terminal"));
  symlinkSync(`${terminal}/lib/libncursesw.a`, join(c.src, "terminal", "libncurses.a"));
  await c.exec(
    "./configure",
    ...autotools(c),
    "--disable-shared",
    "--with-pic",
    "--disable-examples",
    `CPPFLAGS=-I${terminal}/include -I${terminal}/include/ncursesw`,
    `LDFLAGS=-L${c.src}/terminal`,
  );
  await c.make("-C", "src");
  keep(c, ["src/.libs/libedit.a"], ["src/histedit.h"]);
  mkdirSync(join(c.out, "include", "editline"));
  copyFileSync(
    join(c.src, "src/editline/readline.h"),
    join(c.out, "include", "editline", "readline.h"),
  );
}

async function sqlite(c) {
  const atParse = ["-DSQLITE_ENABLE_UPDATE_DELETE_LIMIT=1"];
  const features = [
    "ENABLE_FTS3",
    "ENABLE_FTS3_PARENTHESIS",
    "ENABLE_FTS3_TOKENIZER",
    "ENABLE_FTS4",
    "ENABLE_FTS5",
    "ENABLE_RTREE",
    "ENABLE_GEOPOLY",
    "ENABLE_MATH_FUNCTIONS",
    "ENABLE_COLUMN_METADATA",
    "ENABLE_DBSTAT_VTAB",
    "ENABLE_DBPAGE_VTAB",
    "ENABLE_STMTVTAB",
    "ENABLE_PREUPDATE_HOOK",
    "ENABLE_SESSION",
    "ENABLE_UNLOCK_NOTIFY",
    "SECURE_DELETE",
    "SOUNDEX",
    "USE_URI",
    "LIKE_DOESNT_MATCH_BLOBS",
    "STRICT_SUBTYPE",
  ].map((name) => `-DSQLITE_${name}=1`);
  const limits = [
    "-DSQLITE_THREADSAFE=1",
    "-DSQLITE_MAX_VARIABLE_NUMBER=250000",
    "-DSQLITE_MAX_SCHEMA_RETRY=25",
    "-DHAVE_USLEEP=1",
    "-DHAVE_FDATASYNC=1",
    "-DHAVE_GMTIME_R=1",
    "-DHAVE_LOCALTIME_R=1",
  ];
  await c.exec(
    "./configure",
    ...autotools(c),
    "--disable-shared",
    "--disable-tcl",
    "--disable-readline",
  );
  await c.exec("make", "sqlite3.c", `OPTS=${atParse.join(" ")}`);
  const [cc, ...rest] = c.toolchain.cc.split(" ");
  await c.exec(
    cc,
    ...rest,
    ...c.flags.split(" "),
    ...atParse,
    ...features,
    ...limits,
    "-c",
    "sqlite3.c",
    "-o",
    "sqlite3.o",
  );
  await c.exec(c.toolchain.ar, "crs", "libsqlite3.a", "sqlite3.o");
  keep(c, ["libsqlite3.a"], ["sqlite3.h", "sqlite3ext.h"]);
}

async function openssl(c) {
  // no-atexit: exit() of a Node process may come while Python threads use the library.
  // no-module, no-dso, no-engine: nothing is ever loaded from a file; the legacy provider is in the library.
  const options = [
    "no-shared",
    "no-tests",
    "no-apps",
    "no-docs",
    "no-module",
    "no-dso",
    "no-engine",
    "no-atexit",
    "no-ssl3",
    "no-ssl3-method",
    "no-idea",
    "no-mdc2",
    "no-rc5",
    "no-zlib",
    "no-zstd",
    "no-brotli",
    "enable-cms",
    "enable-rfc3779",
    ...(/^(x86_64|aarch64)/.test(c.toolchain.identity.cc.machine)
      ? ["enable-ec_nistp_64_gcc_128"]
      : []),
  ];
  const { cc, ar, ranlib } = c.toolchain;
  await c.exec(
    "env",
    `CC=${cc}`,
    `AR=${ar}`,
    `RANLIB=${ranlib}`,
    "perl",
    "./Configure",
    ...options,
    `--prefix=${NOWHERE}`,
    "--libdir=lib",
    "--openssldir=/etc/ssl",
    ...c.flags.split(" "),
  );
  await c.make("build_libs");
  keep(c, ["libssl.a", "libcrypto.a"], []);
  cpSync(join(c.src, "include/openssl"), join(c.out, "include/openssl"), {
    recursive: true,
    filter: (path) => !path.endsWith(".in"),
  });
}

/** By name as in the lock; in the order in which they are started: the longest first. */
export const RECIPES = {
  openssl: { build: openssl },
  ncurses: { build: ncurses },
  libedit: { build: libedit, needs: ["ncurses"] },
  sqlite: { build: sqlite },
  libffi: { build: libffi },
  xz: { build: xz },
  "util-linux": { build: utilLinux },
  zlib: { build: zlib },
  bzip2: { build: bzip2 },
  zstd: { build: zstd },
  libdeflate: { build: libdeflate },
};

/** What a package's key holds of its recipe. */
export function recipeText(name) {
  return [RECIPES[name].build, autotools, keep].map(String).concat(NOWHERE);
}
