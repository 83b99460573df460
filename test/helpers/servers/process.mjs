// test/helpers/servers/process.mjs: a server as a child process of a test: started, waited for, ended.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What is started with it must end with it, also when a test forgets or dies. */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts a program and waits until `ready(output)` gives true (asked ten times a second).
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, signal?: NodeJS.Signals, seconds?: number,
 *   after?: () => void, ready: (output: string) => boolean | Promise<boolean> }} options
 *   `signal` is what asks it to end; SIGKILL follows after five seconds; `after` is done when it is gone.
 * @returns {Promise<{ stop(): Promise<void>, output(): string, pid: number }>}
 */
export async function startServer(command, args, options) {
  const { env = process.env, cwd, signal = "SIGTERM", seconds = 60, after, ready } = options;
  const child = spawn(command, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let failure;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output = (output + text).slice(-100_000);
    });
  }
  const ended = new Promise((resolve) => {
    child.on("error", (error) => {
      failure = error;
      resolve();
    });
    child.on("close", resolve);
  });
  running.add(child);
  void ended.then(() => {
    running.delete(child);
    after?.();
  });
  const server = {
    pid: child.pid,
    output: () => output,
    async stop() {
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
  const until = Date.now() + seconds * 1000;
  while (!(await ready(output))) {
    const gone = failure || child.exitCode !== null || child.signalCode !== null;
    if (gone || Date.now() > until) {
      if (!gone) await server.stop();
      const why = failure?.message ?? (gone ? "it ended" : `not ready after ${seconds} s`);
      throw new Error(`${command}: ${why}\n${output.slice(-4000)}`);
    }
    await sleep(100);
  }
  return server;
}

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
