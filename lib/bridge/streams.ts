// lib/bridge/streams.ts: sys.stdin, stdout and stderr of a session, in JavaScript.
import type { Crossing } from "./crossing.js";
import { checkInput, checkOutput, type OutputTarget, type StdinSource } from "./options.js";

/** Takes what Python writes, in pieces of any size. */
interface Output {
  write(chunk: Uint8Array): void;
  /** Gives what is held back. */
  flush(): void;
}

/** `"inherit"`: the process's own again. */
export function setOutput(
  crossing: Crossing,
  name: "stdout" | "stderr",
  target: OutputTarget | undefined,
): void {
  checkOutput(name, target);
  const output = target === undefined || target === "inherit" ? undefined : outputTo(target);
  const isTerminal = typeof target === "object" && (target as { isatty?: unknown }).isatty === true;
  const write = output === undefined ? null : (chunk: Uint8Array) => output.write(chunk);
  crossing.python("set_output", name, write, isTerminal);
  crossing.outputs.get(name)?.flush();
  if (output === undefined) crossing.outputs.delete(name);
  else crossing.outputs.set(name, output);
}

function outputTo(target: Exclude<OutputTarget, "inherit">): Output {
  if (typeof target === "function") return inPieces((chunk) => target(chunk));
  if ("batched" in target) return inLines((line) => target.batched(line));
  if ("raw" in target) {
    return inPieces((chunk) => {
      for (const byte of chunk) target.raw(byte);
    });
  }
  return inPieces((chunk) => void target.write(chunk));
}

const NEWLINE = 10;

/** What has no end of a line comes with the rest of the line, or when the turn ends. */
function inPieces(give: (chunk: Buffer) => void): Output {
  let held: Buffer[] = [];
  const flush = (): void => {
    if (held.length === 0) return;
    const chunk = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
    held = [];
    give(chunk);
  };
  const write = (chunk: Uint8Array): void => {
    if (chunk.length === 0) return;
    if (held.push(bufferOf(chunk)) === 1 && !chunk.includes(NEWLINE)) setImmediate(flush);
    if (chunk.includes(NEWLINE)) flush();
  };
  return { write, flush };
}

function bufferOf(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** A line is given when its end comes; characters may be cut between chunks. */
function inLines(take: (line: string) => void): Output {
  const decoder = new TextDecoder();
  let rest = "";
  const write = (chunk: Uint8Array): void => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  };
  const flush = (): void => {
    const line = rest;
    rest = "";
    if (line !== "") take(line);
  };
  return { write, flush };
}

export function setInput(crossing: Crossing, source: StdinSource | undefined): void {
  checkInput(source);
  if (source === undefined || source === "inherit") {
    crossing.python("set_input", null);
    return;
  }
  const read = typeof source === "function" ? source : once(source);
  crossing.python("set_input", () => {
    // The question before its answer.
    for (const output of crossing.outputs.values()) output.flush();
    return latin1Of(read());
  });
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
