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
 * @throws {InmemError} ERR_INMEM_NO_BINARY when the launcher does not start; ERR_INMEM_KEY.
 */
export async function pythonCommand(words: readonly string[]): Promise<number> {
  const { bundles, load, verify, verifyFull, rest } = takeOptions(words);
  if (bundles === undefined) return EXIT_FAILED;
  const env = {
    ...process.env,
    ...(bundles.length > 0 ? { INMEM_BUNDLES: joinList(bundles) } : {}),
    ...(load === undefined ? {} : { INMEM_LOAD: load }),
    ...(verify === undefined ? {} : { INMEM_VERIFY: spelled(verify, verifyFull) }),
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

// Loaded where it is needed alone: most starts verify nothing.
function spelled(key: string, full: boolean): string {
  const { spellVerification } = require("../trust.js") as typeof import("../trust.js");
  return spellVerification(key, full);
}

interface PythonOptions {
  /** Undefined after a wrong use, told. */
  readonly bundles?: string[];
  readonly load?: string;
  /** Path of the public key that the bundles must be signed with. */
  readonly verify?: string;
  readonly verifyFull: boolean;
  readonly rest: string[];
}

const WITH_VALUE = ["--bundle", "--load", "--verify"];

// Our options end at the first word that is not one of them: what follows is
// Python's, to the letter.
function takeOptions(words: readonly string[]): PythonOptions {
  const bundles: string[] = [];
  const given: { load?: string; verify?: string } = {};
  let verifyFull = false;
  let next = 0;
  for (; next < words.length; next++) {
    const word = words[next] as string;
    if (word === "--verify-full") {
      verifyFull = true;
      continue;
    }
    const name = WITH_VALUE.find((n) => word === n || word.startsWith(`${n}=`));
    if (name === undefined) break;
    const value = word === name ? words[++next] : word.slice(name.length + 1);
    if (!value) return wrongUse(`option '${name}' argument missing`);
    if (name === "--bundle") bundles.push(resolve(value));
    if (name === "--load") given.load = value;
    if (name === "--verify") given.verify = value;
  }
  const { load, verify } = given;
  if (load !== undefined && !(LOAD_TIERS as readonly string[]).includes(load)) {
    return wrongUse(`--load ${load}: allowed choices are ${LOAD_TIERS.join(", ")}`);
  }
  if (verify !== undefined && bundles.length === 0) {
    return wrongUse("--verify without a bundle that it could check (expected --bundle, too)");
  }
  if (verifyFull && verify === undefined) {
    return wrongUse("--verify-full needs --verify, the public key");
  }
  return { bundles, ...given, verifyFull, rest: words.slice(next) };
}

function wrongUse(message: string): PythonOptions {
  printError(`error: ${message}\n(inmem-python help python shows the usage)`);
  return { verifyFull: false, rest: [] };
}
