// lib/bridge/streams.ts: sys.stdin, stdout and stderr of a session, in JavaScript.
import type { Crossing } from "./crossing.js";
import { checkInput, checkOutput, type OutputTarget, type StdinSource } from "./options.js";

/** `"inherit"`: the process's own again. */
export function setOutput(
  crossing: Crossing,
  name: "stdout" | "stderr",
  target: OutputTarget | undefined,
): void {
  checkOutput(name, target);
  if (target === undefined || target === "inherit") {
    crossing.python("set_output", name, null, false);
    return;
  }
  const isTerminal = typeof target === "object" && (target as { isatty?: unknown }).isatty === true;
  crossing.python("set_output", name, writerOf(target), isTerminal);
}

function writerOf(target: Exclude<OutputTarget, "inherit">): (chunk: Uint8Array) => void {
  if (typeof target === "function") return (chunk) => target(bufferOf(chunk));
  if ("batched" in target) return inLines((line) => target.batched(line));
  return (chunk) => void target.write(bufferOf(chunk));
}

function bufferOf(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** A line is given when its end comes; characters may be cut between chunks. */
function inLines(take: (line: string) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = "";
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  };
}

export function setInput(crossing: Crossing, source: StdinSource | undefined): void {
  checkInput(source);
  if (source === undefined || source === "inherit") {
    crossing.python("set_input", null);
    return;
  }
  const read = typeof source === "function" ? source : once(source);
  crossing.python("set_input", () => latin1Of(read()));
}

function once(given: string | Uint8Array): () => string | Uint8Array | null {
  let rest: string | Uint8Array | null = given;
  return () => {
    const chunk = rest;
    rest = null;
    return chunk;
  };
}

// A byte a character: text crosses by value, an array by reference.
function latin1Of(chunk: unknown): string | null {
  if (chunk === null || chunk === undefined) return null;
  if (typeof chunk === "string") return Buffer.from(chunk).toString("latin1");
  if (chunk instanceof Uint8Array) return bufferOf(chunk).toString("latin1");
  throw new TypeError("stdin's function gave neither text, bytes nor null");
}
