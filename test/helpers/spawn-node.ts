// test/helpers/spawn-node.ts: a fresh Node process, its output, and how it ended.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnToEnd } from "../../scripts/common/spawn.mjs";

/** The checkout: what a child's `require("inmem-python")` resolves from. */
export const packageRoot = join(__dirname, "..", "..");

/** The command line's script. */
export const commandLine = join(packageRoot, "dist", "cli", "main.js");

export interface SpawnOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Added to a clean environment: PATH, HOME, LANG and nothing else. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** SIGKILL after this; 60 000 ms by default. */
  readonly timeoutMs?: number;
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
  readonly nodeArgs?: readonly string[];
  /** Called with the child right after its start: to send signals. */
  readonly onSpawn?: (child: import("node:child_process").ChildProcess) => void;
}

export interface SpawnResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Makes each buffer a copy (docs/bridge-buffers.md): a suite that runs so has its children so. */
const CAGE = "INMEM_NO_EXTERNAL_BUFFERS";

/** The environment of children: no other variable of the caller's can change what they do. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = "/usr/bin:/bin", HOME = "/", [CAGE]: cage } = process.env;
  return { PATH, HOME, LANG: "C.UTF-8", ...(cage ? { [CAGE]: cage } : {}), ...extra };
}

/** Runs JavaScript source (CommonJS, as in `node -e`) from the checkout. */
export function spawnNode(source: string, options: SpawnOptions = {}): Promise<SpawnResult> {
  // A file, not -e: process.argv and stack traces are then those of a program.
  const dir = mkdtempSync(join(tmpdir(), "inmem-script-"));
  const script = join(dir, "script.cjs");
  const prelude = `require = require("node:module").createRequire(${JSON.stringify(join(packageRoot, "package.json"))});\n`;
  writeFileSync(script, prelude + source);
  return spawnScript(script, options).finally(() => rmSync(dir, { recursive: true }));
}

/** Runs the command line: `inmem-python ...args`. */
export function spawnCommand(
  args: readonly string[],
  options: Omit<SpawnOptions, "args"> = {},
): Promise<SpawnResult> {
  return spawnScript(commandLine, { ...options, args });
}

/** Runs a script file. */
export function spawnScript(script: string, options: SpawnOptions = {}): Promise<SpawnResult> {
  const args = [...(options.nodeArgs ?? []), script, ...(options.args ?? [])];
  return spawnProcess(options.node ?? process.execPath, args, options);
}

/** Runs any program in the clean environment. */
export async function spawnProcess(
  program: string,
  args: readonly string[],
  options: Omit<SpawnOptions, "args" | "node" | "nodeArgs"> = {},
): Promise<SpawnResult> {
  const { cwd = packageRoot, env, stdin = "", timeoutMs = 60_000, onSpawn } = options;
  const given = { cwd, env: cleanEnv(env), stdio: "pipe", stdin, timeoutMs, onSpawn } as const;
  const { status, ...ended } = await spawnToEnd(program, args, given);
  return { code: status, ...ended };
}
