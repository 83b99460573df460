// lib/inspect/import-times.ts: how long each import of a run took, by CPython's own -X importtime.
import { spawn } from "node:child_process";
import { launcherPath } from "../binding.js";
import { InmemError } from "../errors.js";
import { joinList } from "../list-variable.js";
import { timerDelay } from "../timers.js";

export interface ImportNode {
  readonly name: string;
  /** Of the module itself, in microseconds. */
  readonly self: number;
  /** With what it imported. */
  readonly total: number;
  readonly children: readonly ImportNode[];
}

/** What the run itself did. */
export interface ImportRun {
  readonly exitCode: number | null;
  readonly imports: readonly ImportNode[];
}

const RUN = `import runpy, sys
path = sys.argv[0] = sys.argv.pop(1)
runpy.run_path(path, run_name="__main__")`;

/**
 * Runs the bundle in a process of its own, what it writes to stderr going to ours; gives the imports that the program did.
 * @throws {InmemError} ERR_INMEM_NO_BINARY; ERR_INMEM_BENCH: it did not end in time.
 * @throws {unknown} the reason of `signal`, which ends it.
 */
export async function measureImports(
  bundle: string,
  args: readonly string[],
  signal: AbortSignal,
  timeoutMs: number,
): Promise<ImportRun> {
  const words = ["-X", "importtime", "-c", RUN, bundle, ...args];
  const env = { ...process.env, INMEM_BUNDLES: joinList([bundle]) };
  const child = spawn(launcherPath(), words, { env, stdio: ["ignore", "ignore", "pipe"] });
  let isLate = false;
  const stop = () => child.kill("SIGKILL");
  const timer = setTimeout(() => {
    isLate = stop();
  }, timerDelay(timeoutMs));
  signal.addEventListener("abort", stop);
  const chunks: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", (cause) =>
      reject(new InmemError("ERR_INMEM_NO_BINARY", `the launcher does not start: ${cause}`)),
    );
    child.on("close", resolve);
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  });
  signal.throwIfAborted();
  const text = Buffer.concat(chunks).toString("utf8");
  // What else stands there is the program's own.
  const others = text.split("\n").filter((line) => !line.startsWith("import time:"));
  process.stderr.write(others.join("\n"));
  if (isLate) throw notInTime(bundle, timeoutMs);
  return { exitCode, imports: parseImportTimes(text) };
}

function notInTime(bundle: string, timeoutMs: number): InmemError {
  return new InmemError(
    "ERR_INMEM_BENCH",
    `${bundle} did not end within ${timeoutMs / 1000} s (expected a program that ends; give it the arguments for that, or a larger --timeout)`,
  );
}

const LINE = /^import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)$/;

/** Each line comes after those of what the module imported, which stand two columns further right. */
export function parseImportTimes(text: string): ImportNode[] {
  const open: { depth: number; node: ImportNode }[] = [];
  for (const line of text.split("\n")) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, self = "0", total = "0", indent = "", name = ""] = match;
    const depth = indent.length / 2;
    const at = open.findIndex((one) => one.depth > depth);
    const children = at < 0 ? [] : open.splice(at).map(({ node }) => node);
    open.push({ depth, node: { name, self: Number(self), total: Number(total), children } });
  }
  return open.map(({ node }) => node);
}
