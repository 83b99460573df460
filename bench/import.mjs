// bench/import.mjs: how fast pure Python code is imported from a bundle.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { prepare } from "../scripts/wheels/prepare.mjs";
import { childStart } from "./import/child-start.mjs";
import { childJson } from "./runner/child.mjs";

export const about = "imports from a bundle and from a warm disk";

const here = import.meta.dirname;
const programs = join(here, "programs");
const importModules = join(programs, "import_modules.py");

const djangoModules = readFileSync(join(here, "data", "django-modules.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

const diskPython = ({ python }) => join(python, "disk", "bin", "python3");

// The time of the import loop is what counts here, not that of the start.
const imported = ({ imported: value, ...rest }) => ({ ...rest, value });

const modules = {
  about: `${djangoModules.length} pure modules of Django: from a bundle / from a warm disk install with .pyc`,
  unit: "ms",
  limit: 0.8,
  runs: 21,
  async prepare(context) {
    const requirements = join(here, "data", "django.txt");
    const subject = { name: "django", dir: here, requirements, setup: {}, main: importModules };
    context.django = await prepare(subject, context.python);
    context.env.INMEM_BENCH_MODULES = djangoModules.join(" ");
    context.env.DJANGO_SETTINGS_MODULE = "django.conf.global_settings";
  },
  ours: {
    label: "run(), from a bundle",
    sample: (context) => {
      const args = [join(programs, "run-bundle.cjs"), context.root, context.django.bundle];
      return childJson(process.execPath, args, context).then(imported);
    },
  },
  theirs: {
    label: "python3 -I, installed by pip",
    sample: (context) => {
      const env = { ...context.env, INMEM_BENCH_SITE: context.django.site };
      const args = ["-I", importModules];
      return childJson(diskPython(context), args, { ...context, env }).then(imported);
    },
  },
  notes({ ours, theirs }) {
    const tell = ([{ already, modules: all, from_disk: disk }]) =>
      `${already} of the list were loaded before, ${all} modules at the end, ${disk} of them from files`;
    return [`from the bundle: ${tell(ours)}`, `from disk: ${tell(theirs)}`];
  },
};

// Small files as packages carry them, in folders of a hundred.
const fileCount = 10_000;
const smallFile = (i) =>
  `{"number": ${i}, "words": ["${"of a small file ".repeat(20 + (i % 20))}"]}\n`;

const bundler = (root) => join(root, "dist", "cli", "main.js");
const readFiles = join(programs, "read_files.py");
const statFiles = join(programs, "stat_files.py");
const told = (key) => (sample) => ({ ...sample, value: sample[key] });

const files = {
  about: `open().read() of ${fileCount} small packaged files: from a bundle / from a warm disk`,
  unit: "ms",
  limit: 2,
  runs: 21,
  prepare: ({ dir, root }) => {
    const app = join(dir, "app");
    for (let i = 0; i < fileCount; ++i) {
      const path = join(app, "files", `folder${Math.floor(i / 100)}`, `file${i}.json`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, smallFile(i));
    }
    copyFileSync(readFiles, join(app, "__main__.py"));
    const args = ["bundle", "-q", "--app", app, "-o", join(dir, "files.pyz")];
    execFileSync(process.execPath, [bundler(root), ...args]);
  },
  ours: {
    label: "run(), from a bundle",
    sample: (context) => {
      const args = [join(programs, "run-bundle.cjs"), context.root, join(context.dir, "files.pyz")];
      return childJson(process.execPath, args, context).then(told("files"));
    },
  },
  theirs: {
    label: "python3 -I, from a folder",
    sample: (context) =>
      childJson(diskPython(context), ["-I", join(context.dir, "app")], context).then(told("files")),
  },
  notes: ({ ours: [{ count, bytes }] }) => [
    `${count} files, ${Math.round(bytes / count)} bytes each`,
  ],
};

const statOnDisk = (context, env = {}) =>
  childJson(diskPython(context), ["-I", statFiles], {
    ...context,
    env: { ...context.env, ...env },
  }).then(told("stat"));

const realStat = {
  about: "20 000 times os.stat of paths on disk: in our Python / in the disk install",
  unit: "ms",
  limit: 1.05,
  runs: 31,
  prepare: ({ dir, root }) => {
    const args = ["bundle", "-q", "--main", statFiles, "-o", join(dir, "stat.pyz")];
    execFileSync(process.execPath, [bundler(root), ...args]);
  },
  ours: {
    label: "run(), with a bundle mounted",
    sample: (context) => {
      const args = [join(programs, "run-bundle.cjs"), context.root, join(context.dir, "stat.pyz")];
      return childJson(process.execPath, args, context).then(told("stat"));
    },
  },
  theirs: { label: "python3 -I", sample: (context) => statOnDisk(context) },
};

// What of it are Node's threads: in a process that has any, the C library's
// locks take longer, those around the GIL among them.
const realStatThreads = {
  ...realStat,
  about: "the same as real-stat / in the disk install with a second thread",
  limit: undefined,
  theirs: {
    label: "python3 -I, a thread waits",
    sample: (context) => statOnDisk(context, { INMEM_BENCH_THREAD: "1" }),
  },
};

// What of it is our wrapping: as many threads as there, one.
const realStatLauncher = {
  ...realStat,
  about: "the same as real-stat, without Node / in the disk install",
  ours: {
    label: "inmem-launcher -I, with a bundle mounted",
    sample: (context) => {
      const env = { ...context.env, INMEM_BUNDLES: join(context.dir, "stat.pyz") };
      const launcher = join(context.root, "build", "Release", "inmem-launcher");
      return childJson(launcher, ["-I", statFiles], { ...context, env }).then(told("stat"));
    },
  },
};

export const measures = {
  modules,
  files,
  "real-stat": realStat,
  "real-stat-threads": realStatThreads,
  "real-stat-launcher": realStatLauncher,
  "child-start": childStart,
};
