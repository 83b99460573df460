// lib/cli/python.ts: `inmem-python python`: the launcher as a child.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { launcherPath } from "../binding.js";
import { InmemError } from "../errors.js";
import { joinList } from "../list-variable.js";
import { LOAD_TIERS } from "../options.js";
import { relaySignals } from "./child-signals.js";
import { EXIT_FAILED, printError, signalStatus } from "./failure.js";

/**
 * Starts Python with the terminal or pipes of this process; gives its exit
 * status, or ends this process by the signal that ended it.
 * @throws {InmemError} ERR_INMEM_NO_BINARY when the launcher does not start.
 */
export async function pythonCommand(words: readonly string[]): Promise<number> {
  const { bundles, load, rest } = takeOptions(words);
  if (bundles === undefined) return EXIT_FAILED;
  const env = {
    ...process.env,
    ...(bundles.length > 0 ? { INMEM_BUNDLES: joinList(bundles) } : {}),
    ...(load === undefined ? {} : { INMEM_LOAD: load }),
  };
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

interface PythonOptions {
  /** Undefined after a wrong use, told. */
  readonly bundles?: string[];
  readonly load?: string;
  readonly rest: string[];
}

// Our options end at the first word that is not one of them: what follows is
// Python's, to the letter.
function takeOptions(words: readonly string[]): PythonOptions {
  const bundles: string[] = [];
  let load: string | undefined;
  let next = 0;
  for (; next < words.length; next++) {
    const word = words[next] as string;
    const name = ["--bundle", "--load"].find((n) => word === n || word.startsWith(`${n}=`));
    if (name === undefined) break;
    const value = word === name ? words[++next] : word.slice(name.length + 1);
    if (!value) return wrongUse(`option '${name}' argument missing`);
    if (name === "--load") {
      if (!(LOAD_TIERS as readonly string[]).includes(value)) {
        return wrongUse(`--load ${value}: allowed choices are ${LOAD_TIERS.join(", ")}`);
      }
      load = value;
      continue;
    }
    bundles.push(resolve(value));
  }
  return { bundles, ...(load === undefined ? {} : { load }), rest: words.slice(next) };
}

function wrongUse(message: string): PythonOptions {
  printError(`error: ${message}\n(inmem-python help python shows the usage)`);
  return { rest: [] };
}
