// lib/bundle/python-child.ts: starts the package's own Python as a child.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { launcherPath } from "../binding.js";
import { InmemError } from "../errors.js";

/** How much of a child's stderr a message carries, from its end. */
const STDERR_LIMIT = 16_384;

export interface ChildSettings {
  /** Ends the child. */
  readonly signal?: AbortSignal | undefined;
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends with all that it has started, such as builds of wheels. */
  readonly ownGroup?: boolean;
  /** What comes out depends on what goes in alone: sets have one order in every process. */
  readonly reproducible?: boolean;
}

/** A running child, and what it said and how it ended. */
export interface PythonChild {
  readonly process: ChildProcessWithoutNullStreams;
  /** Settles when the child is gone: its exit status, or the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** The last of what it wrote to stderr so far. */
  stderrTail(): string;
}

/**
 * Starts the launcher with `-I`: neither PYTHON* variables nor a file of the
 * working directory may take part in making a bundle. pip's own settings
 * (PIP_*, proxies, netrc) are passed on.
 * @throws {InmemError} ERR_INMEM_NO_BINARY when there is no launcher.
 */
export function startPython(args: readonly string[], settings: ChildSettings = {}): PythonChild {
  const { signal, env, ownGroup = false, reproducible = false } = settings;
  // -I would ignore the one variable that sets the seed of hashes.
  const isolation = reproducible ? ["-s", "-P"] : ["-I"];
  const base = reproducible ? seededEnvironment() : childEnvironment();
  const child = spawn(launcherPath(), [...isolation, ...args], {
    env: { ...base, ...env },
    detached: ownGroup,
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_LIMIT);
  });
  // A child that is gone already shows in `ended`, not as EPIPE here.
  child.stdin.on("error", () => undefined);
  const kill = () => (ownGroup ? killGroup(child) : child.kill("SIGTERM"));
  if (signal?.aborted) kill();
  signal?.addEventListener("abort", kill, { once: true });
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", (cause) => {
      const message = `cannot start ${child.spawnfile}: ${cause.message}`;
      reject(new InmemError("ERR_INMEM_NO_BINARY", message, { cause }));
    });
    child.once("close", (status, name) => resolve(status ?? name ?? "SIGKILL"));
  }).finally(() => signal?.removeEventListener("abort", kill));
  ended.catch(() => undefined); // its users come later than it may fail
  return { process: child, ended, stderrTail: () => stderr.trim() };
}

// The bundles of a Python that we may be running under are not for these.
function childEnvironment(): NodeJS.ProcessEnv {
  const { INMEM_BUNDLES: _, INMEM_LOAD: _load, ...environment } = process.env;
  return environment;
}

// As -I has it but for the seed: none of the user's PYTHON* variables.
function seededEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(childEnvironment()).filter(([name]) => !name.startsWith("PYTHON"));
  return { ...Object.fromEntries(entries), PYTHONHASHSEED: "0" };
}

function killGroup(child: ChildProcessWithoutNullStreams): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  } catch {
    child.kill("SIGTERM"); // the group is gone, or was never there
  }
}
