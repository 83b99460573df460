// lib/process-channel.ts: what goes between a run and the process of its own that its program has.
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { ModuleReport, NativeException } from "./binding.js";
import type { RunReport } from "./run.js";
import type { SharedObject } from "./shared-objects.js";
import { closeWhenSilent } from "./stream-events.js";

/** What python/inmem/_child.py is told. */
export interface ProcessJob {
  readonly points: readonly string[];
  readonly args: readonly string[];
  readonly module: string | null;
  readonly script: string | null;
  /** Which of stdout and stderr somebody here reads. */
  readonly pipes: readonly [boolean, boolean];
  /** Ask for what was loaded. */
  readonly report: boolean;
  /** What enableCrashReport() does. */
  readonly crash_report: boolean;
  /** What its answers begin with: a program may write to the channel's descriptor, too. */
  readonly mark: string;
}

/** What it, or the launcher before it, answers. */
export type ProcessOutcome =
  | { kind: "exit"; exit_code: number }
  | ({ kind: "exception" } & NativeException)
  | { kind: "error"; code: string; message: string };

/** What a process has answered by its end: a part that is missing is one that it did not come to. */
export interface ProcessAnswer {
  readonly outcome?: ProcessOutcome;
  readonly report?: RunReport;
}

/** Sends the job; gives what was answered by the end of the process. `ended` tells of that. */
export async function askProcess(
  channel: Duplex,
  job: Omit<ProcessJob, "mark">,
  ended: Promise<unknown>,
): Promise<ProcessAnswer> {
  let text = "";
  channel.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  // A child that is gone shows in its exit status, not as EPIPE here.
  channel.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => channel.once("close", () => resolve()));
  const mark = randomBytes(16).toString("hex");
  channel.end(JSON.stringify({ ...job, mark } satisfies ProcessJob));
  await Promise.race([ended.catch(() => undefined), closed]);
  // What the program has forked has the channel, too.
  const letGo = closeWhenSilent(channel);
  await closed;
  letGo();
  return readAnswer(text, mark);
}

type Line = ProcessOutcome | { kind: "report"; objects: SharedObject[]; modules: ModuleReport };

function readAnswer(text: string, mark: string): ProcessAnswer {
  const refusal = text.includes(mark) ? null : /^!(ERR_INMEM_\w+) (.*)$/s.exec(text);
  if (refusal) {
    const [, code, message] = refusal as unknown as [string, string, string];
    return { outcome: { kind: "error", code, message } };
  }
  let answer: ProcessAnswer = {};
  for (const from of text.split(mark).slice(1)) {
    const line = parsed(from);
    if (line === undefined) continue;
    const { kind, ...rest } = line;
    const part =
      kind === "report"
        ? { report: rest as RunReport }
        : { outcome: { kind, ...rest } as ProcessOutcome };
    answer = { ...answer, ...part };
  }
  return answer;
}

/** Undefined: cut off by the end of the process, or written into by what the program has forked. */
function parsed(text: string): Line | undefined {
  const end = text.indexOf("\n");
  try {
    return end < 0 ? undefined : (JSON.parse(text.slice(0, end)) as Line);
  } catch {
    return undefined;
  }
}
