// lib/bundle/pyc-cache.ts: byte code of wheels that were bundled before, below the user's cache.
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { version } from "../version.js";
import { ABANDONED_MS, cacheFolder } from "./cache-folder.js";
import { PycPack } from "./pyc-pack.js";
import { helperPath } from "./python-helper.js";

/** All that is kept, in bytes; what was used least lately goes first. */
const MOST_BYTES = 1 << 30;

/** A wheel's byte code by the wheel's SHA-256, and by all that it depends on beside. */
export class PycCache {
  readonly #folder: string;
  readonly #base: string;
  readonly #packs = new Map<string, PycPack>();
  #writable = true;

  private constructor(folder: string, base: string) {
    this.#folder = folder;
    this.#base = base;
  }

  /** Undefined where nothing can be kept, or others could put code of theirs there. */
  static open(optimize: 0 | 1 | 2): PycCache | undefined {
    const folder = cacheFolder("bytecode");
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const stats = lstatSync(folder);
      const foreign = stats.uid !== process.getuid?.() || (stats.mode & 0o022) !== 0;
      if (!stats.isDirectory() || foreign) return undefined;
      const { inmem, python } = version;
      const script = readFileSync(helperPath("compile_sources.py"), "utf8");
      return new PycCache(folder, JSON.stringify({ inmem, python, optimize, script }));
    } catch {
      return undefined;
    }
  }

  /** @param wheel - SHA-256 of the wheel that has the source of `name`. */
  find(wheel: string, name: string): Buffer | undefined {
    return this.#pack(wheel).find(name);
  }

  /** Keeps it, from commit() on. A cache that cannot be written is no fault of a bundle. */
  async add(wheel: string, name: string, pyc: Buffer): Promise<void> {
    if (!this.#writable) return;
    try {
      await this.#pack(wheel).add(name, pyc);
    } catch {
      this.#writable = false;
    }
  }

  async commit(): Promise<void> {
    try {
      if (this.#writable) for (const pack of this.#packs.values()) await pack.commit();
      this.#prune();
    } catch {
      // As above; discard() takes away what is not whole.
    }
  }

  /** Removes what is not committed. Never throws. */
  async discard(): Promise<void> {
    for (const pack of this.#packs.values()) await pack.discard();
  }

  #pack(wheel: string): PycPack {
    const known = this.#packs.get(wheel);
    if (known) return known;
    const key = createHash("sha256").update(`${this.#base}\n${wheel}`).digest("hex");
    const pack = new PycPack(join(this.#folder, `${key}.zip`));
    this.#packs.set(wheel, pack);
    return pack;
  }

  #prune(): void {
    const files = readdirSync(this.#folder).map((name) => {
      const path = join(this.#folder, name);
      const { size, mtimeMs } = lstatSync(path);
      return { path, size, mtimeMs, temporary: name.endsWith(".tmp") };
    });
    let total = 0;
    for (const file of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      total += file.size;
      const abandoned = file.temporary && file.mtimeMs < Date.now() - ABANDONED_MS;
      if (abandoned || (total > MOST_BYTES && !file.temporary)) rmSync(file.path, { force: true });
    }
  }
}
