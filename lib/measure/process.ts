// lib/measure/process.ts: the process of one sample: started, waited for, its result read.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { InmemError } from "../errors.js";
import { timerDelay } from "../timers.js";
import { TIMED_PYTHON } from "./timed-python.js";
import type { SampleJob, SampleResult, Way } from "./ways.js";

const RESULT = 3;
const HOLD = 4;
/** How much of what a failed program said is told. */
const TOLD_LINES = 15;

export interface SampleSettings {
  /** Of the program: PATH and the like, with a TMPDIR of its own. */
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** The interpreter of the way `python`. */
  readonly python: string | undefined;
}

/** A process whose program has ended; with `hold` it stays until release(). */
export interface SampleProcess {
  readonly pid: number;
  readonly result: SampleResult;
  /** Lets it end, and waits for that. */
  release(): Promise<void>;
}

/**
 * Runs the program once in a new process.
 * @throws {InmemError} ERR_INMEM_BENCH: it failed or did not end in time.
 */
export async function takeSample(
  way: Way,
  job: SampleJob,
  settings: SampleSettings,
): Promise<SampleProcess> {
  const [program, args] = commandOf(way, job, settings.python);
  const started = process.hrtime.bigint();
  const child = spawn(program, args, {
    env: settings.env,
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
  });
  const ended = endOf(child);
  const stop = () => child.kill("SIGKILL");
  const timer = setTimeout(stop, timerDelay(settings.timeoutMs));
  settings.signal?.addEventListener("abort", stop);
  const said = collect(child.stderr as Readable);
  try {
    const line = await Promise.race([firstLine(child.stdio[RESULT] as Readable), ended]);
    const tooLong =
      process.hrtime.bigint() - started >=
      BigInt(Math.ceil(timerDelay(settings.timeoutMs))) * 1_000_000n;
    settings.signal?.throwIfAborted();
    if (typeof line !== "string") throw failure(way, line, said(), tooLong && settings.timeoutMs);
    const result = readResult(way, line, started);
    if (result.exitCode !== 0) {
      stop();
      throw failure(way, `exit status ${result.exitCode}`, said());
    }
    const release = async () => {
      (child.stdio[HOLD] as Writable).end();
      await ended;
    };
    if (!job.hold) await release();
    return { pid: child.pid as number, result, release };
  } finally {
    clearTimeout(timer);
    settings.signal?.removeEventListener("abort", stop);
  }
}

/** The proportional share of a process, all of its mappings. Source: Linux, Documentation/filesystems/proc.rst. */
export function pssBytes(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

function commandOf(way: Way, job: SampleJob, python: string | undefined): [string, string[]] {
  if (way.name !== "python") {
    return [process.execPath, [join(__dirname, "sample.js"), JSON.stringify(job)]];
  }
  const { folder, hold, args } = job;
  return [
    python as string,
    ["-I", "-c", TIMED_PYTHON, folder ?? "", hold ? "hold" : "end", ...args],
  ];
}

// A python tells by the clock when it was where; the start of the process is part of its way,
// as it is of whoever starts one.
function readResult(way: Way, line: string, started: bigint): SampleResult {
  const told = JSON.parse(line);
  if (way.name !== "python") return told;
  const { began, ended, ...rest } = told;
  const since = (nanoseconds: number) => (nanoseconds - Number(started)) / 1e6;
  return { ...rest, start: since(began), run: since(ended), written: { files: 0, bytes: 0 } };
}

function failure(way: Way, end: string | Ended, said: string, timeoutMs: number | false = false) {
  const how =
    timeoutMs !== false
      ? `did not end within ${timeoutMs / 1000} s (expected a program that ends; give it the arguments for that, or a larger --timeout)`
      : `failed: ${typeof end === "string" ? end : end.how}`;
  const lines = said.trimEnd().split("\n").slice(-TOLD_LINES).join("\n  ");
  return new InmemError(
    "ERR_INMEM_BENCH",
    `the program ${how}, ${way.label}${lines === "" ? "" : `\n  ${lines}`}`,
  );
}

interface Ended {
  readonly how: string;
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ how: error.message }));
    child.once("close", (code, signal) =>
      resolve({ how: signal === null ? `exit status ${code}` : `ended by ${signal}` }),
    );
  });
}

/** Never settles where no line comes: the end of the process tells. */
function firstLine(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) resolve(text);
    });
  });
}

function collect(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-1 << 16);
  });
  return () => text;
}
