// scripts/strace.mjs: which files does a command create, or open for writing? Counted by strace.
//
// usage: node scripts/strace.mjs COMMAND [ARGS...]
// `npm start` and the tests import straceFiles(); by hand it prints what they see.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withScratch } from "./common/scratch.mjs";
import { spawnToEnd } from "./common/spawn.mjs";
import { which } from "./common/system-packages.mjs";
import { isMain, main } from "./house/main.mjs";

// Everything that opens, creates, renames or cuts a file by its name.
const opening = ["open", "openat", "openat2", "creat"];
const making = [
  "mkdir",
  "mkdirat",
  "mknod",
  "mknodat",
  "rename",
  "renameat",
  "renameat2",
  "link",
  "linkat",
  "symlink",
  "symlinkat",
  "truncate",
];
const calls = [...opening, ...making];

/**
 * One call that strace saw.
 * @typedef {object} FileCall
 * @property {string} call
 * @property {string} path  As the program gave it.
 * @property {string} real  What the kernel opened, where it opened something.
 * @property {string} flags
 * @property {boolean} ok
 */

/**
 * How the command ended, what it printed, and its calls, sorted.
 * @typedef {object} StraceResult
 * @property {number | null} status
 * @property {string | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {FileCall[]} written  Files made, changed or opened for writing.
 * @property {FileCall[]} refused  The same, where the kernel said no.
 * @property {FileCall[]} opens
 * @property {FileCall[]} pythonFiles  Opened files of a Python: modules, extensions, folders of packages.
 */

/**
 * Runs a command under `strace -f` and sorts its calls. `undefined` where
 * there is no strace, or it may not trace.
 * @param {string[]} command
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, stdio?: import("node:child_process").StdioOptions }} [options]
 * @returns {Promise<StraceResult | undefined>}
 */
export async function straceFiles(command, options = {}) {
  if (!which("strace")) return undefined;
  // The log is ours, not the command's: outside of all that is looked at.
  return withScratch("strace", async (dir) => {
    // A file a thread (-ff), so that no call is split into two lines; -y
    // names what a descriptor stands for.
    const args = [
      "-ff",
      "-qq",
      "-y",
      "-s",
      "4096",
      "-e",
      `trace=${calls.join(",")}`,
      "-e",
      "signal=none",
    ];
    const result = await spawnToEnd(
      "strace",
      [...args, "-o", join(dir, "log"), "--", ...command],
      options,
    );
    const logs = readdirSync(dir);
    if (logs.length === 0) return undefined;
    return {
      ...result,
      ...sortCalls(logs.flatMap((name) => parse(readFileSync(join(dir, name), "latin1")))),
    };
  });
}

/** @returns {FileCall[]} */
export function parse(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const [, call, args, result] = /^(\w+)\((.*)\)\s+= (.*)$/.exec(line) ?? [];
    if (call === undefined || !calls.includes(call)) continue;
    const names = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, name]) => name);
    found.push({
      call,
      path: names.at(-1) ?? "", // rename, link, symlink: the new name is the last
      real: /^\d+<(.*)>$/.exec(result)?.[1]?.replace(/ \(deleted\)$/, "") ?? "",
      flags:
        /\b(?:O_[A-Z_]+(?:\|O_[A-Z_]+)*)/.exec(args.replaceAll(/"(?:[^"\\]|\\.)*"/g, ""))?.[0] ??
        "",
      ok: !result.startsWith("-1"),
    });
  }
  return found;
}

/** Sorts calls: files written, attempts that failed, all opens, and opens of Python's files. */
export function sortCalls(all) {
  const writes = all.filter(writesFile);
  const opens = all.filter(({ call }) => opening.includes(call));
  return {
    written: writes.filter(({ ok }) => ok),
    refused: writes.filter(({ ok }) => !ok),
    opens,
    pythonFiles: opens.filter(({ ok, path, real }) => ok && isPythonFile(real || path)),
  };
}

function writesFile({ call, path, real, flags }) {
  if (making.includes(call)) return true;
  if (call !== "creat" && !/O_(WRONLY|RDWR|CREAT|TRUNC|TMPFILE)\b/.test(flags)) return false;
  return !isNoFile(real || path);
}

// What can be written without a file: terminals, the null device, pipes and
// sockets, memory files, and the kernel's own switches (a thread's name goes
// into /proc/self/task/N/comm).
function isNoFile(path) {
  return (
    /^\/dev\/(null|zero|full|tty|ptmx|pts\/\d+|console)$/.test(path) ||
    /^(pipe|socket|anon_inode):/.test(path) ||
    /^\/memfd:/.test(path) ||
    /^\/proc\//.test(path)
  );
}

function isPythonFile(path) {
  return (
    !/^\/memfd:/.test(path) &&
    /\.py[cio]?$|\/(site|dist)-packages\/|\/python3(\.\d+)?\/|\.cpython-\d+[^/]*\.so$|\.libs\/[^/]*\.so/.test(
      path,
    )
  );
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const result = await straceFiles(process.argv.slice(2), { stdio: "inherit" });
    if (!result) throw new Error("no strace here, or it may not trace");
    const show = ({ call, path, flags }) => console.log(`  ${call} ${path} ${flags}`);
    console.log(`files written: ${result.written.length}`);
    result.written.forEach(show);
    console.log(`refused: ${result.refused.length}`);
    result.refused.forEach(show);
    console.log(`files of Python opened: ${result.pythonFiles.length}`);
    result.pythonFiles.forEach(show);
    process.exitCode = result.status ?? 1;
  });
}
