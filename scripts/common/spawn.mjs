// scripts/common/spawn.mjs: a program run to its end, with what it said and how it ended.
import { spawn } from "node:child_process";

/**
 * The texts are those of pipes, "" for what goes elsewhere.
 * @typedef {{ status: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string, timedOut: boolean }} Outcome
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{
 *   cwd?: string | undefined,
 *   env?: Record<string, string | undefined> | undefined,
 *   stdio?: import("node:child_process").StdioOptions,
 *   stdin?: string | Uint8Array,
 *   timeoutMs?: number,
 *   onSpawn?: ((child: import("node:child_process").ChildProcess) => void) | undefined,
 * }} [options]  SIGKILL after `timeoutMs`. `stdin` needs a pipe.
 * @returns {Promise<Outcome>}
 */
export function spawnToEnd(program, args, options = {}) {
  const { cwd, env, stdio = ["ignore", "pipe", "pipe"], stdin, timeoutMs, onSpawn } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio });
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    const kill = () => {
      timedOut = true;
      child.kill("SIGKILL");
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(kill, timeoutMs);
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    // A child that ends without reading its input is no failure.
    child.stdin?.on("error", () => {});
    if (stdin !== undefined) child.stdin?.end(stdin);
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout, stderr, timedOut });
    });
    onSpawn?.(child);
  });
}
