// scripts/isolation/compare.mjs: one wheel's bindings in Node beside those of the disk install's python.
import { readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { run } from "../common/run.mjs";
import { commandLine, prepare } from "../wheels/prepare.mjs";
import { readSymbolKinds, reasons } from "./elf-facts.mjs";
import { runWithLinkerLog } from "./ld-debug.mjs";

/**
 * One reference of an object of the bundle.
 * @typedef {object} Reference
 * @property {string} object  Its path in the bundle.
 * @property {string} symbol
 * @property {string} disk  Who provides it on disk: an object of the bundle, "python", a library's name, or "nobody".
 * @property {string} linked  Who in Node, as the dynamic linker bound it.
 * @property {string} bound  Who in Node in the end: what the loader bound anew counts.
 */

/**
 * @typedef {object} Comparison
 * @property {number} objects
 * @property {number} references
 * @property {Reference[]} captured  Bound elsewhere in Node by the dynamic linker, though the bundle has the symbol.
 * @property {Reference[]} unique  Of them: to stay where they are, because of the symbol's kind.
 * @property {number} rebound  References to the bundle's own symbols that the loader says it bound anew.
 * @property {number} reboundToHost  The same to a library of the host.
 * @property {Reference[]} violations  Bound elsewhere than on disk in the end, though the bundle has the symbol.
 * @property {Record<string, string[]>} rest  Other differences: reason -> symbols.
 * @property {number} reported  Violations that the loader itself counts, in both runs.
 * @property {string[]} unlike  What the loader binds otherwise where nobody watches the dynamic linker.
 */

/**
 * @param {import("../wheels/subjects.mjs").Subject} subject
 * @param {{ pythonDir: string, node: string, executable?: string, tier?: string }} settings
 *   `node` starts Node; `executable` is its ELF file where `node` is a script.
 * @returns {Promise<Comparison>}
 */
export async function compareBindings(subject, { pythonDir, node, executable, tier = "auto" }) {
  const main = join(import.meta.dirname, "import-all.py");
  const { python, site, bundle } = await prepare({ ...subject, main }, pythonDir);
  const modules = extensionModules(site);
  const disk = await runWithLinkerLog([python, "-s", "-B", main, ...modules], {
    ...cleanEnv(),
    PYTHONPATH: site,
  });
  const words = [commandLine, "run", `--load=${tier}`, "--report=json", bundle, ...modules];
  const memory = await runWithLinkerLog([node, ...words], cleanEnv());
  if (memory.stdout !== disk.stdout) {
    throw new Error(`modules that cannot be imported: ${memory.stdout}, on disk: ${disk.stdout}`);
  }
  // Watched, the dynamic linker relocates all objects; else the loader does so with those that it maps.
  const alone = await run(node, words, { env: cleanEnv() });
  const [objects, own] = [memory, alone].map(reportIn);
  return compare({ disk, memory, objects, own, site, bundle, node: executable ?? node });
}

function reportIn({ stderr }) {
  const report = stderr.split("\n").findLast((line) => line.startsWith('{"objects"'));
  if (!report) throw new Error(`no report: ${stderr}`);
  return JSON.parse(report).objects;
}

/**
 * What is wrong with the bindings, a line each.
 * @param {Comparison} comparison
 * @returns {string[]}
 */
export function complaintsOf({ captured, unique, rebound, violations, rest, reported, unlike }) {
  const known = Object.values(reasons);
  const counted = captured.length - unique.length;
  const told = ({ object, symbol, disk, bound }) => `${object}: ${symbol}: ${bound}, disk ${disk}`;
  return [
    ...violations.map(told),
    ...Object.entries(rest)
      .filter(([reason]) => !known.includes(reason))
      .map(([reason, symbols]) => `${reason}: ${symbols.join(" ")}`),
    ...(reported === 0 ? [] : [`the loader counts ${reported} violations`]),
    ...unlike,
    ...(rebound === counted ? [] : [`${counted} captured, but ${rebound} bound anew`]),
  ];
}

function cleanEnv() {
  const { PATH = "/usr/bin:/bin", HOME = "/" } = process.env;
  return { PATH, HOME, LANG: "C.UTF-8" };
}

/** The importable names of the shared objects in a folder of installed wheels. */
function extensionModules(site) {
  const suffix = /\.(cpython-313-x86_64-linux-gnu|abi3)\.so$/;
  const names = readdirSync(site, { recursive: true }).filter((name) => suffix.test(name));
  return names.map((name) => name.replace(suffix, "").replaceAll("/", ".")).sort();
}

function compare({ disk, memory, objects, own, site, bundle, node }) {
  const onDisk = referencesOf(disk.bindings, diskNames(site));
  const names = memoryNames(objects, memory.bases, bundle);
  const inNode = referencesOf(memory.bindings, names);
  const rebound = reboundIn(objects, names);
  const references = [];
  for (const key of new Set([...onDisk.keys(), ...inNode.keys()])) {
    const [object, symbol] = key.split(" ");
    const [there, here] = [onDisk, inNode].map((side) => side.get(key) ?? "nobody");
    const bound = rebound.get(key) ?? here;
    references.push({ object, symbol, disk: there, linked: here, bound });
  }
  const differ = references.filter((each) => each.disk !== each.bound);
  const kinds = readSymbolKinds(node, site);
  const violations = differ.filter(
    (each) => isOfBundle(each.disk) && each.bound !== "nobody" && !kinds.isUnique(each),
  );
  const rest = {};
  for (const each of differ.filter((one) => !violations.includes(one))) {
    const reason = kinds.reason(each);
    rest[reason] = [...new Set([...(rest[reason] ?? []), each.symbol])].sort();
  }
  const captured = references.filter(
    ({ disk: there, linked }) => isOfBundle(there) && linked !== there && linked !== "nobody",
  );
  const toBundle = [...rebound.values()].filter(isOfBundle).length;
  return {
    objects: new Set(references.map(({ object }) => object)).size,
    references: references.length,
    captured,
    unique: captured.filter((each) => kinds.isUnique(each) && each.bound === each.linked),
    rebound: toBundle,
    reboundToHost: rebound.size - toBundle,
    violations,
    rest,
    reported: [...objects, ...own].reduce((sum, { violations: count }) => sum + count, 0),
    unlike: differencesOf(rebound, reboundIn(own, names), inNode),
  };
}

/** "object symbol" -> provider, of what the loader bound anew. */
function reboundIn(objects, names) {
  const rebound = new Map();
  for (const { path, rebindings } of objects) {
    for (const { symbol, to } of rebindings) rebound.set(`${names(path)} ${symbol}`, names(to));
  }
  return rebound;
}

// What the loader relocates itself was never bound to another object of the bundle, so that the
// report tells of less: of all that Node would have captured.
function differencesOf(rebound, own, linked) {
  const missing = [...rebound].filter(
    ([key, to]) => own.get(key) !== to && !isOfBundle(linked.get(key) ?? "bundle:"),
  );
  const more = [...own].filter(([key, to]) => rebound.get(key) !== to);
  return [
    ...missing.map(([key, to]) => `${key}: not told as bound to ${to} by the loader alone`),
    ...more.map(([key, to]) => `${key}: bound to ${to} by the loader alone`),
  ];
}

/** Objects of the bundle have a path in it, all others a name alone. */
function isOfBundle(name) {
  return name.startsWith("bundle:");
}

/** "object symbol" -> provider, of the references that objects of the bundle have. */
function referencesOf(bindings, nameOf) {
  const found = new Map();
  for (const { from, to, symbol } of bindings) {
    const object = nameOf(from);
    // A lookup by dlsym (PyInit_*) is told as a reference of the object to itself.
    if (isOfBundle(object) && !symbol.startsWith("PyInit_")) {
      found.set(`${object} ${symbol}`, nameOf(to));
    }
  }
  return found;
}

function diskNames(site) {
  return (path) => {
    if (path.startsWith(`${site}/`)) return `bundle:${relative(site, path)}`;
    return /python3(\.\d+)?$/.test(path) ? "python" : basename(path);
  };
}

// The linker's own names of a bundle's objects are paths below /proc/self/fd, which tell nothing, until the loader has
// named them; where they were loaded tells.
function memoryNames(objects, bases, bundle) {
  const byBase = new Map(objects.map(({ base, path }) => [base, path]));
  return (name) => {
    const path = byBase.get(bases.get(name)) ?? name;
    if (path.startsWith(`${bundle}/`)) return `bundle:${path.slice(bundle.length + 1)}`;
    return basename(path) === "inmem.node" ? "python" : basename(path);
  };
}
