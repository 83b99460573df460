// lib/cli/python.ts: `inmem-python python`: the launcher as a child.
import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, resolve } from "node:path";
import { launcherPath } from "../binding.js";
import { InmemError } from "../errors.js";
import { EXIT_FAILED, printError, signalStatus } from "./failure.js";

/** Sent to us alone, as a service manager does; the child must end too. */
const FORWARDED: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP"];

/**
 * Starts Python with the terminal or pipes of this process; gives its exit
 * status, or ends this process by the signal that ended it.
 * @throws {InmemError} ERR_INMEM_NO_BINARY when the launcher does not start.
 */
export async function pythonCommand(words: readonly string[]): Promise<number> {
  const { bundles, rest } = takeBundles(words);
  if (bundles === undefined) return EXIT_FAILED;
  const env =
    bundles.length > 0 ? { ...process.env, INMEM_BUNDLES: bundles.join(delimiter) } : process.env;
  const path = launcherPath();
  const child = spawn(path, rest, { env, stdio: "inherit" });
  const letGo = relaySignals(child);
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
    (resolveEnd, reject) => {
      child.once("exit", (...end) => resolveEnd(end));
      child.once("error", (cause) => {
        const message = `cannot start ${path}: ${cause.message}`;
        reject(new InmemError("ERR_INMEM_NO_BINARY", message, { cause }));
      });
    },
  ).finally(letGo);
  if (signal === null) return status ?? EXIT_FAILED;
  process.kill(process.pid, signal);
  // Reached where the signal is one that does not end us.
  return signalStatus(signal);
}

// Our options end at the first word that is not one of them: what follows is
// Python's, to the letter. `bundles` is undefined after a wrong use, told.
function takeBundles(words: readonly string[]): { bundles?: string[]; rest: string[] } {
  const bundles: string[] = [];
  let next = 0;
  for (; next < words.length; next++) {
    const word = words[next] as string;
    const isPair = word === "--bundle";
    if (!isPair && !word.startsWith("--bundle=")) break;
    const path = isPair ? words[++next] : word.slice("--bundle=".length);
    if (!path) return wrongUse("option '--bundle <file>' argument missing");
    const absolute = resolve(path);
    if (absolute.includes(delimiter)) {
      return wrongUse(`a bundle's path may not contain "${delimiter}": ${absolute}`);
    }
    bundles.push(absolute);
  }
  return { bundles, rest: words.slice(next) };
}

function wrongUse(message: string): { rest: string[] } {
  printError(`error: ${message}\n(inmem-python help python shows the usage)`);
  return { rest: [] };
}

// Ctrl-C reaches the child itself, which is in the terminal's foreground group
// as we are: Python decides what it means, and we only must not die of it.
function relaySignals(child: ChildProcess): () => void {
  const stay = () => undefined;
  const forward = (name: NodeJS.Signals) => child.kill(name);
  process.on("SIGINT", stay);
  for (const name of FORWARDED) process.on(name, forward);
  return () => {
    process.off("SIGINT", stay);
    for (const name of FORWARDED) process.off(name, forward);
  };
}
