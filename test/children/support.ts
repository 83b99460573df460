// test/children/support.ts: the two Pythons that children are: the launcher, and the stock one on disk.
import { type ChildProcess, spawn } from "node:child_process";

import { join } from "node:path";
import { diskPython } from "../helpers/disk-python.js";
import { cleanEnv, packageRoot } from "../helpers/spawn-node.js";

/** What `sys.executable` names. */
export const launcher = join(packageRoot, "build", "Release", "inmem-launcher");

export interface Case {
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each text of its output. */
  readonly onOutput?: (child: ChildProcess, text: string) => void;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a Python; in its output its own path reads PYTHON. */
export function startPython(python: string, what: Case): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = cleanEnv(what.env);
    const child = spawn(python, what.args, { cwd: what.cwd ?? "/", env, stdio: "pipe" });
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
        what.onOutput?.(child, chunk);
      });
    }
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    child.stdin.on("error", () => undefined);
    child.stdin.end(what.stdin ?? "");
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const plain = (chunk: string) => chunk.replaceAll(python, "PYTHON");
      resolve({ code, signal, stdout: plain(text.stdout), stderr: plain(text.stderr) });
    });
  });
}

/** The same in the launcher and in the stock interpreter. */
export async function bothPythons(what: Case): Promise<{ ours: Ended; stock: Ended }> {
  const [ours, stock] = await Promise.all(
    [launcher, diskPython()].map((p) => startPython(p, what)),
  );
  return { ours: ours as Ended, stock: stock as Ended };
}
