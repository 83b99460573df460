// scripts/wheels/prepare.mjs: a subject's wheels, their disk install and its bundles, made once and kept in the cache.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheDir, ensureEntry } from "../common/cache.mjs";
import { hashKey } from "../common/hash.mjs";
import { run } from "../common/run.mjs";
import { ensureSystemPackages } from "../common/system-packages.mjs";
import { hashTree } from "../house/hash-tree.mjs";
import { root } from "../house/main.mjs";

/** The command line that is tested. */
export const commandLine = join(root, "dist", "cli", "main.js");

/** Bundles of old keys go when nobody has used them for this long. */
const keptMs = 2 * 24 * 3600 * 1000;

/** A bundle larger than this is not packed a second time, deflated. */
const deflateLimitBytes = 256 * 1024 * 1024;

/** The Python folder that the addon in build/ was made with: its disk install is the other side. */
export function builtPython() {
  const { python } = JSON.parse(readFileSync(join(root, "build", ".checked.json"), "utf8"));
  return python;
}

/**
 * @typedef {object} Prepared
 * @property {string} python  python3 of the disk install.
 * @property {string} site  Folder with the wheels installed by pip.
 * @property {string} bundle
 * @property {string | undefined} deflated  The same bundle with all entries deflated; none for large ones.
 */

/**
 * @param {import("./subjects.mjs").Subject} subject
 * @param {string} pythonDir  The finished Python folder.
 * @returns {Promise<Prepared>}
 */
export async function prepare(subject, pythonDir) {
  await ensureSystemPackages(subject.setup.packages ?? []);
  const python = join(pythonDir, "disk", "bin", "python3");
  const setKey = hashKey([
    readFileSync(subject.requirements, "utf8"),
    ...(subject.setup.build ? buildFiles(subject) : []),
    basename(pythonDir),
  ]);
  const set = join(cacheDir(), "wheels", "sets", `${subject.name}-${setKey}`);
  await ensureEntry(set, `the wheels of ${subject.name}`, (part) =>
    makeSet(subject, { part, python, pythonDir }),
  );
  const bundle = await makeBundle(subject, join(set, "wheels"), setKey);
  const deflated =
    statSync(bundle).size > deflateLimitBytes ? undefined : await deflate(bundle, python);
  return { python, site: join(set, "site"), bundle, deflated };
}

// What a build may read of the subject's folder: all but the program.
function buildFiles({ dir }) {
  const names = readdirSync(dir).sort();
  return names
    .filter((name) => name !== "main.py")
    .map((name) => readFileSync(join(dir, name), "utf8"));
}

async function makeSet(subject, { part, python, pythonDir }) {
  const folder = join(part, "wheels");
  mkdirSync(folder);
  const pip = pipOf(python, pythonDir);
  const fetched = ["--only-binary=:all:", "--dest", folder, "--requirement", subject.requirements];
  await pip("download", "--no-deps", "--require-hashes", ...fetched);
  if (subject.setup.build) {
    const scratch = join(part, "build");
    mkdirSync(scratch);
    await subject.setup.build({ dir: subject.dir, folder, scratch, python, pip });
    rmSync(scratch, { recursive: true });
  }
  const site = join(part, "site");
  await pip("install", "--no-deps", "--no-index", "--target", site, ...wheelsIn(folder));
}

// pip runs out of the wheel that CPython's own source carries for ensurepip.
function pipOf(python, pythonDir) {
  const lib = join(pythonDir, "disk", "lib");
  const version = readdirSync(lib).find((name) => /^python3\.\d+$/.test(name));
  const bundled = join(lib, version, "ensurepip", "_bundled");
  const wheel = readdirSync(bundled).find((name) => /^pip-.*\.whl$/.test(name));
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input"];
  return (verb, ...args) => {
    const more = verb === "install" ? ["--root-user-action=ignore"] : [];
    return run(python, ["-s", join(bundled, wheel, "pip"), verb, ...quiet, ...more, ...args]);
  };
}

function wheelsIn(folder) {
  const names = readdirSync(folder).sort();
  const other = names.find((name) => !name.endsWith(".whl"));
  if (other) throw new Error(`${other} is not a wheel`);
  return names.map((name) => join(folder, name));
}

// Our own bundler, from the wheels that are here: pip, which it starts, needs no registry.
async function makeBundle(subject, folder, setKey) {
  const key = hashKey([setKey, readFileSync(subject.main, "utf8"), bundlerKey()]);
  const bundles = join(cacheDir(), "wheels", "bundles");
  const dir = join(bundles, `${subject.name}-${key}`);
  const bundle = join(dir, `${subject.name}.pyz`);
  await ensureEntry(dir, `the bundle of ${subject.name}`, (part) =>
    run(
      process.execPath,
      [commandLine, "bundle", "--quiet", ...wheelsIn(folder), "--main", subject.main].concat([
        "-o",
        join(part, `${subject.name}.pyz`),
      ]),
      { env: { ...process.env, PIP_NO_INDEX: "1", PIP_FIND_LINKS: folder } },
    ),
  );
  const now = new Date();
  utimesSync(dir, now, now);
  dropOld(bundles, `${subject.name}-`);
  return bundle;
}

let bundlerHash;

function bundlerKey() {
  bundlerHash ??= hashKey([
    hashTree(join(root, "dist", "bundle")),
    readFileSync(join(root, "dist", "bundle.js"), "utf8"),
  ]);
  return bundlerHash;
}

function dropOld(folder, prefix) {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix) || !/-[0-9a-f]{16}$/.test(name)) continue;
    const dir = join(folder, name);
    if (Date.now() - statSync(dir).mtimeMs > keptMs) rmSync(dir, { recursive: true, force: true });
  }
}

async function deflate(bundle, python) {
  const dir = `${join(bundle, "..")}-deflated`;
  const made = join(dir, basename(bundle));
  await ensureEntry(dir, `${basename(bundle)}, deflated`, (part) =>
    run(python, [
      "-I",
      join(root, "scripts", "wheels", "deflate.py"),
      bundle,
      join(part, basename(bundle)),
    ]),
  );
  return made;
}
