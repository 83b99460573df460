// scripts/wheels/start-program.mjs: starts one program of the matrix in a clean place and collects how it ended.
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { withScratch } from "../common/scratch.mjs";
import { spawnToEnd } from "../common/spawn.mjs";
import { straceFiles } from "../strace.mjs";

/**
 * @typedef {object} Ended
 * @property {number | null} status
 * @property {string | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {boolean} timedOut
 * @property {string[]} left  Files that lie in the temporary folder afterwards.
 * @property {import("../strace.mjs").FileCall[]} [written]  Under strace only.
 */

/**
 * The program gets no variable of the caller's but PATH and LANG, a home and a
 * temporary folder of its own, and works in an empty folder.
 * @param {string[]} command
 * @param {{ env?: Record<string, string>, timeoutSeconds?: number, strace?: boolean }} [options]
 * @returns {Promise<Ended>}
 */
export async function startProgram(command, { env = {}, timeoutSeconds = 120, strace } = {}) {
  return withScratch("wheels", async (folder) => {
    const [cwd, home, tmp] = ["cwd", "home", "tmp"].map((name) => join(folder, name));
    for (const dir of [cwd, home, tmp]) mkdirSync(dir);
    const { PATH = "/usr/bin:/bin" } = process.env;
    const clean = { PATH, LANG: "C.UTF-8", HOME: home, TMPDIR: tmp, ...env };
    const left = () => readdirSync(tmp, { recursive: true }).sort();
    if (!strace) {
      const [program, ...args] = command;
      const timeoutMs = timeoutSeconds * 1000;
      const ended = await spawnToEnd(program, args, { cwd, env: clean, timeoutMs });
      return { ...ended, left: left() };
    }
    const limited = ["timeout", "--signal=KILL", String(timeoutSeconds), ...command];
    const seen = await straceFiles(limited, { cwd, env: clean });
    if (!seen) throw new Error("strace does not work here");
    const { status, signal, stdout, stderr } = seen;
    // The scratch folder has another name each time: the calls are compared.
    const written = seen.written.map((call) => ({
      ...call,
      path: (call.real || call.path).replace(folder, ""),
    }));
    return { status, signal, stdout, stderr, timedOut: status === 137, left: left(), written };
  });
}
