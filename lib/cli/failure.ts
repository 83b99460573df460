// lib/cli/failure.ts: tells a failure on stderr and gives the exit status.
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../binding.js";
import { InmemError, PythonError } from "../errors.js";

/** The program ended with an uncaught exception, as with `python`. */
export const EXIT_EXCEPTION = 1;
/** The command could not do its work, or was called in a wrong way. */
export const EXIT_FAILED = 2;

/** What a shell reports for a process that a signal ended. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** Prints what went wrong, and what to do about it; gives the exit status. */
export function reportFailure(error: unknown): number {
  // Python has printed the traceback.
  if (error instanceof PythonError) {
    return error.type === "KeyboardInterrupt" ? signalStatus("SIGINT") : EXIT_EXCEPTION;
  }
  if (error instanceof InmemError) {
    const lines = [`${error.code}: ${error.message}`];
    const remedy = remedyFor(error.code);
    if (remedy) lines.push(remedy);
    printError(lines.join("\n  "));
  } else if (error instanceof TypeError || error instanceof RangeError) {
    printError(error.message);
  } else if ((error as NodeJS.ErrnoException | undefined)?.syscall === "uv_cwd") {
    printError("the working directory is gone (expected one that is there, or absolute paths)");
  } else {
    printError(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return EXIT_FAILED;
}

/** One message of ours on stderr. */
export function printError(message: string): void {
  process.stderr.once("error", () => undefined); // nobody is left to be told
  process.stderr.write(`inmem-python: ${message}\n`);
}

// docs/errors.md comes from the same table as the codes and is in the package.
function remedyFor(code: string): string | undefined {
  try {
    const rows = readFileSync(join(packageRoot, "docs", "errors.md"), "utf8").split("\n");
    const row = rows.find((line) => line.startsWith(`| \`${code}\` |`));
    const remedy = row?.split(" | ").at(-1)?.replace(/ \|$/, "");
    // That one stands on the line above.
    return remedy?.startsWith("The message carries") ? undefined : remedy;
  } catch {
    return undefined; // the message stands on its own
  }
}
