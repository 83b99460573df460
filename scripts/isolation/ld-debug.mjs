// scripts/isolation/ld-debug.mjs: what the dynamic linker says of each binding (LD_DEBUG=bindings,files under LD_BIND_NOW=1).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../common/run.mjs";
import { withScratch } from "../common/scratch.mjs";

/**
 * A symbol that an object refers to, and the object that the dynamic linker found it in.
 * @typedef {object} Binding
 * @property {string} from  As the dynamic linker names the objects.
 * @property {string} to
 * @property {string} symbol
 * @property {string} version  "" where the reference has none.
 */

/**
 * @typedef {object} LinkerLog
 * @property {Binding[]} bindings  In the order in which they were made; each once.
 * @property {Map<string, number>} bases  Where each file was loaded.
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Runs a program and gives what the dynamic linker told in it, not in its children.
 * @param {string[]} command
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<LinkerLog>}
 */
export async function runWithLinkerLog(command, env) {
  return withScratch("bindings", async (folder) => {
    const output = join(folder, "log");
    // The process's id is the name of its log: the shell becomes the program.
    const script = `echo $$ > "$0.pid"; exec env LD_DEBUG=bindings,files LD_BIND_NOW=1 LD_DEBUG_OUTPUT="$0" "$@"`;
    const { stdout, stderr } = await run("/bin/sh", ["-c", script, output, ...command], { env });
    const pid = readFileSync(`${output}.pid`, "utf8").trim();
    return { ...parseLinkerLog(readFileSync(`${output}.${pid}`, "utf8")), stdout, stderr };
  });
}

const bindingLine =
  /binding file (.*) \[\d+\] to (.*) \[\d+\]: \w+ symbol `([^']*)'(?: \[(.*)\])?$/;
const fileLine = /file=(.*) \[\d+\]; {2}generating link map$/;
const baseLine = /dynamic: 0x[0-9a-f]+ {2}base: 0x([0-9a-f]+) /;

/** @param {string} text */
export function parseLinkerLog(text) {
  const bindings = new Map();
  const bases = new Map();
  let file;
  for (const line of text.split("\n")) {
    const found = bindingLine.exec(line);
    if (found) {
      const [, from, to, symbol, version = ""] = found;
      bindings.set([from, symbol, version].join("\0"), { from, to, symbol, version });
      continue;
    }
    const base = baseLine.exec(line);
    if (base && file !== undefined) bases.set(file, Number.parseInt(base[1], 16));
    file = fileLine.exec(line)?.[1];
  }
  return { bindings: [...bindings.values()], bases };
}
