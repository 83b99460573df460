// lib/bundle/pack-large.ts: large contents as entries, written while they are read.
import { createHash, type Hash } from "node:crypto";
import { type CompressionTable, METHOD_IDS, type Method, methodOf } from "./compression.js";
import { crc32 } from "./crc32.js";
import { deflate } from "./deflate-pieces.js";
import { alignmentOf } from "./entry.js";
import { classify, type EntryKind, INIT_NAME, kindByName, looksLikeSharedObject } from "./kind.js";
import { evenPieces, headOf, type LargeContent } from "./large-content.js";
import type { ManifestEntry } from "./manifest.js";
import type { PatchableSink, ZipWriter } from "./zip-writer.js";
import { zstd } from "./zstd-pieces.js";

/** A shared object up to this size is read as a whole where only its symbols tell what it is. */
const MOST_READ_BYTES = 1 << 30;

/** A file whose content is large. */
export interface LargeFile {
  readonly name: string;
  readonly mode: number;
  readonly large: LargeContent;
  /** All of it, where it cannot be told otherwise what a shared object is. */
  read(): Buffer;
}

export interface LargeSettings {
  readonly writer: ZipWriter<PatchableSink>;
  readonly compression: CompressionTable;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes it, in memory that does not grow with it; gives what the manifest says of it.
 * @throws {InmemError} when it cannot be read, is not what was declared, or cannot be written.
 */
export async function addLarge(
  file: LargeFile,
  settings: LargeSettings,
): Promise<Omit<ManifestEntry, "distribution">> {
  const { large } = file;
  const isObject = looksLikeSharedObject(await headOf(large));
  const known = isObject ? await kindAhead(file, settings) : kindByName(file.name);
  const kind = known ?? "library";
  const method = methodOf(settings.compression, kind, large.sizeBytes);
  const found =
    (method !== "stored" && (await stream(file, kind, method, settings))) ||
    (await stream(file, kind, "stored", settings));
  if (!found) throw new Error(`${file.name}: a stored entry is never taken back`);
  return { sha256: found.sha256, size: large.sizeBytes, kind: known ?? kindOf(file, found) };
}

// Undefined: it is stored in the same way whichever it is, and shows while it is written.
async function kindAhead(
  file: LargeFile,
  { compression }: LargeSettings,
): Promise<EntryKind | undefined> {
  const { large } = file;
  const [one, other] = (["extension", "library"] as const).map((kind) =>
    methodOf(compression, kind, large.sizeBytes),
  );
  if (one === other) return undefined;
  const watch = new Watch();
  for await (const piece of large.pieces()) watch.see(piece);
  return kindOf(file, watch.facts());
}

// Undefined: compressed it is not smaller.
async function stream(
  { name, mode, large }: LargeFile,
  kind: EntryKind,
  method: Method,
  { writer, signal }: LargeSettings,
): Promise<LargeFacts | undefined> {
  const id = METHOD_IDS[method];
  const { sizeBytes, packed } = large;
  const asItIs = method === "deflate" && packed?.method === id;
  if (asItIs && packed.sizeBytes >= sizeBytes) return undefined;
  const alignment = method === "stored" ? alignmentOf(kind) : {};
  const watch = new Watch(kind === "library" || kind === "extension");
  const entry = { name, mode, method: id, sizeBytes, ...alignment };
  const added = await writer.addStreamed(entry, async (write) => {
    if (asItIs) {
      for await (const piece of large.pieces(write)) {
        signal?.throwIfAborted();
        watch.see(piece);
      }
    } else {
      const pieces = seen(large.pieces(), watch, signal);
      for await (const piece of packedAs(method, pieces, sizeBytes, signal)) await write(piece);
    }
    return watch.crc32;
  });
  return added ? watch.facts() : undefined;
}

function packedAs(
  method: Method,
  pieces: AsyncIterable<Buffer>,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): AsyncIterable<Buffer> {
  if (method === "stored") return pieces;
  const even = evenPieces(pieces);
  return method === "deflate" ? deflate(even, signal) : zstd(even, sizeBytes);
}

async function* seen(
  pieces: AsyncIterable<Buffer>,
  watch: Watch,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    watch.see(piece);
    yield piece;
  }
}

interface LargeFacts {
  readonly sha256: string;
  /** Whether the name of an extension's entry point may be in it. */
  readonly namesInit: boolean;
}

/** What all pieces of a content say together. */
class Watch {
  crc32 = 0;
  readonly #hash: Hash = createHash("sha256");
  readonly #isObject: boolean;
  #namesInit = false;
  /** The end of the piece before: a name may lie across. */
  #tail: Buffer = Buffer.alloc(0);

  constructor(isObject = true) {
    this.#isObject = isObject;
  }

  see(piece: Buffer): void {
    this.crc32 = crc32(piece, this.crc32);
    this.#hash.update(piece);
    if (this.#namesInit || !this.#isObject) return;
    const border = Buffer.concat([this.#tail, piece.subarray(0, INIT_NAME.length)]);
    this.#namesInit = piece.includes(INIT_NAME) || border.includes(INIT_NAME);
    const end = piece.length < INIT_NAME.length ? border : piece;
    this.#tail = Buffer.from(end.subarray(-INIT_NAME.length));
  }

  facts(): LargeFacts {
    return { sha256: this.#hash.digest("hex"), namesInit: this.#namesInit };
  }
}

// Of a shared object.
function kindOf(file: LargeFile, { namesInit }: LargeFacts): EntryKind {
  if (!namesInit) return "library";
  // Beyond that the name alone tells, as it does for other processors.
  return file.large.sizeBytes > MOST_READ_BYTES ? "extension" : classify(file.name, file.read());
}
