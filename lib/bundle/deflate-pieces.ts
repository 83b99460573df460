// lib/bundle/deflate-pieces.ts: deflate data made piece by piece, on all cores.
import { availableParallelism } from "node:os";
import { LEVELS } from "./compression.js";
import { FramedPython } from "./framed-python.js";
import { helperPath } from "./python-helper.js";

/** As far back as deflate refers to. */
const WINDOW_BYTES = 1 << 15;
/** More would wait for what hands them pieces. */
const MOST = 8;
/** Pieces that each of them has at hand. */
const AHEAD = 2;

/**
 * One deflate stream of all these pieces: each is compressed by itself, with what stands before it at hand. Pieces of
 * the same sizes give the same bytes, whatever the machine and however many cores it has.
 * @throws {InmemError} ERR_INMEM_BUNDLER when a compressing Python ends early.
 */
export async function* deflate(
  pieces: AsyncIterable<Buffer>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const args = [helperPath("deflate_pieces.py"), String(LEVELS.deflate)];
  const size = Math.min(MOST, availableParallelism());
  const start = () => new FramedPython(args, { signal }, "compressing");
  const children = Array.from({ length: size }, start);
  const ahead: Promise<Buffer>[] = [];
  try {
    let before: Buffer = Buffer.alloc(0);
    let number = 0;
    const begin = (piece: Buffer, isLast: boolean) => {
      const child = children[number++ % size] as FramedPython;
      const compressed = compress(child, before, piece, isLast);
      compressed.catch(() => undefined); // told when its turn comes
      ahead.push(compressed);
      before = piece.subarray(-WINDOW_BYTES);
    };
    for await (const piece of pieces) {
      begin(piece, false);
      if (ahead.length >= AHEAD * size) yield await (ahead.shift() as Promise<Buffer>);
    }
    begin(Buffer.alloc(0), true);
    for (const next of ahead) yield await next;
  } finally {
    await Promise.all(children.map((child) => child.close()));
  }
}

async function compress(child: FramedPython, before: Buffer, piece: Buffer, isLast: boolean) {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(before.length, 0);
  header.writeUInt32LE(piece.length, 4);
  header.writeUInt8(Number(isLast), 8);
  return (await child.ask([header, before, piece])).body;
}
