// lib/bundle/python-helper.ts: the bundler's own Python scripts, and how they are asked.
import { join } from "node:path";
import { packageRoot } from "../binding.js";
import { InmemError } from "../errors.js";
import { startPython } from "./python-child.js";

/** Path of a script of lib/bundle/python, as it is in the package. */
export function helperPath(name: string): string {
  return join(packageRoot, "dist", "bundle", "python", name);
}

/**
 * Hands `request` to a script as JSON; gives its answer.
 * @throws {InmemError} ERR_INMEM_CONFIG with what the script has against the request;
 * ERR_INMEM_BUNDLER when it fails.
 */
export async function askHelper<T extends object>(
  name: string,
  request: object,
  signal: AbortSignal | undefined,
): Promise<T> {
  const child = startPython([helperPath(name)], { signal });
  const chunks: Buffer[] = [];
  child.process.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.process.stdin.end(JSON.stringify(request));
  const status = await child.ended;
  signal?.throwIfAborted();
  if (status !== 0) {
    throw new InmemError("ERR_INMEM_BUNDLER", `${name} failed (${status}):\n${child.stderrTail()}`);
  }
  const answer = JSON.parse(Buffer.concat(chunks).toString("utf8")) as T & { error?: string };
  if (answer.error !== undefined) throw new InmemError("ERR_INMEM_CONFIG", answer.error);
  return answer;
}
