// lib/cli/output.ts: what a command writes: files that were asked for, and its own stdout and stderr.
import { writeFileSync } from "node:fs";
import { notWritable } from "../file-failure.js";
import { EXIT_FAILED } from "./failure.js";
import { abortRelays } from "./signals.js";

/** @throws {InmemError} ERR_INMEM_OUTPUT. */
export function writeOutput(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

/** 128 + SIGPIPE, as a shell tells of whoever wrote where nobody reads any more. */
const EXIT_PIPE = 141;

let lost: number | undefined;
let isGuarded = false;

/**
 * From now on output that cannot be written ends the command: its work is aborted, and the exit
 * status tells. Where nobody reads any more there is nothing to say. (Not at each start: to look at
 * process.stdout makes a stream of it.)
 */
export function guardOutput(): void {
  if (isGuarded) return;
  isGuarded = true;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (lost !== undefined) return;
    lost = error.code === "EPIPE" ? EXIT_PIPE : EXIT_FAILED;
    process.exitCode = lost;
    if (error.code !== "EPIPE") {
      process.stderr.write(`inmem-python: stdout cannot be written: ${error.message}\n`);
    }
    abortRelays("SIGPIPE");
  });
  process.stderr.on("error", () => undefined); // nobody is left to be told
}

/** The exit status of a command that ended with `status`. */
export function statusOf(status: number): number {
  return lost ?? status;
}
