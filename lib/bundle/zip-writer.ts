// lib/bundle/zip-writer.ts: writes a zip or zip64 archive, entry by entry.
import { readSync } from "node:fs";
import { centralHeader, endRecords, localHeader, type ZipRecord } from "./zip-records.js";

/** Where the archive's bytes go, in order. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}

/** One in which what is written can be mended. */
export interface PatchableSink extends ByteSink {
  /** Writes over what stands at `position`; all of it was written before. */
  patch(bytes: Uint8Array, position: number): Promise<void>;
  /** Forgets all from `position` on. */
  rewind(position: number): Promise<void>;
}

/** Bytes of an open file, copied piece by piece. */
export interface FileRange {
  readonly file: number;
  readonly offset: number;
  readonly byteLength: number;
}

/** One entry, ready to be written. */
export interface ZipEntry {
  /** '/'-separated, relative. */
  readonly name: string;
  /** 0: stored, 8: deflate, 93: zstd. */
  readonly method: 0 | 8 | 93;
  /** As it stands in the archive: compressed, unless the method is 0. */
  readonly data: Uint8Array | FileRange;
  readonly crc32: number;
  /** Size of the content, in bytes. */
  readonly sizeBytes: number;
  /** Permission bits: 0o644 or 0o755. */
  readonly mode: number;
  /** The data's offset is made a multiple of this; 1 when absent. */
  readonly alignment?: number;
}

/** An entry whose data is made while it is written. */
export interface StreamedEntry extends Pick<ZipEntry, "name" | "method" | "mode" | "alignment"> {
  /** Size of the content, in bytes; known before. */
  readonly sizeBytes: number;
}

/** Small writes are joined up to this size. */
const BATCH_BYTES = 1 << 18;
/** A file's bytes are copied in pieces of this size. */
const COPY_BYTES = 1 << 22;
const MAX_NAME_BYTES = 0xffff;

/**
 * The same entries in the same order give the same bytes: there is no time,
 * user or host in them. The caller keeps the sink; nothing is read back.
 */
export class ZipWriter<Sink extends ByteSink = ByteSink> {
  readonly #sink: Sink;
  readonly #records: ZipRecord[] = [];
  readonly #names = new Set<string>();
  /** Two of them: one is filled while the other is written. */
  readonly #pieces: Buffer[] = [];
  #sending: Promise<void> = Promise.resolve();
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #offsetBytes = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Entries added so far. */
  get count(): number {
    return this.#records.length;
  }

  /** Bytes of the archive so far. */
  get sizeBytes(): number {
    return this.#offsetBytes;
  }

  /**
   * Writes what stands before the first entry: a `#!` line.
   * @throws {RangeError} when there are entries already.
   */
  async addPrefix(text: string): Promise<void> {
    if (this.count > 0) throw new RangeError("A prefix comes before the first entry");
    await this.#write(Buffer.from(text, "utf8"));
  }

  /**
   * Appends one entry.
   * @throws {RangeError} when the name was added before or is longer than zip allows.
   */
  async add(entry: ZipEntry): Promise<void> {
    const record: ZipRecord = {
      name: this.#newName(entry.name),
      method: entry.method,
      crc32: entry.crc32,
      sizeBytes: entry.sizeBytes,
      compressedSizeBytes: entry.data.byteLength,
      mode: entry.mode,
      offsetBytes: this.#offsetBytes,
    };
    this.#records.push(record);
    await this.#write(localHeader(record, entry.alignment ?? 1));
    const { data } = entry;
    if (data instanceof Uint8Array) await this.#write(data);
    else await this.#copy(data, entry.name);
  }

  /**
   * Appends one entry whose data `fill` hands over piece by piece; `fill` gives the CRC-32 of the content.
   * @returns false: compressed it is not smaller than its content; nothing of it was added.
   * @throws {RangeError} as add() does.
   */
  async addStreamed(
    this: ZipWriter<PatchableSink>,
    entry: StreamedEntry,
    fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<number>,
  ): Promise<boolean> {
    const { method, mode, sizeBytes, alignment = 1 } = entry;
    const name = this.#newName(entry.name);
    const offsetBytes = this.#offsetBytes;
    const draft = { name, method, mode, sizeBytes, offsetBytes, crc32: 0 };
    await this.#write(localHeader({ ...draft, compressedSizeBytes: 0 }, alignment));
    await this.#flush();
    const begin = this.#offsetBytes;
    const crc32 = await fill(async (bytes) => {
      this.#offsetBytes += bytes.byteLength;
      await this.#send(bytes);
    });
    await this.#sending;
    const compressedSizeBytes = this.#offsetBytes - begin;
    if (method !== 0 && compressedSizeBytes >= sizeBytes) {
      await this.#sink.rewind(offsetBytes);
      this.#offsetBytes = offsetBytes;
      this.#names.delete(entry.name);
      return false;
    }
    // As long as the draft: zip64 is there by the content's size, which is the larger one.
    const record = { ...draft, crc32, compressedSizeBytes };
    await this.#sink.patch(localHeader(record, alignment), offsetBytes);
    this.#records.push(record);
    return true;
  }

  #newName(text: string): Buffer {
    const name = Buffer.from(text, "utf8");
    if (name.length === 0 || name.length > MAX_NAME_BYTES) {
      throw new RangeError(`Entry name of ${name.length} bytes (expected 1 to ${MAX_NAME_BYTES})`);
    }
    if (this.#names.has(text)) throw new RangeError(`Two entries named ${text}`);
    this.#names.add(text);
    return name;
  }

  async #copy({ file, offset, byteLength }: FileRange, name: string): Promise<void> {
    await this.#flush();
    for (let done = 0; done < byteLength; ) {
      const piece = this.#nextPiece();
      const read = readSync(
        file,
        piece,
        0,
        Math.min(piece.length, byteLength - done),
        offset + done,
      );
      if (read === 0) throw new Error(`${name}: the file that it is copied from is cut off`);
      await this.#send(piece.subarray(0, read));
      done += read;
    }
    this.#offsetBytes += byteLength;
  }

  /** Writes the central directory; afterwards the writer is of no more use. */
  async finish(): Promise<void> {
    const offsetBytes = this.#offsetBytes;
    for (const record of this.#records) await this.#write(centralHeader(record));
    const sizeBytes = this.#offsetBytes - offsetBytes;
    await this.#write(endRecords({ count: this.count, offsetBytes, sizeBytes }));
    await this.#flush();
    await this.#sending;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#offsetBytes += bytes.byteLength;
    if (bytes.byteLength >= BATCH_BYTES) {
      await this.#flush();
      await this.#send(bytes);
      return;
    }
    this.#batch.push(bytes);
    this.#batchBytes += bytes.byteLength;
    if (this.#batchBytes >= BATCH_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#batchBytes === 0) return;
    const joined = Buffer.concat(this.#batch, this.#batchBytes);
    this.#batch = [];
    this.#batchBytes = 0;
    await this.#send(joined);
  }

  // One write goes on while the next bytes are made; it is awaited before another begins.
  async #send(bytes: Uint8Array): Promise<void> {
    await this.#sending;
    this.#sending = this.#sink.write(bytes);
    this.#sending.catch(() => undefined); // thrown by the next, or by finish()
  }

  #nextPiece(): Buffer {
    const piece = this.#pieces.length < 2 ? Buffer.allocUnsafe(COPY_BYTES) : this.#pieces.shift();
    this.#pieces.push(piece as Buffer);
    return piece as Buffer;
  }
}
