// lib/process-channel.ts: what goes between a run and the process of its own that its program has.
import type { Duplex } from "node:stream";
import type { ModuleReport, NativeException } from "./binding.js";

/** What python/inmem/_child.py is told. */
export interface ProcessJob {
  readonly points: readonly string[];
  readonly args: readonly string[];
  readonly module: string | null;
  /** Which of stdout and stderr somebody here reads. */
  readonly pipes: readonly [boolean, boolean];
  readonly report: boolean;
}

/** What it, or the launcher before it, answers. */
export interface ProcessAnswer {
  outcome?:
    | { kind: "exit"; exit_code: number }
    | ({ kind: "exception" } & NativeException)
    | { kind: "error"; code: string; message: string };
  modules?: ModuleReport;
}

/** Sends the job; gives what was answered by the end of the process. */
export async function askProcess(channel: Duplex, job: ProcessJob): Promise<ProcessAnswer> {
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

function readAnswer(text: string): ProcessAnswer {
  const refusal = /^!(\S+) (.*)$/s.exec(text);
  if (refusal) {
    const [, code, message] = refusal as unknown as [string, string, string];
    return { outcome: { kind: "error", code, message } };
  }
  const answer: ProcessAnswer = {};
  for (const line of text.split("\n")) {
    // One that was cut off by the end of the process says nothing.
    const said = parse(line);
    if (said?.kind === "modules") answer.modules = { memory: said.memory, disk: said.disk };
    else if (said !== undefined) answer.outcome = said;
  }
  return answer;
}

type Said = NonNullable<ProcessAnswer["outcome"]> | ({ kind: "modules" } & ModuleReport);

function parse(line: string): Said | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
