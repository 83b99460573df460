// bench/loader.mjs: how fast shared objects are there: one by one, by import, all; and what they take.
import { join } from "node:path";
import { run } from "../scripts/common/run.mjs";
import { objectsIn, readOnlyBytes } from "./loader/objects.mjs";
import { appBeside, matrix, together } from "./loader/wheels.mjs";
import { childJson } from "./runner/child.mjs";
import { summary } from "./runner/stats.mjs";

export const about =
  "shared objects from a bundle and from disk: time to load and to import, memory";

const programs = join(import.meta.dirname, "programs");
const runBundle = join(programs, "run-bundle.cjs");

const median = (samples, of) => summary(samples.map(of)).median;
const diskPython = ({ python }) => join(python, "disk", "bin", "python3");
const withEnv = (context, more) => ({ ...context, env: { ...context.env, ...more } });
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

// One object with the loader alone, in a program of its own: no Node, no Python.

const openblas = /^numpy\.libs\/libscipy_openblas64_-[^/]*\.so$/;

async function prepareOpenblas(context) {
  const { root } = context;
  await run("cmake", ["--build", join(root, "build"), "--target", "loader_bench"]);
  context.program = join(root, "build", "native", "loader", "loader_bench");
  context.numpy = await together(["numpy"], "import_modules.py", context);
  context.entry = objectsIn(context.numpy.site).find((name) => openblas.test(name));
}

const load = (tier, bundle) => (context) =>
  childJson(context.program, [tier, context.numpy[bundle], context.entry], context);

function shareOfBinding(samples) {
  const of = (key) => median(samples, (sample) => sample[key]);
  const whole = of("milliseconds");
  const binding = of("bindingMilliseconds");
  return [
    `of ours: ${whole.toFixed(2)} ms until it is bound, ${of("constructorMilliseconds").toFixed(2)} ms in its constructors`,
    `edits and binding: ${(binding * 1000).toFixed(0)} us, ${((100 * binding) / whole).toFixed(1)} % of the load`,
    `copied ${mib(of("copiedBytes"))}, mapped ${mib(of("mappedBytes"))} of ${mib(of("sizeBytes"))}`,
  ];
}

const mapped = {
  about: "numpy's OpenBLAS: mapped from the bundle / dlopen of the file",
  unit: "ms",
  limit: 2,
  runs: 41,
  prepare: prepareOpenblas,
  ours: { label: "mapped", sample: load("mapped", "bundle") },
  theirs: {
    label: "dlopen",
    sample: (context) =>
      childJson(context.program, ["disk", join(context.numpy.site, context.entry)], context),
  },
  notes: ({ ours }) => shareOfBinding(ours),
};

const memfd = {
  about: "numpy's OpenBLAS: copied into a memfd / mapped",
  unit: "ms",
  limit: 8,
  atLeast: true,
  runs: 21,
  prepare: prepareOpenblas,
  ours: { label: "memfd", sample: load("memfd", "bundle") },
  theirs: { label: "mapped", sample: load("mapped", "bundle") },
};

const deflated = {
  about: "numpy's OpenBLAS: from a deflated bundle (one thread) / mapped",
  unit: "ms",
  runs: 21,
  prepare: prepareOpenblas,
  ours: { label: "inflated into a memfd", sample: load("auto", "deflated") },
  theirs: { label: "mapped", sample: load("mapped", "bundle") },
};

// Imports, in a run and in the disk install's python.

function importing(subjects, modules) {
  const inRun = async (context) => {
    const args = [runBundle, context.root, context.wheels.bundle, "mapped"];
    const sample = await childJson(process.execPath, args, context);
    return { ...sample, value: sample.imported };
  };
  const fromDisk = async (context) => {
    const env = withEnv(context, { INMEM_BENCH_SITE: context.wheels.site });
    const args = ["-I", join(programs, "import_modules.py")];
    const { imported: value, ...rest } = await childJson(diskPython(context), args, env);
    return { ...rest, value };
  };
  return {
    about: `import ${modules.join(", ")}: in a run, mapped / from a warm folder with .pyc`,
    unit: "ms",
    limit: 0.9,
    runs: 15,
    prepare: async (context) => {
      context.env.INMEM_BENCH_MODULES = modules.join(" ");
      context.wheels = await together(subjects, "import_modules.py", context);
    },
    ours: { label: "run(), mapped", sample: inRun },
    theirs: { label: "python3 -I, from disk", sample: fromDisk },
    notes: ({ ours, theirs }) => [
      `modules at the end: ${ours[0].modules} in the run, ${theirs[0].modules} from disk`,
      objectsNote(ours),
    ],
  };
}

function objectsNote(samples) {
  const sum = (key) => (sample) => sample.objects.reduce((total, each) => total + each[key], 0);
  const count = samples[0].objects.length;
  const whole = median(samples, sum("milliseconds"));
  const binding = median(samples, sum("bindingMilliseconds"));
  const constructors = median(samples, sum("constructorMilliseconds"));
  return (
    `${count} objects: ${whole.toFixed(1)} ms, constructors ${constructors.toFixed(1)} ms; ` +
    `edits and binding ${((1000 * binding) / count).toFixed(0)} us an object, ` +
    `${((100 * binding) / whole).toFixed(1)} % of the load; ${sum("rebindings")(samples[0])} rebindings`
  );
}

// All objects of the matrix, by ctypes, a process for each of its wheels.

async function prepareAll(context) {
  context.subjects = [];
  context.refused = {};
  for (const wheels of await matrix(context)) {
    const app = appBeside(join(context.dir, wheels.name), "load_objects.py", wheels.bundle);
    const subject = { ...wheels, ...app, objects: objectsIn(wheels.site) };
    // What does not load from disk (a library that wants another one to be
    // there, or a display) is no object of this measure.
    const leaveOut = (names) => {
      subject.objects = subject.objects.filter((name) => !names.includes(name));
    };
    const disk = await loadFromDisk(subject, context, { mayFail: true });
    leaveOut(Object.keys(disk.failed));
    // What is refused on purpose (a library that PEP 600 does not leave to the
    // host) is told.
    const { failed } = await loadInRun(subject, context, "auto", { mayFail: true });
    leaveOut(Object.keys(failed));
    Object.assign(context.refused, failed);
    if (subject.objects.length > 0) context.subjects.push(subject);
  }
}

function loadingEnv(context, subject, base) {
  const objects = subject.objects.join("\n");
  return withEnv(context, {
    INMEM_BENCH_BASE: base,
    INMEM_BENCH_OBJECTS: objects,
    INMEM_BENCH_KILL: "1",
  });
}

async function loadFromDisk(subject, context, { mayFail = false } = {}) {
  const env = loadingEnv(context, subject, subject.site);
  const args = ["-I", join(programs, "load_objects.py")];
  return complete(await childJson(diskPython(context), args, env), subject, mayFail);
}

async function loadInRun(subject, context, tier, { mayFail = false } = {}) {
  const env = loadingEnv(context, subject, subject.base);
  const args = [runBundle, context.root, subject.app, tier];
  return complete(await childJson(process.execPath, args, env), subject, mayFail);
}

function complete({ loading: value, ...sample }, subject, mayFail) {
  const [[name, reason] = []] = Object.entries(sample.failed);
  if (name && !mayFail) throw new Error(`${subject.name}: ${name}: ${reason}`);
  return { ...sample, value };
}

const overAll = (load) => async (context) => {
  let value = 0;
  const each = {};
  const objects = [];
  for (const subject of context.subjects) {
    const sample = await load(subject, context);
    value += sample.value;
    each[subject.name] = sample.value;
    objects.push(...(sample.objects ?? []));
  }
  return { value, each, objects, refused: context.refused };
};

function wheelNotes({ ours, theirs }) {
  const names = Object.keys(ours[0].each);
  const width = Math.max(...names.map(({ length }) => length));
  const least = [0, 0];
  const lines = names.map((name) => {
    const [a, b] = [ours, theirs].map((samples) => summary(samples.map(({ each }) => each[name])));
    least[0] += a.min;
    least[1] += b.min;
    const medians = `${a.median.toFixed(2)} / ${b.median.toFixed(2)} ms`;
    const minima = `${a.min.toFixed(2)} / ${b.min.toFixed(2)} ms`;
    return `${name.padEnd(width)}  ${(a.median / b.median).toFixed(2)}: ${medians}, least ${minima}`;
  });
  const [a, b] = least;
  const all = `least of each wheel: ${a.toFixed(1)} / ${b.toFixed(1)} ms, ${(a / b).toFixed(2)}`;
  return [...lines, all];
}

function refusedNotes({ refused }) {
  const counts = new Map();
  for (const message of Object.values(refused)) {
    const [, need] = /needs (\S+), which is not there/.exec(message) ?? [];
    const reason = need ? `${need} is not the host's to give (PEP 600)` : message;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => `${count} objects left out: ${reason}`);
}

const all = {
  about: "all shared objects of test/wheels: in runs, mapped / python3, from disk",
  unit: "ms",
  limit: 1.3,
  runs: 5,
  prepare: prepareAll,
  ours: {
    label: "run(), mapped",
    sample: overAll((s, context) => loadInRun(s, context, "mapped")),
  },
  theirs: { label: "python3 -I, from disk", sample: overAll(loadFromDisk) },
  notes: ({ ours, theirs }) => [
    ...wheelNotes({ ours, theirs }),
    objectsNote(ours),
    ...refusedNotes(ours[0]),
  ],
};

const mappedShare = {
  about: "bytes mapped from the aligned bundles of test/wheels / read-only bytes of their objects",
  unit: "MiB",
  limit: 0.8,
  atLeast: true,
  runs: 1,
  warm: false,
  prepare: async (context) => {
    await prepareAll(context);
    context.loaded = [];
    for (const subject of context.subjects) {
      const { objects } = await loadInRun(subject, context, "auto");
      const onDisk = ({ path }) => join(subject.site, path.slice(subject.base.length + 1));
      context.loaded.push(...objects.map((each) => ({ ...each, onDisk: onDisk(each) })));
    }
  },
  ours: {
    label: "mapped",
    sample: ({ loaded, refused }) => ({
      value: loaded.reduce((sum, { mappedBytes }) => sum + mappedBytes, 0) / 2 ** 20,
      loaded,
      refused,
    }),
  },
  theirs: {
    label: "read-only",
    sample: ({ loaded }) => ({
      value: loaded.reduce((sum, { onDisk }) => sum + readOnlyBytes(onDisk), 0) / 2 ** 20,
    }),
  },
  notes({ ours: [{ loaded, refused }] }) {
    const reasons = new Map();
    for (const { tier, reason } of loaded) {
      const key = `${tier}: ${reason}`;
      reasons.set(key, (reasons.get(key) ?? 0) + 1);
    }
    const copied = loaded.reduce((sum, { copiedBytes }) => sum + copiedBytes, 0);
    return [
      ...[...reasons].map(([reason, count]) => `${count} x ${reason}`),
      `copied: ${mib(copied)}`,
      ...refusedNotes({ refused }),
    ];
  },
};

// Memory of processes that hold the same wheels. By the launcher, which is
// Python without V8: what Node itself takes is no matter of the loader.

const processes = 8;
const held = ["numpy", "scipy.linalg", "scipy.sparse", "scipy.stats", "pandas"];

const launched = (tier, { family = false, more = {} } = {}) =>
  function heldByLauncher(context) {
    const { root, wheels } = context;
    const env = { INMEM_BUNDLES: wheels.bundle, INMEM_LOAD: tier, ...more };
    const command = [join(root, "build", "Release", "inmem-launcher"), wheels.bundle];
    return sumPss(context, env, command, family);
  };

const heldFromDisk = (context) =>
  sumPss(context, { INMEM_BENCH_SITE: context.wheels.site }, [
    diskPython(context),
    ...["-I", join(programs, "hold.py")],
  ]);

// A family is one that starts the others once it holds the wheels itself.
async function sumPss(context, env, command, family = false) {
  const args = ["-I", join(programs, "sum_pss.py"), String(family ? 1 : processes), ...command];
  const own = family ? { INMEM_BENCH_CHILDREN: String(processes - 1) } : {};
  const sample = await childJson(diskPython(context), args, withEnv(context, { ...env, ...own }));
  if (sample.processes !== processes) throw new Error(`${sample.processes} processes`);
  return { ...sample, value: sample.value / 1024 };
}

function pss(tier, { limit, label = `inmem-launcher, ${tier}`, how = {} } = {}) {
  const tell = ([{ pss: counted, anonymous, memoryFiles, beyondPss }]) =>
    `Pss ${mib(counted * 1024)} (${mib(anonymous * 1024)} of it anonymous), ` +
    `${mib(beyondPss * 1024)} beyond it in ${memoryFiles} memory files`;
  return {
    about: `${processes} processes that hold ${held.join(", ")}: ${tier} / from disk`,
    unit: "MiB",
    limit,
    runs: 3,
    warm: false,
    prepare: async (context) => {
      context.env.INMEM_BENCH_MODULES = held.join(" ");
      context.wheels = await together(["scipy", "pandas"], "hold.py", context);
    },
    ours: { label, sample: launched(tier, how) },
    theirs: { label: "python3 -I, from disk", sample: heldFromDisk },
    notes: ({ ours, theirs }) => [`${tier}: ${tell(ours)}`, `from disk: ${tell(theirs)}`],
  };
}

export const measures = {
  mapped,
  memfd,
  deflated,
  "import-numpy": importing(["numpy"], ["numpy"]),
  "import-scipy-pandas": importing(
    ["scipy", "pandas"],
    ["scipy.linalg", "scipy.sparse", "scipy.stats", "pandas"],
  ),
  all,
  "mapped-share": mappedShare,
  pss: pss("mapped", { limit: 1.1 }),
  "pss-memfd": pss("memfd", { how: { more: { INMEM_SHARED: "off" } } }),
  "pss-shared": pss("memfd", { label: "one and its children, memfd", how: { family: true } }),
};
