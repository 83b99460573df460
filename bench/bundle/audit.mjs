// bench/bundle/audit.mjs: audit of a bundle, against auditwheel's show over its wheels and against inspect.
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { auditwheelSite, auditwheelWords } from "../../scripts/audit/auditwheel.mjs";
import { prepare } from "../../scripts/wheels/prepare.mjs";
import { findSubjects } from "../../scripts/wheels/subjects.mjs";

const run = promisify(execFile);
const names = ["numpy", "pandas", "scipy"];

/** Wall time of the whole command, its start included. */
async function timed(work) {
  const started = performance.now();
  const more = await work();
  return { value: performance.now() - started, ...more };
}

// One bundle of the three: the wheels that the tests have pinned.
async function bundleOf(context) {
  const subjects = await findSubjects();
  const folder = join(context.dir, "wheels");
  mkdirSync(folder);
  const wheels = new Map();
  for (const name of names) {
    const subject = subjects.find((one) => one.name === name);
    const { site } = await prepare(subject, context.python);
    const from = join(site, "..", "wheels");
    for (const file of readdirSync(from)) wheels.set(file, join(from, file));
  }
  const main = join(context.root, "bench", "programs", "stat_files.py");
  const bundle = join(context.dir, "bundle.pyz");
  const words = ["bundle", "-q", "--main", main, "-o", bundle, ...wheels.values()];
  const env = { ...context.env, PIP_NO_INDEX: "1", PIP_NO_DEPS: "1" };
  await run(process.execPath, [command(context), ...words], { env });
  return { bundle, native: [...wheels.values()].filter((path) => /linux/.test(path)) };
}

const command = ({ root }) => join(root, "dist", "cli", "main.js");

async function prepared(context) {
  const { site } = await auditwheelSite();
  Object.assign(context, await bundleOf(context), { site });
}

const ours = (verb) => (context) =>
  timed(async () => {
    const words = [command(context), verb, context.bundle];
    const { stdout } = await run(process.execPath, words, { env: context.env });
    return { last: stdout.trimEnd().split("\n").at(-1), bytes: statSync(context.bundle).size };
  });

async function auditwheelShow({ site, native, python, env }) {
  const program = join(python, "disk", "bin", "python3");
  const tags = [];
  for (const wheel of native) {
    const { stdout } = await run(program, auditwheelWords(site, "show", wheel), { env });
    tags.push(/platform\s+tag:\s+"(\S+)"/.exec(stdout)?.[1]);
  }
  return { tags };
}

export const audit = {
  about:
    "a bundle of numpy, pandas and scipy: inmem-python audit / auditwheel show of their wheels",
  unit: "ms",
  limit: 0.1,
  runs: 5,
  prepare: prepared,
  ours: { label: "inmem-python audit", sample: ours("audit") },
  theirs: {
    label: "auditwheel show, wheel after wheel",
    sample: (context) => timed(() => auditwheelShow(context)),
  },
  notes: ({ ours: [{ last, bytes }], theirs: [{ tags }] }) => [
    `${(bytes / 2 ** 20).toFixed(0)} MiB; audit: ${last}; auditwheel: ${tags.join(", ")}`,
  ],
};

export const inspect = {
  about: "the same bundle: inmem-python inspect / inmem-python audit",
  unit: "ms",
  limit: 2,
  runs: 11,
  prepare: prepared,
  ours: { label: "inmem-python inspect", sample: ours("inspect") },
  theirs: { label: "inmem-python audit", sample: ours("audit") },
};
