// bench/start.mjs: how fast Python is there: the first line, the stdlib, a large index.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeZip } from "../scripts/house/zip.mjs";
import { childJson } from "./runner/child.mjs";
import { compileAddon } from "./runner/compile-addon.mjs";
import { summary } from "./runner/stats.mjs";

export const about = "the interpreter's start, the stdlib from memory, bundles of many entries";

const programs = join(import.meta.dirname, "programs");
const runBundle = join(programs, "run-bundle.cjs");
const importModules = join(programs, "import_modules.py");
const modules = readFileSync(join(import.meta.dirname, "data", "stdlib-modules.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

const nodeRuns = (bundle) => (context) =>
  childJson(process.execPath, [runBundle, context.root, join(context.dir, bundle)], context);

const diskPython = ({ python }) => join(python, "disk", "bin", "python3");

// The first thing a program can do is ask for the time; then it prints, so
// that a stdout that does not work fails the measure.
const firstLine = `import time; ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC); print('{"ns": "%d"}' % ns)\n`;

const ready = {
  about: "from require to the first line of __main__ / spawn of python3 -I -S -c pass on disk",
  unit: "ms",
  limit: 0.7,
  runs: 31,
  prepare: ({ dir, root }) => {
    // As users' bundles are: made by our bundler, bytecode beside the source.
    const main = join(dir, "ready.py");
    writeFileSync(main, firstLine);
    const output = join(dir, "ready.pyz");
    const bundler = join(root, "dist", "cli", "main.js");
    execFileSync(process.execPath, [bundler, "bundle", "-q", "--main", main, "-o", output]);
  },
  ours: { label: "require and run, fresh Node", sample: nodeRuns("ready.pyz") },
  theirs: {
    label: "python3 -I -S -c pass",
    sample: (context) => {
      const python = diskPython(context);
      const timer = join(programs, "spawn_timer.py");
      return childJson(python, ["-I", timer, python, "-I", "-S", "-c", "pass"], context);
    },
  },
};

// Of what our start takes, the part that any addon with CPython in it does.
const cpython = {
  about: "an addon of CPython and nothing else, from require to the end of pass / the same python3",
  unit: "ms",
  runs: 31,
  async prepare(context) {
    const { dir, python } = context;
    const libraries = readdirSync(join(python, "lib")).map((name) => join(python, "lib", name));
    const group = ["-Wl,--start-group", ...libraries, "-Wl,--end-group", "-ldl", "-lutil", "-lm"];
    const include = ["-I", join(python, "include", "python3.13"), "-Wno-unused-parameter"];
    const linked = ["-Wl,-Bsymbolic", "-Wl,--exclude-libs=ALL", "-Wl,-z,lazy"];
    const source = join(import.meta.dirname, "start", "cpython.c");
    context.addon = await compileAddon(source, dir, [...include, ...linked, ...group]);
  },
  ours: {
    label: "CPython alone, fresh Node",
    sample: (context) => {
      const args = [join(programs, "start-cpython.cjs"), context.addon];
      return childJson(process.execPath, [...args, join(context.python, "disk")], context);
    },
  },
  theirs: ready.theirs,
};

const stdlib = {
  about: `import of ${modules.length} stdlib modules: from memory / from warm disk with .pyc`,
  unit: "ms",
  limit: 0.9,
  runs: 21,
  prepare: (context) => {
    context.env.INMEM_BENCH_MODULES = modules.join(" ");
    writeFileSync(
      join(context.dir, "stdlib.pyz"),
      makeZip({ "__main__.py": readFileSync(importModules) }),
    );
  },
  ours: {
    label: "run(), from memory",
    sample: (context) => nodeRuns("stdlib.pyz")(context).then(imported),
  },
  theirs: {
    label: "python3 -I, from disk",
    sample: (context) =>
      childJson(diskPython(context), ["-I", importModules], context).then(imported),
  },
  notes({ ours, theirs }) {
    const tell = ([{ already, modules, from_disk: disk }]) =>
      `${already} of the list were loaded before, ${modules} modules at the end, ${disk} of them from files`;
    return [`from memory: ${tell(ours)}`, `from disk: ${tell(theirs)}`];
  },
};

// The time of the import loop is what counts here, not that of the start.
function imported({ imported: value, ...rest }) {
  return { ...rest, value };
}

const firstImport = `import probe_module
import time
ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
status = open("/proc/self/status").read()
kib = int(status.split("VmRSS:")[1].split()[0])
print('{"ns": "%d", "rssKiB": %d}' % (ns, kib))
`;

function manyEntries(count) {
  const entries = [
    { name: "__main__.py", data: firstImport },
    { name: "probe_module.py", data: "answer = 42\n" },
  ];
  // Names as site-packages has them: some length, common prefixes.
  for (let i = entries.length; i < count; i += 1) {
    entries.push({ name: `package_${i % 97}/subpackage_${i % 1009}/module_${i}.py`, data: "" });
  }
  return makeZip(entries, { zip64: count > 0xffff });
}

const many = 100_000;
const few = 100;

const largeIndex = {
  about: `from require to the first import: a bundle of ${many} entries / of ${few}`,
  unit: "ms",
  limit: 2,
  runs: 21,
  prepare: ({ dir }) => {
    writeFileSync(join(dir, "many.pyz"), manyEntries(many));
    writeFileSync(join(dir, "few.pyz"), manyEntries(few));
  },
  ours: { label: `${many} entries`, sample: nodeRuns("many.pyz") },
  theirs: { label: `${few} entries`, sample: nodeRuns("few.pyz") },
  notes({ ours, theirs }) {
    const rss = (samples) => summary(samples.map(({ rssKiB }) => rssKiB)).median;
    const more = rss(ours) - rss(theirs);
    const each = ((more * 1024) / (many - few)).toFixed(0);
    return [
      `VmRSS: ${(more / 1024).toFixed(1)} MiB more with ${many} entries, ${each} bytes an entry`,
    ];
  },
};

export const measures = { ready, cpython, stdlib, "large-index": largeIndex };
