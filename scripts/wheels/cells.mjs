// scripts/wheels/cells.mjs: one subject on disk, in memory by each tier, and by the launcher; the facts must be the same.
import { withScratch } from "../common/scratch.mjs";
import { commandLine, prepare } from "./prepare.mjs";
import { startProgram } from "./start-program.mjs";

/** As --load names them. */
export const tiers = ["memfd", "mapped", "tmpfs", "extract", "auto"];

/**
 * One run of one program.
 * @typedef {object} Cell
 * @property {string} run  "disk", "launcher", "deflated" or a tier.
 * @property {"passed" | "failed" | "skipped"} outcome
 * @property {string} [reason]
 * @property {number} seconds
 * @property {Objects} [objects]  In Node only.
 * @property {string[]} [written]  Under strace: what the program itself wrote.
 */

/**
 * The shared objects that a run loaded, added up.
 * @typedef {object} Objects
 * @property {number} count
 * @property {Record<string, number>} tiers  How many by which tier.
 * @property {number} sizeBytes
 * @property {number} copiedBytes
 * @property {number} mappedBytes
 * @property {number} milliseconds
 * @property {number | undefined} rebindings  Undefined where the addon does not count them.
 * @property {number | undefined} violations
 */

/**
 * @typedef {object} Settings
 * @property {string} pythonDir
 * @property {string[]} tiers
 * @property {Record<string, string>} refused  Tiers that this host or version refuses, with the reason.
 * @property {boolean} [strace]
 * @property {boolean} [extras]  With the launcher and the deflated bundle.
 * @property {string} [node]  Another Node.
 */

/**
 * Runs everything of one subject, one after another.
 * @param {import("./subjects.mjs").Subject} subject
 * @param {Settings} settings
 * @param {(cell: Cell) => void} [onCell]
 * @returns {Promise<Cell[]>}
 */
export async function runSubject(subject, settings, onCell = () => {}) {
  const prepared = await prepare(subject, settings.pythonDir);
  return withScratch("wheels", async (scratch) => {
    const server = (await subject.setup.start?.({ dir: subject.dir, scratch })) ?? {};
    try {
      return await runCells(subject, { ...settings, ...prepared, env: server.env }, onCell);
    } finally {
      await server.stop?.();
    }
  });
}

async function runCells(subject, settings, onCell) {
  const cells = [];
  const add = (cell) => {
    cells.push(cell);
    onCell(cell);
  };
  const disk = await attempt("disk", () => runOnDisk(subject, settings));
  add(disk);
  // Without the facts of the disk there is nothing to compare with.
  if (disk.outcome !== "passed") return cells;
  const plans = settings.tiers.map((tier) => ({ run: tier, tier, bundle: settings.bundle }));
  if (settings.extras && settings.deflated) {
    plans.push({ run: "deflated", tier: "auto", bundle: settings.deflated });
  }
  for (const plan of plans) {
    const reason = settings.refused[plan.tier];
    if (reason) add({ run: plan.run, outcome: "skipped", reason, seconds: 0 });
    else add(await attempt(plan.run, () => runInNode(subject, settings, plan, disk)));
  }
  if (settings.extras) {
    add(await attempt("launcher", () => runByLauncher(subject, settings, disk)));
  }
  return cells;
}

// A cell's work throws where the cell fails.
async function attempt(run, work) {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const more = await work();
    return { run, outcome: "passed", seconds: seconds(), ...more };
  } catch (error) {
    if (!(error instanceof CellFailure)) throw error;
    return { run, outcome: "failed", reason: error.message, seconds: seconds() };
  }
}

class CellFailure extends Error {}

function require(condition, message) {
  if (!condition) throw new CellFailure(message);
}

async function runOnDisk(subject, settings) {
  const { python, site } = settings;
  const env = { ...settings.env, PYTHONPATH: site };
  const ended = await start(subject, settings, [python, "-s", "-B", subject.main], env);
  return {
    facts: factsOf(ended),
    left: ended.left,
    written: ended.written?.map(({ path }) => path),
  };
}

async function runInNode(subject, settings, { run, tier, bundle }, disk) {
  const node = settings.node ?? process.execPath;
  const words = ["run", `--load=${tier}`, "--report=json", bundle];
  const ended = await start(subject, settings, [node, commandLine, ...words], settings.env);
  requireSameFacts(disk.facts, factsOf(ended));
  requireNothingLeft(subject, ended, disk);
  const report = reportOf(ended);
  const isOwn = ownFiles(subject);
  const fromDisk = report.modules.disk.filter((name) => !isOwn(name));
  require(fromDisk.length === 0, `modules that came from disk: ${fromDisk.join(", ")}`);
  const objects = sumUp(report.objects);
  requireGoodObjects(objects, run, tier);
  return { objects, written: checkWritten(subject, ended, disk, tier) };
}

async function runByLauncher(subject, settings, disk) {
  const node = settings.node ?? process.execPath;
  const { bundle } = settings;
  const command = [node, commandLine, "python", "--bundle", bundle, bundle];
  const ended = await start(subject, settings, command, settings.env);
  requireSameFacts(disk.facts, factsOf(ended));
  requireNothingLeft(subject, ended, disk);
  return {};
}

async function start(subject, settings, command, env) {
  const { timeoutSeconds } = subject.setup;
  const ended = await startProgram(command, { env, timeoutSeconds, strace: settings.strace });
  const { status, signal, timedOut, stderr } = ended;
  require(!timedOut, `took longer than ${timeoutSeconds ?? 120} s\n${tail(stderr)}`);
  require(status === 0, `ended with ${signal ?? `status ${status}`}\n${tail(stderr)}`);
  return ended;
}

function tail(text) {
  return text
    .split("\n")
    .filter((line) => !line.startsWith('{"objects":'))
    .slice(-25)
    .join("\n")
    .trimEnd();
}

// The program's last line: a JSON object of what it found.
function factsOf({ stdout, stderr }) {
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line);
  } catch {
    throw new CellFailure(`the last line is no JSON: ${line.slice(0, 200)}\n${tail(stderr)}`);
  }
}

function requireSameFacts(disk, memory) {
  const lines = differences(disk, memory, "").map((line) => `  ${line}`);
  require(lines.length === 0, `facts that differ from disk's:\n${lines.join("\n")}`);
}

function differences(disk, memory, name) {
  const [a, b] = [JSON.stringify(disk), JSON.stringify(memory)];
  if (a === b) return [];
  const isObject = (value) => value !== null && typeof value === "object";
  if (!isObject(disk) || !isObject(memory)) return [`${name}: ${b}, on disk ${a}`];
  const names = new Set([...Object.keys(disk), ...Object.keys(memory)]);
  const within = (key) => (name === "" ? key : `${name}.${key}`);
  return [...names].flatMap((key) => differences(disk[key], memory[key], within(key)));
}

/** tempfile's names are others each time. */
function plainName(path) {
  return path.replace(/tmp[a-z0-9_]{8}/g, "tmp*");
}

// What the program leaves on disk too is its own.
function requireNothingLeft(subject, { left }, disk) {
  const isOwn = ownFiles(subject);
  const own = new Set([...disk.left.map(plainName), "__pycache__"]);
  const other = left.filter((path) => !isOwn(path) && !own.has(plainName(path)));
  require(other.length === 0, `left in the temporary folder: ${other.join(", ")}`);
}

// What setup.mjs says that the program itself writes; what is in it may be a module.
function ownFiles({ setup }) {
  const patterns = Object.keys(setup.writes ?? {}).map((pattern) => new RegExp(pattern));
  return (name) => patterns.some((pattern) => pattern.test(name));
}

function reportOf({ stderr }) {
  const line = stderr.split("\n").findLast((text) => text.startsWith('{"objects":'));
  require(line, `no report on stderr:\n${tail(stderr)}`);
  return JSON.parse(line);
}

/** @returns {Objects} */
function sumUp(objects) {
  const byTier = {};
  for (const object of objects) {
    const tier = object.tier ?? object.method;
    byTier[tier] = (byTier[tier] ?? 0) + 1;
  }
  const sum = (name) => objects.reduce((total, object) => total + object[name], 0);
  const rebound = objects.flatMap(({ rebindings = [] }) => rebindings);
  const isCounted = (name) => objects.every((object) => name in object);
  return {
    count: objects.length,
    tiers: byTier,
    sizeBytes: sum("sizeBytes"),
    copiedBytes: sum("copiedBytes"),
    mappedBytes: sum("mappedBytes"),
    milliseconds: sum("milliseconds"),
    rebindings: isCounted("rebindings") ? rebound.length : undefined,
    violations: isCounted("violations") ? sum("violations") : undefined,
    violators: objects
      .filter((object) => object.violations)
      .map((object) => `${object.path}: ${object.violations}`),
  };
}

function requireGoodObjects(objects, run, tier) {
  require(objects.count > 0, "no shared object was loaded: the native part was not tested");
  const { violations, violators } = objects;
  require(!violations, `bindings unlike disk's:\n  ${violators.join("\n  ")}`);
  const used = Object.keys(objects.tiers);
  const allowed = run === "deflated" ? ["memfd"] : allowedTiers[tier];
  const other = used.filter((name) => !allowed.includes(name));
  require(other.length === 0, `objects of tier ${other.join(", ")} under --load=${tier}`);
  const wanted = run === "deflated" ? "memfd" : tier === "auto" ? undefined : tier;
  require(!wanted || objects.tiers[wanted] > 0, `no object of tier ${wanted}`);
}

// Deflated and unaligned entries are never mapped; `auto` may do all that needs no permission.
const allowedTiers = {
  memfd: ["memfd"],
  mapped: ["mapped", "memfd"],
  tmpfs: ["tmpfs"],
  extract: ["extract"],
  auto: ["mapped", "memfd", "tmpfs"],
};

// What the program writes on disk too is its own; tmpfs and extract write on purpose.
function checkWritten(subject, ended, disk, tier) {
  if (!ended.written || tier === "tmpfs" || tier === "extract") return undefined;
  const own = new Set((disk.written ?? []).map(plainName));
  const isOwn = ownFiles(subject);
  // Whoever uses tempfile makes it find a folder: it tries one with a file of eight letters.
  const isProbe = (path) => /\/tmp\/[a-z0-9_]{8}$/.test(path);
  const paths = ended.written.map(({ path }) => path).filter((path) => !isProbe(path));
  const unknown = paths.filter((path) => !own.has(plainName(path)) && !isOwn(path));
  require(unknown.length === 0, `files written:\n  ${unknown.join("\n  ")}`);
  return paths;
}
