// lib/bundle/zip-writer.ts: writes a zip or zip64 archive, entry by entry.
import { readSync } from "node:fs";
import { centralHeader, endRecords, localHeader, type ZipRecord } from "./zip-records.js";

/** Where the archive's bytes go, in order. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
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

/** Small writes are joined up to this size. */
const BATCH_BYTES = 1 << 18;
/** A file's bytes are copied in pieces of this size. */
const COPY_BYTES = 1 << 22;
const MAX_NAME_BYTES = 0xffff;

/**
 * The same entries in the same order give the same bytes: there is no time,
 * user or host in them. The caller keeps the sink; nothing is read back.
 */
export class ZipWriter {
  readonly #sink: ByteSink;
  readonly #records: ZipRecord[] = [];
  readonly #names = new Set<string>();
  /** Two of them: one is filled while the other is written. */
  readonly #pieces: Buffer[] = [];
  #sending: Promise<void> = Promise.resolve();
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #offsetBytes = 0;

  constructor(sink: ByteSink) {
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
    const name = Buffer.from(entry.name, "utf8");
    if (name.length === 0 || name.length > MAX_NAME_BYTES) {
      throw new RangeError(`Entry name of ${name.length} bytes (expected 1 to ${MAX_NAME_BYTES})`);
    }
    if (this.#names.has(entry.name)) throw new RangeError(`Two entries named ${entry.name}`);
    this.#names.add(entry.name);
    const record: ZipRecord = {
      name,
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
