// lib/process-channel.ts: what goes between a run and the process of its own that its program has.
import type { Duplex } from "node:stream";
import type { NativeException } from "./binding.js";

/** What python/inmem/_child.py is told. */
export interface ProcessJob {
  readonly points: readonly string[];
  readonly args: readonly string[];
  readonly module: string | null;
  /** Which of stdout and stderr somebody here reads. */
  readonly pipes: readonly [boolean, boolean];
}

/** What it, or the launcher before it, answers. */
export type ProcessOutcome =
  | { kind: "exit"; exit_code: number }
  | ({ kind: "exception" } & NativeException)
  | { kind: "error"; code: string; message: string };

/** Sends the job; gives what was answered by the end of the process, if anything. */
export async function askProcess(
  channel: Duplex,
  job: ProcessJob,
): Promise<ProcessOutcome | undefined> {
  let text = "";
  channel.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  // A child that is gone shows in its exit status, not as EPIPE here.
  channel.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => channel.once("close", () => resolve()));
  channel.end(JSON.stringify(job));
  await closed;
  return readAnswer(text);
}

function readAnswer(text: string): ProcessOutcome | undefined {
  const refusal = /^!(\S+) (.*)$/s.exec(text);
  if (refusal) {
    const [, code, message] = refusal as unknown as [string, string, string];
    return { kind: "error", code, message };
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // cut off by the end of the process
  }
}
