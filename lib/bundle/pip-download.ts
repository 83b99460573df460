// lib/bundle/pip-download.ts: lets pip choose and fetch the wheels.
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { InmemError } from "../errors.js";
import { startPython } from "./python-child.js";

/** What pip is asked for. */
export interface PipRequest {
  readonly requirements: readonly string[];
  readonly requirementFiles: readonly string[];
  /** A private folder: the wheels are put there, and all that pip leaves behind. */
  readonly folder: string;
  /** Told each line that pip prints. */
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads the wheels that this interpreter needs; gives their paths, sorted.
 * @throws {InmemError} ERR_INMEM_BUNDLER with pip's own reasons.
 */
export async function pipDownload(request: PipRequest): Promise<string[]> {
  const wheels = join(request.folder, "wheels");
  const scratch = join(request.folder, "tmp");
  await mkdir(scratch);
  // pip's own temporary folders outlive a pip that is ended early.
  const child = startPython(pipArguments(request, wheels), {
    signal: request.signal,
    env: { TMPDIR: scratch },
  });
  child.process.stdin.end();
  const lines: string[] = [];
  createInterface({ input: child.process.stdout }).on("line", (line) => {
    lines.push(line);
    request.onLine(line);
  });
  const status = await child.ended;
  request.signal?.throwIfAborted();
  if (status !== 0) {
    const how = typeof status === "number" ? `exit status ${status}` : status;
    const reasons = [`pip failed (${how}):`, child.stderrTail(), ...conflictIn(lines)];
    throw new InmemError("ERR_INMEM_BUNDLER", reasons.join("\n").trimEnd());
  }
  return wheelsIn(wheels);
}

function pipArguments(request: PipRequest, wheels: string): string[] {
  return [
    ...["-m", "pip", "download"],
    ...["--disable-pip-version-check", "--no-input", "--progress-bar", "off"],
    ...["--only-binary", ":all:", "--dest", wheels],
    ...request.requirementFiles.flatMap((path) => ["-r", path]),
    // After this a word can be a requirement only, never an option.
    "--",
    ...request.requirements,
  ];
}

// Which requirements exclude each other pip tells on stdout, among its progress.
function conflictIn(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex((line) => line.startsWith("The conflict is caused by"));
  return start < 0 ? [] : lines.slice(start);
}

async function wheelsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  const other = names.find((name) => !name.endsWith(".whl"));
  if (other !== undefined) {
    const message = `${other} is not a wheel (expected wheels only; build it first: pip wheel)`;
    throw new InmemError("ERR_INMEM_BUNDLER", message);
  }
  return names.map((name) => join(folder, name));
}
