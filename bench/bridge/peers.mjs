// bench/bridge/peers.mjs: the other bridges, as bench/bridge/peers/package-lock.json has them, installed and compiled in the cache.
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDir, ensureEntry } from "../../scripts/common/cache.mjs";
import { hashKey } from "../../scripts/common/hash.mjs";
import { run } from "../../scripts/common/run.mjs";
import { ensureSystemPackages } from "../../scripts/common/system-packages.mjs";
import { step } from "../../scripts/house/main.mjs";
import { peerPackages } from "../../scripts/house/packages.mjs";

const folder = join(import.meta.dirname, "peers");
const lock = ["package.json", "package-lock.json"];

/** The system's Python before any other one: node-calls-python asks PATH for it, when it is compiled and when it runs. */
export const peerPath = `/usr/bin:/bin:${process.env.PATH ?? ""}`;

/**
 * The folder whose node_modules has them all. What cannot be installed fails.
 * @returns {Promise<string>}
 */
export async function ensurePeers() {
  await ensureSystemPackages(peerPackages);
  const python = await run("/usr/bin/python3", ["-c", "import sys; print(sys.version)"]);
  const key = hashKey([
    ...lock.map((name) => readFileSync(join(folder, name), "utf8")),
    process.versions.modules,
    process.arch,
    python.stdout,
  ]);
  const dir = join(cacheDir(), "bench-peers", key);
  await ensureEntry(dir, "the bench's peers", (part) =>
    step("pyodide, pythonia, node-calls-python", () => install(part)),
  );
  return dir;
}

async function install(part) {
  const env = { ...process.env, PATH: peerPath };
  for (const name of lock) copyFileSync(join(folder, name), join(part, name));
  // Without scripts: npm may not run them, so the one that matters is run below.
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["ci", "--ignore-scripts", ...quiet], { cwd: part, env });
  const gyp = join(part, "node_modules", "node-gyp", "bin", "node-gyp.js");
  const cwd = join(part, "node_modules", "node-calls-python");
  await run(process.execPath, [gyp, "rebuild", ...headers()], { cwd, env });
}

/** The headers that came with this Node; without them node-gyp looks for some to download. */
function headers() {
  const home = dirname(dirname(process.execPath));
  return existsSync(join(home, "include", "node", "node_api.h")) ? [`--nodedir=${home}`] : [];
}
