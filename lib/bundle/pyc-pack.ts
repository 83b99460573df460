// lib/bundle/pyc-pack.ts: the byte code of one wheel, kept as a zip.
import { binding, type NativeArchive } from "../binding.js";
import { touch } from "./cache-folder.js";
import { crc32 } from "./crc32.js";
import { OutputFile } from "./output-file.js";
import { ZipWriter } from "./zip-writer.js";

/** What is kept already, and what is added to it. */
export class PycPack {
  readonly #path: string;
  readonly #archive: NativeArchive | undefined;
  #indexes: ReadonlyMap<string, number>;
  readonly #added = new Set<string>();
  #output: OutputFile | undefined;
  #writer: ZipWriter | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#archive = openIfThere(path);
    this.#indexes = new Map(this.#archive?.entries.map(({ name }, index) => [name, index]));
  }

  /** Undefined: it is not kept, or not as it was written (its CRC-32). */
  find(name: string): Buffer | undefined {
    const index = this.#indexes.get(name);
    if (index === undefined) return undefined;
    try {
      return this.#archive?.read(index);
    } catch {
      this.#indexes = new Map(); // a bad one is made anew, as a whole
      return undefined;
    }
  }

  async add(name: string, pyc: Buffer): Promise<void> {
    this.#output ??= await OutputFile.create(this.#path);
    this.#writer ??= new ZipWriter(this.#output);
    this.#added.add(name);
    const sizeBytes = pyc.length;
    await this.#writer.add({
      ...{ name, method: 0, data: pyc, crc32: crc32(pyc), sizeBytes, mode: 0o644 },
    });
  }

  /** Writes what was added and what was there: other options may want other files of a wheel. */
  async commit(): Promise<void> {
    if (!this.#output || !this.#writer) {
      touch(this.#path); // not there: all of this wheel was left out
      return;
    }
    for (const name of this.#indexes.keys()) {
      const pyc = this.#added.has(name) ? undefined : this.find(name);
      if (pyc) await this.add(name, pyc);
    }
    await this.#writer.finish();
    // What a crash of the machine leaves of it shows when it is read.
    await this.#output.commit({ sync: false });
    this.#output = undefined;
  }

  /** Removes what is not committed. Never throws. */
  async discard(): Promise<void> {
    await this.#output?.discard();
  }
}

function openIfThere(path: string): NativeArchive | undefined {
  try {
    return binding().openArchive(path);
  } catch {
    return undefined; // none, or none any more
  }
}
