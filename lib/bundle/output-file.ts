// lib/bundle/output-file.ts: a file that is there whole or not at all.
import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { notWritable } from "../file-failure.js";
import type { PatchableSink } from "./zip-writer.js";

/** The medium is given so much at a time. */
const SYNC_BYTES = 1 << 25;
/** Zeros of this size and more are left out where a whole write is nothing else: a hole in the file. */
const HOLE_BYTES = 1 << 16;
const ZEROS = Buffer.alloc(HOLE_BYTES);

/**
 * Written under a temporary name beside the target, then renamed over it: a
 * reader of the target sees the old file or the new one, never a part.
 */
export class OutputFile implements PatchableSink {
  readonly path: string;
  readonly #temporaryPath: string;
  readonly #handle: FileHandle;
  /** Where the next bytes go. */
  #position = 0;
  /** The file ends there, or before. */
  #end = 0;
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;

  private constructor(path: string, temporaryPath: string, handle: FileHandle) {
    this.path = path;
    this.#temporaryPath = temporaryPath;
    this.#handle = handle;
  }

  /**
   * @param executable - by everyone whom the umask does not keep from it.
   * @throws {InmemError} ERR_INMEM_OUTPUT when the folder does not exist or
   * cannot be written, or something that is no regular file is in the way.
   */
  static async create(path: string, executable = false): Promise<OutputFile> {
    const target = await realTarget(resolve(path));
    const earlier = await refuseIrregular(target);
    const name = `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`;
    const temporaryPath = join(dirname(target), name);
    const mode = executable ? 0o777 : 0o666;
    const handle = await open(temporaryPath, "wx", mode).catch((cause) => fail(target, cause));
    // Whom the file was kept from, the new one is, too.
    if (earlier !== undefined) await handle.chmod(earlierMode(earlier, executable));
    return new OutputFile(target, temporaryPath, handle);
  }

  /** Where the bytes are until commit(). */
  get temporaryPath(): string {
    return this.#temporaryPath;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const position = this.#position;
    this.#position += bytes.byteLength;
    if (isHole(bytes)) return; // never written before, so zeros
    await this.#writeAt(bytes, position);
    this.#end = this.#position;
    this.#unsyncedBytes += bytes.byteLength;
    if (this.#unsyncedBytes >= SYNC_BYTES && !this.#syncing) this.#beginSync();
  }

  async patch(bytes: Uint8Array, position: number): Promise<void> {
    await this.#writeAt(bytes, position);
  }

  async rewind(position: number): Promise<void> {
    await this.#handle.truncate(position).catch((cause) => fail(this.path, cause));
    this.#position = position;
    this.#end = position;
  }

  // One call writes at most 2 GiB, and less when the disk gets full.
  async #writeAt(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.#handle
        .write(bytes, done, bytes.byteLength - done, position + done)
        .catch((cause) => fail(this.path, cause));
      done += bytesWritten;
    }
  }

  // The medium works while more is made, so that commit() has little to wait for.
  #beginSync(): void {
    this.#unsyncedBytes = 0;
    const done = () => {
      this.#syncing = undefined;
    };
    // What fails here fails in commit(), too.
    this.#syncing = this.#handle.datasync().then(done, done);
  }

  /** Gives the file its name. Its content is on the medium before, unless it need not. */
  async commit({ sync = true } = {}): Promise<void> {
    try {
      await this.#syncing;
      if (this.#end < this.#position) await this.#handle.truncate(this.#position); // a hole is last
      if (sync) await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#temporaryPath, this.path);
    } catch (cause) {
      fail(this.path, cause);
    }
  }

  /** Removes what was written; does nothing after commit(). Never throws. */
  async discard(): Promise<void> {
    await this.#syncing;
    await this.#handle.close().catch(() => undefined);
    await unlink(this.#temporaryPath).catch(() => undefined);
  }
}

function isHole(bytes: Uint8Array): boolean {
  if (bytes.byteLength < HOLE_BYTES || bytes[0] !== 0) return false;
  for (let at = 0; at < bytes.byteLength; at += HOLE_BYTES) {
    const part = bytes.subarray(at, at + HOLE_BYTES);
    if (ZEROS.compare(part, 0, part.byteLength, 0, part.byteLength) !== 0) return false;
  }
  return true;
}

// What a link names is replaced, not the link.
async function realTarget(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

// Renaming over a device or a folder would destroy it, or fail at the end.
async function refuseIrregular(target: string): Promise<Stats | undefined> {
  const found = await stat(target).catch(() => undefined);
  if (found && !found.isFile()) {
    fail(target, new Error("what is there is not a regular file"));
  }
  return found;
}

// Who may read it may execute it, where it is to be executable, and nobody where not.
function earlierMode({ mode }: Stats, executable: boolean): number {
  const access = mode & 0o666;
  return executable ? access | ((access & 0o444) >> 2) : access;
}

function fail(path: string, cause: unknown): never {
  throw notWritable(path, cause);
}
