// scripts/check-binary.mjs: what the linked addon shows, what it asks for, and what it really runs on.
//
// usage: node scripts/check-binary.mjs  (npm run build does it after every link)
//
// Node exports OpenSSL, zlib and more of its own: a symbol of ours that leaks out, or one that is
// looked for outside, silently ends in the other copy. So the check after the link is part of the build.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, say } from "./common/run.mjs";
import { isMain, main, root } from "./house/main.mjs";
import { makeZip } from "./house/zip.mjs";

const EXPORTED = /^(_?Py|napi_register_module_v\d+$|node_api_module_get_api_version_v\d+$)/;
const NODE_API = /^(napi_|node_api_)/;
// Weak and never defined: hooks of gcc's runtime for transactional memory and for profiling.
const WEAK_HOOKS = /^(_ITM_|_ZGTt|__gmon_start__$)/;
// libgcc_s for its unwinder alone, of which a process must have one (native/addon/CMakeLists.txt); Node needs it too.
const LIBRARIES =
  /^(libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|libgcc_s\.so\.1|ld-linux-[^/]*)$/;
const UNWINDER = /^_Unwind_\w+@GCC_/;

/**
 * Fails with a list of what is wrong. Gives the highest GLIBC version that the addon asks for.
 * @param {string} addon  The .node file.
 * @param {string} python  Folder of the Python build: its python.json says what was linked.
 */
export async function checkBinary(addon, python) {
  const wrong = [
    ...(await wrongExports(addon)),
    ...(await wrongLibraries(addon)),
    ...(await wrongVersions(addon, python)),
  ];
  const { imports, glibc } = await importsOf(addon);
  wrong.push(...imports);
  if (wrong.length > 0) throw new Error(`${addon}:\n  ${wrong.join("\n  ")}`);
  return { glibc };
}

async function wrongExports(addon) {
  const lines = await symbols(addon, "--defined-only");
  return lines
    .map((line) => line.split(/\s+/).at(-1))
    .filter((name) => !EXPORTED.test(name))
    .map((name) => `exports ${name} (expected only ${EXPORTED.source})`);
}

async function importsOf(addon) {
  const imports = [];
  const versions = new Set();
  for (const line of await symbols(addon, "--undefined-only")) {
    const [, kind, name] = /(\S) (\S+)$/.exec(line) ?? [];
    const version = /@@?GLIBC_([\d.]+)$/.exec(name)?.[1];
    if (version) versions.add(version);
    else if (kind.toLowerCase() === "w" && WEAK_HOOKS.test(name)) continue;
    else if (!NODE_API.test(name) && !UNWINDER.test(name))
      imports.push(`asks others for ${name} (expected libc, the unwinder or Node-API)`);
  }
  const newest = [...versions].sort(byVersion).at(-1);
  return { imports, glibc: newest };
}

function byVersion(left, right) {
  const [a, b] = [left, right].map((text) => text.split(".").map(Number));
  return a[0] - b[0] || a[1] - b[1];
}

async function wrongLibraries(addon) {
  const { stdout } = await run("readelf", ["-dW", addon]);
  return [...stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g)]
    .map((match) => match[1])
    .filter((name) => !LIBRARIES.test(name))
    .map((name) => `needs ${name} (expected libc, libm, libdl, libpthread, libgcc_s)`);
}

async function symbols(addon, which) {
  const { stdout } = await run("nm", ["-D", which, addon]);
  return stdout.trim().split("\n");
}

/** Runs the three questions in this Node, on a bundle of one file. */
async function wrongVersions(addon, python) {
  const bundle = join(tmpdir(), `inmem-check-${process.pid}.zip`);
  const program =
    "import json, sqlite3, ssl, zlib\n" +
    "print(json.dumps({'openssl': ssl.OPENSSL_VERSION, 'zlib': zlib.ZLIB_RUNTIME_VERSION," +
    " 'sqlite': sqlite3.sqlite_version}))\n";
  writeFileSync(bundle, makeZip([{ name: "__main__.py", data: program }]));
  const script = `
    const addon = require(${JSON.stringify(addon)});
    addon.initialize(Error);
    addon.run({ bundles: [${JSON.stringify(bundle)}], args: [], cwd: "/", cwdGiven: false,
                pipes: {}, report: false },
              (event) => { process.exitCode = event.outcome.exitCode ?? 1; }, () => {});`;
  try {
    const { stdout } = await run(process.execPath, ["-e", script]);
    const seen = JSON.parse(stdout);
    const linked = JSON.parse(readFileSync(join(python, "python.json"), "utf8")).runtimeVersions;
    return Object.keys(seen)
      .filter((name) => seen[name] !== linked[name])
      .map(
        (name) =>
          `${name} is ${seen[name]} inside Node (expected ${linked[name]}, which was linked)`,
      );
  } finally {
    rmSync(bundle, { force: true });
  }
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const { pythonDir } = await import("./build-addon.mjs");
    const { glibc } = await checkBinary(
      join(root, "build", "Release", "inmem.node"),
      await pythonDir(),
    );
    say(`addon: symbols and versions as expected; needs GLIBC ${glibc}`);
  });
}
