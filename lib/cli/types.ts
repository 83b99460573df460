// lib/cli/types.ts: `inmem-python types`.
import { types } from "../types/types.js";
import { signalStatus } from "./failure.js";
import { SignalRelay } from "./signals.js";

/** The options as commander gives them. */
export interface TypesFlags {
  readonly output?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/**
 * Writes the declarations and tells what was not understood; gives the exit status.
 * @throws {InmemError} what types() rejects with.
 */
export async function typesCommand(
  bundle: string,
  modules: readonly string[],
  { output, quiet = false, json = false }: TypesFlags,
): Promise<number> {
  const relay = new SignalRelay();
  try {
    const result = await types({
      bundle,
      modules,
      signal: relay.abortSignal,
      ...(output === undefined ? {} : { output }),
    });
    if (json) {
      const { types: text, ...report } = result;
      const shown = output === undefined ? { ...report, types: text } : { output, ...report };
      process.stdout.write(`${JSON.stringify(shown)}\n`);
      return 0;
    }
    for (const { file, line, message } of result.warnings) {
      process.stderr.write(`warning: ${file}:${line}: ${message}\n`);
    }
    if (output === undefined) process.stdout.write(result.types);
    else if (!quiet) process.stdout.write(`${output}: ${summary(result)}\n`);
    return 0;
  } catch (error) {
    if (relay.received) return signalStatus(relay.received);
    throw error;
  } finally {
    relay.close();
  }
}

function summary({ modules, names }: { modules: readonly string[]; names: number }): string {
  const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? "" : "s"}`;
  return `${count(modules.length, "module")}, ${count(names, "name")}`;
}
