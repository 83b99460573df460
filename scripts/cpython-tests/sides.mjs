// scripts/cpython-tests/sides.mjs: one file of CPython's tests by regrtest: from disk, from memory in the launcher, inside Node.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../common/run.mjs";
import { withScratch } from "../common/scratch.mjs";
import { root } from "../house/main.mjs";
import { startProgram } from "../wheels/start-program.mjs";
import { notRun } from "./compare.mjs";

const self = import.meta.dirname;

/** regrtest's resources: what needs no network, no screen and no hour. */
const resources = "subprocess,decimal,curses,tzdata";

/**
 * How one file ended on one side.
 * @typedef {object} FileResult
 * @property {"passed" | "failed" | "skipped" | "crashed" | "timeout"} outcome  Of the file as a whole.
 * @property {Record<string, { passed?: number, failed?: number, skipped?: number }>} tests
 * @property {Record<string, string>} reasons
 * @property {string} output  Its last lines, where it did not pass.
 * @property {number} seconds
 */

/** The sides by name: the command that stands for `python3`. */
export const sides = {
  disk: ({ python }) => ({ command: [python] }),
  launcher: ({ bundle }) => ({
    command: [join(root, "build", "Release", "inmem-launcher")],
    env: { INMEM_BUNDLES: bundle },
  }),
  node: ({ bundle }) => ({
    command: [process.execPath, join(root, "test", "cpython", "python-in-node.mjs"), bundle],
  }),
};

/**
 * @param {keyof typeof sides} side
 * @param {string} name  As regrtest lists it: `test_json`, `test.test_asyncio.test_tasks`.
 * @param {{ python: string, bundle: string, timeoutSeconds: number, rows: import("./compare.mjs").Row[] }} settings
 * @returns {Promise<FileResult>}
 */
export async function runFile(side, name, settings) {
  const { command, env } = sides[side](settings);
  const started = performance.now();
  return withScratch("cpython", async (scratch) => {
    const report = join(scratch, "junit.xml");
    const ignored = notRun(settings.rows, side).flatMap((pattern) => ["--ignore", pattern]);
    const words = ["-m", "test", "-u", resources, "--junit-xml", report, ...ignored, name];
    const ended = await startProgram([...command, ...words], {
      env: { ...env, TERM: "xterm" },
      timeoutSeconds: settings.timeoutSeconds,
    });
    const found = existsSync(report) ? await readReport(report, settings.python) : {};
    return {
      outcome: outcomeOf(ended, found.tests),
      tests: found.tests ?? {},
      reasons: found.reasons ?? {},
      output: ended.status === 0 ? "" : lastLines(`${ended.stdout}\n${ended.stderr}`),
      seconds: (performance.now() - started) / 1000,
    };
  });
}

// regrtest's status: 2 where a test failed, 3 where the environment changed, 4
// where no test ran. 77 is one file's "skipped".
function outcomeOf({ status, signal, timedOut, stdout }, tests) {
  if (timedOut) return "timeout";
  if (signal || status === null || status >= 128) return "crashed";
  if (/ skipped( -- .*)?$/m.test(stdout) && Object.keys(tests ?? {}).length === 0) return "skipped";
  if (status === 0 || status === 3) return "passed";
  return tests === undefined ? "crashed" : "failed";
}

async function readReport(path, python) {
  if (readFileSync(path).length === 0) return {};
  const { stdout } = await run(python, [join(self, "read_junit.py"), path]);
  return JSON.parse(stdout);
}

function lastLines(text) {
  return text.trimEnd().split("\n").slice(-60).join("\n");
}
