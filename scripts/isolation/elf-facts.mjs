// scripts/isolation/elf-facts.mjs: why a symbol may be another one in Node than on disk: copies, unique symbols, libstdc++.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** The only reasons for which a binding in Node may differ from disk's. */
export const reasons = {
  unique: "once in the process by its kind (STB_GNU_UNIQUE)",
  copy: "Node has copied the runtime's data to itself (copy relocation), and all use the copy",
  canonical:
    "Node, which is not position independent, has the function's address for all (its PLT)",
  runtime: "of the C++ runtime, an instance of which Node exports too",
  library: "in several libraries of the C library, which come in another order",
  late: "not bound by ld.so in Node, where what defines it came later: bound by the loader alone",
  weak: "a weak reference, which nothing on disk defines, and Node does",
  redirect: "goes through the loader on purpose",
};

const cLibrary = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"];

/**
 * @param {string} node  Path of the executable.
 * @param {string} site  The wheels on disk.
 */
export function readSymbolKinds(node, site) {
  let own;
  const unique = new Map();
  const uniqueOf = (object) => {
    if (!unique.has(object)) unique.set(object, uniqueSymbols(join(site, object)));
    return unique.get(object);
  };
  const isUnique = ({ disk, symbol }) =>
    disk.startsWith("bundle:") && uniqueOf(disk.slice("bundle:".length)).has(symbol);
  return {
    isUnique,
    /** @param {import("./compare.mjs").Reference} reference */
    reason(reference) {
      const { object, disk, bound, symbol } = reference;
      if (bound === "nobody") return reasons.late;
      if (disk === "nobody" && isWeak(join(site, object.slice(7)), symbol)) return reasons.weak;
      own ??= symbolsOfNode(node);
      if (isUnique(reference)) return reasons.unique;
      if (bound === "node" && own.copied.has(symbol)) return reasons.copy;
      if (bound === "node" && own.canonical.has(symbol)) return reasons.canonical;
      if (cLibrary.includes(disk) && cLibrary.includes(bound)) return reasons.library;
      if (disk === "libstdc++.so.6" && symbol.startsWith("_Z")) return reasons.runtime;
      if (disk === "libc.so.6" && bound === "python") return reasons.redirect;
      return `disk: ${disk}, Node: ${bound}`;
    },
  };
}

function readelf(...words) {
  return execFileSync("readelf", ["-W", ...words], { encoding: "utf8", maxBuffer: 2 ** 28 });
}

function isWeak(path, symbol) {
  const lines = readelf("--dyn-syms", path).split("\n");
  return lines.some((line) => line.includes(" WEAK ") && nameOf(line) === symbol);
}

function uniqueSymbols(path) {
  const lines = readelf("--dyn-syms", path).split("\n");
  return new Set(lines.filter((line) => line.includes(" UNIQUE ")).map(nameOf));
}

// Copied addresses have several names: `environ` is `__environ` too. An undefined symbol with a value is the address of
// a function's entry in the executable's PLT, which stands for the function everywhere.
function symbolsOfNode(node) {
  const copies = readelf("-r", node).matchAll(/^\w+ +\w+ R_X86_64_COPY +(\w+)/gm);
  const addresses = new Set([...copies].map(([, address]) => address));
  const lines = readelf("--dyn-syms", node).split("\n");
  const isCanonical = (line) => line.includes(" UND ") && !/^ *\d+: 0+ /.test(line);
  return {
    copied: new Set(lines.filter((line) => addresses.has(line.split(/\s+/)[2])).map(nameOf)),
    canonical: new Set(lines.filter(isCanonical).map(nameOf)),
  };
}

function nameOf(line) {
  return line.split(/\s+/)[8].split("@")[0];
}
