// lib/bundle/large-content.ts: contents that are never whole in memory.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";
import type { ArchiveEntry, NativeArchive } from "../binding.js";
import { InmemError } from "../errors.js";
import { METHOD_IDS } from "./compression.js";
import { crc32 } from "./crc32.js";
import { isModuleName } from "./kind.js";
import { unzstd } from "./zstd-pieces.js";

/** Contents of this size and more are read piece by piece. */
export const LARGE_BYTES = 1 << 26;
/** What is read, compressed and written at a time. */
export const PIECE_BYTES = 1 << 22;
/** As much as tells what a file is. */
const HEAD_BYTES = 64;

/** Takes a piece; what comes next waits for it. */
export type TakePiece = (piece: Buffer) => Promise<void>;

/** A large content, which can be read several times. */
export interface LargeContent {
  /** Who brings it, and its name there, for messages. */
  readonly origin: string;
  readonly sizeBytes: number;
  /** How the archive that it comes from has it. */
  readonly packed?: { readonly method: number; readonly sizeBytes: number };
  /**
   * All of it, in pieces of any size.
   * @param takeRaw - gets each piece as it lies in the archive.
   * @throws {InmemError} when it cannot be read, or is not what was declared.
   */
  pieces(takeRaw?: TakePiece): AsyncGenerator<Buffer>;
}

/** Sources are compiled as a whole, however large they are. */
function isLarge(name: string, sizeBytes: number): boolean {
  return sizeBytes >= LARGE_BYTES && !isModuleName(name);
}

/** @returns undefined where it is not large. */
export function largeFile(name: string, path: string, sizeBytes: number): LargeContent | undefined {
  return isLarge(name, sizeBytes) ? fileContent(path, sizeBytes) : undefined;
}

/** As largeFile(), of an archive's entry that is called `name` in the bundle. */
export function largeEntry(
  name: string,
  archive: NativeArchive,
  index: number,
  path: string,
): LargeContent | undefined {
  const { sizeBytes } = archive.entries[index] as ArchiveEntry;
  return isLarge(name, sizeBytes) ? entryContent(archive, index, path) : undefined;
}

/** The same content, that has to have this digest, too. */
export function withDigest(
  content: LargeContent,
  algorithm: string,
  digest: string,
  refuse: () => never,
): LargeContent {
  return {
    ...content,
    async *pieces(takeRaw) {
      const hash = createHash(algorithm);
      for await (const piece of content.pieces(takeRaw)) {
        hash.update(piece);
        yield piece;
      }
      if (hash.digest("hex") !== digest) refuse();
    },
  };
}

/** The first bytes of it. */
export async function headOf(content: LargeContent): Promise<Buffer> {
  for await (const piece of content.pieces()) return piece.subarray(0, HEAD_BYTES);
  return Buffer.alloc(0);
}

/** A file on disk, whose size was asked for before. */
export function fileContent(path: string, sizeBytes: number): LargeContent {
  return {
    origin: path,
    sizeBytes,
    async *pieces() {
      let done = 0;
      for await (const piece of filePieces(path, 0, Number.POSITIVE_INFINITY)) {
        done += piece.length;
        if (done > sizeBytes) break;
        yield piece;
      }
      if (done === sizeBytes) return;
      const found = done > sizeBytes ? `more than ${sizeBytes}` : `${done}`;
      const message = `${path}: ${found} bytes (expected ${sizeBytes}, as there were before: do not write to it meanwhile)`;
      throw new InmemError("ERR_INMEM_FILE_CHANGED", message);
    },
  };
}

/** An entry of an archive, held against its CRC-32. */
export function entryContent(archive: NativeArchive, index: number, path: string): LargeContent {
  const entry = archive.entries[index] as ArchiveEntry;
  const { method, sizeBytes, compressedSizeBytes } = entry;
  const origin = `${path}!/${entry.name}`;
  return {
    ...{ origin, sizeBytes, packed: { method, sizeBytes: compressedSizeBytes } },
    async *pieces(takeRaw) {
      const offset = archive.dataOffset(index); // checks the local header
      const raw = told(filePieces(path, offset, compressedSizeBytes), takeRaw);
      yield* checked(unpacked(raw, entry, origin), entry, origin);
    },
  };
}

async function* told(pieces: AsyncIterable<Buffer>, take: TakePiece | undefined) {
  for await (const piece of pieces) {
    await take?.(piece);
    yield piece;
  }
}

function unpacked(
  raw: AsyncGenerator<Buffer>,
  { method }: ArchiveEntry,
  origin: string,
): AsyncIterable<Buffer> {
  if (method === METHOD_IDS.stored) return raw;
  if (method === METHOD_IDS.deflate) return inflated(raw, origin);
  if (method === METHOD_IDS.zstd) return unzstd(raw, origin);
  const message = `${origin}: compression method ${method} (expected 0 (stored), 8 (deflate) or 93 (zstd))`;
  throw new InmemError("ERR_INMEM_UNSUPPORTED_METHOD", message);
}

async function* inflated(raw: AsyncIterable<Buffer>, origin: string): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: PIECE_BYTES / 4 });
  const fed = pipeline(Readable.from(raw), inflate);
  fed.catch(() => undefined); // told by what follows
  try {
    for await (const piece of inflate) yield piece as Buffer;
    await fed;
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (!code.startsWith("Z_")) throw cause;
    const message = `${origin}: damaged deflate data: ${(cause as Error).message}`;
    throw new InmemError("ERR_INMEM_BAD_DATA", message, { cause });
  }
}

// No more than was declared comes out, whatever the data stands for.
async function* checked(
  pieces: AsyncIterable<Buffer>,
  entry: ArchiveEntry,
  origin: string,
): AsyncGenerator<Buffer> {
  let sum = 0;
  let done = 0;
  for await (const piece of pieces) {
    done += piece.length;
    if (done > entry.sizeBytes) break;
    sum = crc32(piece, sum);
    yield piece;
  }
  if (done !== entry.sizeBytes) {
    const found = done > entry.sizeBytes ? "more bytes of data" : `${done} bytes of data`;
    const message = `${origin}: ${found} (expected ${entry.sizeBytes}, as declared)`;
    throw new InmemError("ERR_INMEM_BAD_DATA", message);
  }
  if (sum === entry.crc32) return;
  const [found, expected] = [sum, entry.crc32].map((one) => one.toString(16).padStart(8, "0"));
  throw new InmemError("ERR_INMEM_BAD_CRC", `${origin}: CRC-32 ${found} (expected ${expected})`);
}

async function* filePieces(path: string, offset: number, sizeBytes: number) {
  const file = await open(path, "r").catch((cause) => unreadable(path, cause));
  try {
    for (let done = 0; done < sizeBytes; ) {
      const piece = await readPiece(file, offset + done, Math.min(PIECE_BYTES, sizeBytes - done));
      if (piece.length === 0) return;
      done += piece.length;
      yield piece;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === "read") unreadable(path, cause);
    throw cause;
  } finally {
    await file.close();
  }
}

/** Shorter than `sizeBytes` at the end of the file alone. */
async function readPiece(file: FileHandle, offset: number, sizeBytes: number): Promise<Buffer> {
  const piece = Buffer.allocUnsafeSlow(sizeBytes);
  let done = 0;
  while (done < sizeBytes) {
    const { bytesRead } = await file.read(piece, done, sizeBytes - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return piece.subarray(0, done);
}

function unreadable(path: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new InmemError("ERR_INMEM_UNREADABLE", `${path}: ${reason}`, { cause });
}

/** The same bytes in pieces of PIECE_BYTES, but for the last. */
export async function* evenPieces(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const piece of pieces) {
    let rest = piece;
    while (heldBytes + rest.length >= PIECE_BYTES) {
      const wanted = PIECE_BYTES - heldBytes;
      yield joined([...held, rest.subarray(0, wanted)], PIECE_BYTES);
      rest = rest.subarray(wanted);
      held = [];
      heldBytes = 0;
    }
    if (rest.length > 0) held.push(rest);
    heldBytes += rest.length;
  }
  if (heldBytes > 0) yield joined(held, heldBytes);
}

function joined(pieces: readonly Buffer[], sizeBytes: number): Buffer {
  const [first] = pieces;
  return first && pieces.length === 1 ? first : Buffer.concat(pieces, sizeBytes);
}
