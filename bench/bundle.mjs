// bench/bundle.mjs: how fast a bundle is made, made again, and looked into.
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { audit, inspect } from "./bundle/audit.mjs";
import { childJson } from "./runner/child.mjs";

export const about = "making bundles, and looking into them";

const execute = promisify(execFile);
const requirements = ["numpy", "pandas", "scipy"];
const pexVersion = "2.105.2";
// What it makes its own pip of, when it is first used.
const pexNeeds = ["pip==24.1", "setuptools==70.1.0", "wheel==0.43.0"];

// Fetched once: what an index takes to answer is no part of the measure.
function fetchWheels({ dir, python }, names, folder) {
  const python3 = join(python, "disk", "bin", "python3");
  const options = ["--disable-pip-version-check", "-q", "--only-binary", ":all:"];
  // As the caller reaches PyPI: its proxy and certificates.
  execFileSync(python3, ["-m", "pip", "download", ...options, "-d", join(dir, folder), ...names]);
}

const pex = ({ dir, env, python }, output, names) =>
  timed(
    join(python, "disk", "bin", "python3"),
    [
      ...["-m", "pex", "--no-index", "--find-links", "wheels", "--pex-root", join(dir, "pex-root")],
      ...["-o", output, ...names],
    ],
    { dir, env: { ...env, PYTHONPATH: join(dir, "pex") } },
  );

// The wheels that pex has downloaded and unpacked, a folder each.
function unpacked({ dir }) {
  return ["downloads", "installed_wheels"].flatMap((kind) => {
    const folder = join(dir, "pex-root", kind);
    return readdirSync(folder).flatMap((version) =>
      readdirSync(join(folder, version)).map((name) => join(folder, version, name)),
    );
  });
}

const command = (root) => join(root, "dist", "cli", "main.js");

async function timed(program, args, { dir, env }) {
  const started = performance.now();
  await execute(program, args, { cwd: dir, env, maxBuffer: 1 << 26 });
  return performance.now() - started;
}

// Ours keeps byte code of wheels there; pex, below its root, wheels that it has unpacked.
const cacheHome = ({ dir }) => join(dir, "cache");
const withCache = (context) => ({ ...context.env, XDG_CACHE_HOME: cacheHome(context) });
const forgetCode = (context) => rmSync(cacheHome(context), { recursive: true, force: true });

// Its own pip stays.
function forgetUnpacked(context) {
  for (const path of unpacked(context)) {
    if (!context.pexOwn.has(path)) rmSync(path, { recursive: true });
  }
}

/**
 * pex makes no byte code of wheels: the same work is a bundle without.
 * @param first - neither side has what an earlier build of its own has left.
 */
function building({ first, compile, limit }) {
  const which = first ? "for the first time" : "again, each with its own warm cache";
  const what = compile ? "with byte code / pex without" : "bundle / pex of the same";
  return {
    about: `${requirements.join(", ")} into one file, from a folder of wheels, ${which}: ${what}, with the same options of pip`,
    unit: "ms",
    ...(limit && { limit }),
    runs: 5,
    async prepare(context) {
      const { dir, python } = context;
      fetchWheels(context, requirements, "wheels");
      for (const name of pexNeeds) fetchWheels(context, [name], "wheels");
      const python3 = join(python, "disk", "bin", "python3");
      const install = ["-m", "pip", "install", "--disable-pip-version-check", "-q", "--target"];
      execFileSync(python3, [...install, join(dir, "pex"), `pex==${pexVersion}`]);
      await pex(context, join(dir, "first.pex"), ["tzdata"]);
      context.pexOwn = new Set(unpacked(context));
    },
    ours: {
      label: "inmem-python bundle",
      async sample(context) {
        const output = join(context.dir, "ours.pyz");
        const words = ["bundle", "-q", "--no-index", "--find-links", "wheels", "-o", output];
        if (!compile) words.push("--no-compile");
        const args = [command(context.root), ...words, ...requirements];
        if (first) forgetCode(context);
        const value = await timed(process.execPath, args, { ...context, env: withCache(context) });
        return { value, bytes: statSync(output).size };
      },
    },
    theirs: {
      label: `pex ${pexVersion}`,
      async sample(context) {
        const output = join(context.dir, "theirs.pex");
        if (first) forgetUnpacked(context);
        const value = await pex(context, output, requirements);
        return { value, bytes: statSync(output).size };
      },
    },
    notes: ({ ours: [a], theirs: [b] }) => [
      `${(a.bytes / 1e6).toFixed(0)} MB${compile ? " with byte code" : ""}, shared objects stored, against ${(b.bytes / 1e6).toFixed(0)} MB`,
    ],
  };
}

const buildDescribed = join(import.meta.dirname, "programs", "build-described.cjs");

function sampleOf(how) {
  let number = 0;
  return (context) => {
    number += 1;
    const line = `print(${JSON.stringify(`${how} ${number} ${performance.now()}`)})\n`;
    writeFileSync(join(context.dir, "app", "app.py"), line);
    const env = withCache(context);
    // A whole build is the first one.
    if (how === "refresh")
      rmSync(join(env.XDG_CACHE_HOME, "inmem-python", "bytecode"), {
        recursive: true,
        force: true,
      });
    const args = [buildDescribed, context.root, "app", how];
    return childJson(process.execPath, args, { ...context, env });
  };
}

const rebuild = {
  about: `an application with ${requirements.join(", ")}: after a change of app.py / whole`,
  unit: "ms",
  limit: 0.1,
  runs: 5,
  prepare(context) {
    const { dir } = context;
    fetchWheels(context, requirements, "wheels");
    mkdirSync(join(dir, "app"));
    const list = requirements.map((name) => JSON.stringify(name)).join(", ");
    const index = 'index = { none = true, find-links = ["../wheels"] }';
    writeFileSync(
      join(dir, "app", "inmem.toml"),
      `main = "app.py"\nrequirements = [${list}]\n${index}\n`,
    );
  },
  ours: { label: "app.py changed", sample: sampleOf("change") },
  theirs: { label: "asked anew (--refresh)", sample: sampleOf("refresh") },
  notes: ({ ours, theirs }) => {
    const kinds = [...ours, ...theirs].map(({ made }) => made);
    return [`what was made: ${[...new Set(kinds)].join(", ")}`];
  },
};

export const measures = {
  build: building({ first: true, compile: false, limit: 0.5 }),
  "build-compiled": building({ first: true, compile: true }),
  again: building({ first: false, compile: true, limit: 0.5 }),
  rebuild,
  audit,
  inspect,
};
