// lib/bundle/zstd-pieces.ts: zstd data made and read piece by piece.
import { binding, type NativeZstd } from "../binding.js";
import { InmemError } from "../errors.js";
import { LEVELS } from "./compression.js";

const NOTHING = new Uint8Array(0);

/** One frame of all these pieces; pieces of the same sizes give the same bytes. */
export async function* zstd(
  pieces: AsyncIterable<Buffer>,
  sizeBytes: number,
): AsyncGenerator<Buffer> {
  const stream = binding().zstdCompressor(LEVELS.zstd, sizeBytes);
  for await (const piece of pieces) yield* steps(stream, piece, false);
  yield* steps(stream, NOTHING, true);
}

/** @throws {InmemError} ERR_INMEM_BAD_DATA. */
export async function* unzstd(raw: AsyncIterable<Buffer>, origin: string): AsyncGenerator<Buffer> {
  const stream = binding().zstdDecompressor();
  try {
    for await (const piece of raw) yield* steps(stream, piece, false);
    yield* steps(stream, NOTHING, true);
  } catch (cause) {
    if (!(cause instanceof Error) || !cause.message.startsWith("zstd data: ")) throw cause;
    throw new InmemError("ERR_INMEM_BAD_DATA", `${origin}: ${cause.message}`, { cause });
  }
}

async function* steps(
  stream: NativeZstd,
  input: Uint8Array,
  isLast: boolean,
): AsyncGenerator<Buffer> {
  for (let rest = input; ; ) {
    const { output, consumedBytes, isDone } = await stream.step(rest, isLast);
    if (output.length > 0) yield output;
    if (isDone) return;
    rest = rest.subarray(consumedBytes);
  }
}
