// scripts/python/describe.mjs: what a build is made of: python.json for people and tests, InmemPython.cmake for CMake.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../common/run.mjs";
import { readBuild } from "./build.mjs";
import { VIRTUAL_PREFIX } from "./cpython.mjs";
import { RECIPES } from "./recipes.mjs";
import { COMMON_FLAGS } from "./toolchain.mjs";

/** Link order: each archive stands before those it needs. Those of CPython itself come first. */
const LINK_ORDER = [
  "libHacl_Hash_SHA2.a",
  "libmpdec.a",
  "libexpat.a",
  "libssl.a",
  "libcrypto.a",
  "libsqlite3.a",
  "libffi.a",
  "liblzma.a",
  "libbz2.a",
  "libz.a",
  "libuuid.a",
  "libedit.a",
  "libpanelw.a",
  "libncursesw.a",
];
const SYSTEM_LIBRARIES = ["pthread", "dl", "util", "m"];

const PROBE = `
import json, sys, sysconfig, ssl, zlib, sqlite3, pyexpat, decimal
print(json.dumps({
  'version': sys.version.split()[0], 'hexversion': sys.hexversion, 'cache_tag': sys.implementation.cache_tag,
  'ext_suffix': sysconfig.get_config_var('EXT_SUFFIX'), 'soabi': sysconfig.get_config_var('SOABI'),
  'platform': sysconfig.get_platform(), 'multiarch': sysconfig.get_config_var('MULTIARCH'),
  'config_args': sysconfig.get_config_var('CONFIG_ARGS'),
  'builtin': sorted(sys.builtin_module_names),
  'runtime': {'openssl': ssl.OPENSSL_VERSION, 'zlib': zlib.ZLIB_RUNTIME_VERSION, 'sqlite': sqlite3.sqlite_version,
              'expat': pyexpat.EXPAT_VERSION, 'mpdec': decimal.__libmpdec_version__}}))
`;

export async function describeBuild(c, packageDir) {
  const { stdout } = await run(join(c.image, "bin/python3"), ["-I", "-B", "-c", PROBE]);
  const probe = JSON.parse(stdout);
  const { lock, toolchain, release } = c.state;
  const packages = ["python", ...Object.keys(RECIPES)].map((name) =>
    describePackage(lock[name], packageDir(name)),
  );
  const [python, ...libraries] = packages;
  return {
    format: 1,
    python: {
      ...python,
      version: probe.version,
      minor: c.minor,
      hexversion: probe.hexversion,
      cacheTag: probe.cache_tag,
      soabi: probe.soabi,
      extSuffix: probe.ext_suffix,
      platform: probe.platform,
      multiarch: probe.multiarch,
    },
    virtualPrefix: VIRTUAL_PREFIX,
    optimization: release ? "profile-guided, link-time" : "plain",
    flags: { libraries: COMMON_FLAGS, python: withoutDeps(probe.config_args) },
    toolchain: toolchain.identity,
    builtinModules: probe.builtin,
    sharedTestModules: readdirSync(join(c.disk, `lib/python${c.minor}/lib-dynload`))
      .filter((name) => name.endsWith(".so"))
      .sort(),
    absentByChoice: ["_tkinter", "_gdbm", "_dbm"],
    runtimeVersions: probe.runtime,
    libraries: [...libraries, ...bundled(probe)],
    linkOrder: linkOrder(c),
    systemLibraries: SYSTEM_LIBRARIES,
  };
}

function describePackage(entry, dir) {
  const { version, revision, origin, patches } = readBuild(dir);
  return {
    name: entry.name,
    version,
    license: entry.license,
    licenseFiles: entry.licenseFiles.map(
      (file) => `licenses/${entry.name}-${file.split("/").pop()}`,
    ),
    source: {
      origin,
      debianSource: entry.debian.source,
      revision: revision ?? null,
      pinnedRevision: entry.debian.version,
      tarball: entry.tarball,
      patches,
      missingPatches: entry.patches.filter((name) => !patches.includes(name)),
    },
  };
}

/** Libraries that CPython's own source carries; their licenses are in its license documentation. */
function bundled(probe) {
  return [
    {
      name: "expat",
      version: probe.runtime.expat.replace("expat_", ""),
      license: "MIT",
      bundledWith: "python",
    },
    {
      name: "libmpdec",
      version: probe.runtime.mpdec,
      license: "BSD-2-Clause",
      bundledWith: "python",
    },
    { name: "hacl-star", version: null, license: "MIT OR Apache-2.0", bundledWith: "python" },
  ];
}

function linkOrder(c) {
  const made = readdirSync(join(c.part, "lib"));
  return [`libpython${c.minor}.a`, ...LINK_ORDER.filter((name) => made.includes(name))];
}

/** Include and library paths in configure's arguments name folders of the build: no use to a reader. */
function withoutDeps(args) {
  return (args.match(/'[^']*'/g) ?? [])
    .map((arg) => arg.slice(1, -1))
    .filter((arg) => !/_(CFLAGS|LIBS)=|^--with-openssl=/.test(arg));
}

export function writeCMake(c, description) {
  const { python } = description;
  const list = (names) =>
    names.map((name) => `  "\${CMAKE_CURRENT_LIST_DIR}/lib/${name}"`).join("\n");
  writeFileSync(
    join(c.part, "InmemPython.cmake"),
    `# InmemPython.cmake: made by scripts/build-python.mjs; paths are relative to this file's own folder.
set(INMEM_PYTHON_VERSION "${python.version}")
set(INMEM_PYTHON_MINOR "${python.minor}")
set(INMEM_PYTHON_EXT_SUFFIX "${python.extSuffix}")
set(INMEM_VIRTUAL_PREFIX "${VIRTUAL_PREFIX}")
set(INMEM_PYTHON_INCLUDE_DIR "\${CMAKE_CURRENT_LIST_DIR}/include/python${python.minor}")
# libdeflate and zstd only: layers without Python see no Python.h.
set(INMEM_DEPS_INCLUDE_DIR "\${CMAKE_CURRENT_LIST_DIR}/include/deps")
# In link order.
set(INMEM_PYTHON_LIBRARIES
${list(description.linkOrder)}
)
set(INMEM_PYTHON_SYSTEM_LIBRARIES ${SYSTEM_LIBRARIES.join(" ")})
set(INMEM_LIBDEFLATE_LIBRARY "\${CMAKE_CURRENT_LIST_DIR}/lib/libdeflate.a")
set(INMEM_ZSTD_LIBRARY "\${CMAKE_CURRENT_LIST_DIR}/lib/libzstd.a")
set(INMEM_STDLIB_ARCHIVE "\${CMAKE_CURRENT_LIST_DIR}/stdlib.zip")
set(INMEM_DISK_PYTHON "\${CMAKE_CURRENT_LIST_DIR}/disk/bin/python3")
set(INMEM_PYTHON_JSON "\${CMAKE_CURRENT_LIST_DIR}/python.json")
`,
  );
}
