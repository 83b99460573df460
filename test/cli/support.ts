// test/cli/support.ts: starts the command, and ends it by a signal at a known point.
import { type SpawnOptions, type SpawnResult, spawnCommand } from "../helpers/spawn-node.js";

/** Sends `signal` to the command when its stdout first holds "ready". */
export function spawnAndSignal(
  args: readonly string[],
  signal: NodeJS.Signals,
  options: Omit<SpawnOptions, "args" | "onSpawn"> = {},
): Promise<SpawnResult> {
  return spawnCommand(args, { ...options, onSpawn: signalWhenReady(signal) });
}

/** For `onSpawn`: sends `signal` when stdout first holds "ready". */
export function signalWhenReady(signal: NodeJS.Signals): NonNullable<SpawnOptions["onSpawn"]> {
  return (child) => {
    let seen = "";
    let sent = false;
    child.stdout?.on("data", (text: string) => {
      seen += text;
      if (!sent && seen.includes("ready")) sent = child.kill(signal);
    });
  };
}
