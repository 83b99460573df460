// scripts/common/run.mjs: run a program with its output in a log file, and say what is going on in one line.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** A program that could not be started or that failed; `log` is where its output lies. */
export class RunError extends Error {
  constructor(message, { log, status } = {}) {
    super(message);
    this.name = "RunError";
    this.log = log;
    this.status = status;
  }
}

/** Print one line of progress. Standard error, so that a command's own output stays clean. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** The last `count` lines of a log, for an error message. */
export function tail(path, count = 40) {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n").slice(-count).join("\n");
  } catch {
    return "";
  }
}

/**
 * Run a program to its end. Output is appended to `log`; without `log` it is captured and returned.
 * libuv sets every signal of the child back to its default, SIGINT too: a build that was started in
 * the background of a shell would otherwise ignore it, and CPython's profile run fails then.
 */
export async function run(command, args = [], { cwd, env, log, input } = {}) {
  const shown = [command, ...args].join(" ");
  const file = log === undefined ? undefined : openLog(log, shown, cwd);
  try {
    const result = await start(command, args, { cwd, env, file, input });
    if (result.status === 0) return result;
    const what = result.signal
      ? `was ended by ${result.signal}`
      : `failed with status ${result.status}`;
    const detail = log === undefined ? result.stderr.trimEnd() : tail(log);
    const where = log === undefined ? "" : `\nThe whole log: ${log}`;
    throw new RunError(`${shown.slice(0, 200)} ${what}\n${detail}${where}`, {
      log,
      status: result.status,
    });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Like `run`, but a program that is absent or fails gives `undefined`. */
export async function tryRun(command, args, options) {
  try {
    return await run(command, args, options);
  } catch (error) {
    if (error instanceof RunError) return undefined;
    throw error;
  }
}

function openLog(log, shown, cwd) {
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, "a");
  writeSync(file, `\n$ ${shown}${cwd ? `    # in ${cwd}` : ""}\n`);
  return file;
}

function start(command, args, { cwd, env, file, input }) {
  return new Promise((resolve, reject) => {
    const output = file ?? "pipe";
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: [input === undefined ? "ignore" : "pipe", output, output],
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.stdin?.end(input);
    running.add(child);
    if (running.size === 1) process.on("SIGTERM", endRunning);
    child.on("error", (error) => {
      forget(child);
      reject(new RunError(`cannot start ${command}: ${error.message}`));
    });
    child.on("close", (status, signal) => {
      forget(child);
      resolve({ status, signal, stdout, stderr });
    });
  });
}

const running = new Set();

function forget(child) {
  running.delete(child);
  if (running.size === 0) process.off("SIGTERM", endRunning);
}

/** A make that outlives this process would go on writing where the next one builds. Ctrl-C reaches it by itself. */
function endRunning() {
  for (const child of running) child.kill("SIGTERM");
  process.exit(128 + 15);
}
