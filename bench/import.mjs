// bench/import.mjs: how fast pure Python code is imported from a bundle.
import { readFileSync } from "node:fs";
import { join } from "node:path";
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

export const measures = { modules, "child-start": childStart };
