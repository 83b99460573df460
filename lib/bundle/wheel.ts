// lib/bundle/wheel.ts: a wheel as a list of files for site-packages.
import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { binding, type NativeArchive } from "../binding.js";
import { InmemError } from "../errors.js";
import { refuseBomb } from "./bomb.js";
import { METHOD_IDS } from "./compression.js";
import { normalizedName } from "./distribution-name.js";
import type { PackedEntry } from "./entry.js";
import { scriptsIn } from "./entry-points.js";
import { type LargeContent, largeEntry, withDigest } from "./large-content.js";
import { parseRecord, type RecordRow, renameInRecord } from "./record.js";
import { installedName, UnknownScheme, type WheelLayout } from "./wheel-layout.js";

/** What the manifest and the user are told about a wheel. */
export interface WheelInfo {
  /** As its metadata spells it: `"numpy"`. */
  readonly name: string;
  readonly version: string;
  /** `"numpy-2.3.4-cp313-cp313-manylinux_2_28_x86_64.whl"`; absent: it came installed (`from`). */
  readonly fileName?: string;
  /** Compatibility tags of the file name: `"cp313-cp313-manylinux_2_28_x86_64"`. */
  readonly tags: string;
  /** SHA-256 of the file, hexadecimal; absent without one. */
  readonly sha256?: string;
}

/** One file of a wheel under the name that it gets in the bundle. */
export interface WheelFile {
  readonly name: string;
  readonly mode: number;
  /** SHA-256 that the content must have, hexadecimal; checked by whoever hashes it. */
  readonly sha256?: string;
  /** Size of the content, in bytes. */
  readonly sizeBytes?: number;
  /** The content piece by piece, checked likewise; undefined: it is not large. */
  readonly large?: LargeContent | undefined;
  /** The content, checked against the wheel's CRC-32. */
  read(): Buffer;
  /** The same as deflate has it in the wheel; undefined: it is not deflated there. */
  deflated?(): Buffer | undefined;
  /** The entry as an earlier bundle has it. */
  packed?(): PackedEntry;
}

export interface Wheel {
  readonly info: WheelInfo;
  readonly files: readonly WheelFile[];
  /** Console and gui scripts: name -> `module:function`. */
  readonly scripts: ReadonlyMap<string, string>;
}

// PEP 427: NAME-VERSION(-BUILD)?-PYTHON-ABI-PLATFORM.whl
const FILE_NAME = /^([^-]+)-([^-]+)(?:-\d[^-]*)?-([^-]+-[^-]+-[^-]+)\.whl$/;
const DIST_INFO = /^([^/]+)\.dist-info\//;
/** Files that RECORD need not, or cannot, name with a hash. */
const UNRECORDED = /\.dist-info\/RECORD(?:\.jws|\.p7s)?$/;
/** "sha256 or better", as the format asks for. */
const STRONG_HASHES = new Set(["sha256", "sha384", "sha512"]);

/**
 * Opens a wheel; contents are read when they are asked for.
 * @param pythonVersion - `"3.13"`: whom it is for.
 * @throws {InmemError} ERR_INMEM_BUNDLER when it is not a wheel, or its RECORD
 * and its files disagree; the codes of a broken archive (ERR_INMEM_NOT_ZIP and the like).
 */
export async function openWheel(path: string, pythonVersion: string): Promise<Wheel> {
  const fileName = basename(path);
  const [, , , tags] = FILE_NAME.exec(fileName) ?? [];
  if (tags === undefined) fail(fileName, "the name has no tags (expected NAME-VERSION-TAGS.whl)");
  const archive = binding().openArchive(path);
  refuseBomb(archive, fileName, statSync(path).size);
  const reader = new WheelReader(archive, path);
  const { name, version } = reader.metadata();
  const info = { name, version, fileName, tags, sha256: await sha256OfFile(path) };
  const layout = { stem: reader.stem, distribution: name, pythonVersion };
  return { info, files: reader.files(layout), scripts: reader.scripts() };
}

/** The parts of an open wheel. */
class WheelReader {
  readonly stem: string;
  readonly #archive: NativeArchive;
  readonly #path: string;
  readonly #fileName: string;
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(archive: NativeArchive, path: string) {
    this.#archive = archive;
    this.#path = path;
    this.#fileName = basename(path);
    this.#indexes = new Map(archive.entries.map(({ name }, index) => [name, index]));
    this.stem = this.#findStem();
    this.#checkVersion();
  }

  metadata(): { name: string; version: string } {
    const text = this.#text("METADATA");
    const [header = ""] = text.split(/\r?\n\r?\n/, 1); // a description follows
    const name = /^Name:\s*(\S+)/im.exec(header)?.[1];
    const version = /^Version:\s*(\S+)/im.exec(header)?.[1];
    if (name === undefined || version === undefined) {
      fail(this.#fileName, "METADATA has no Name or Version");
    }
    const [, stated = ""] = FILE_NAME.exec(this.#fileName) ?? [];
    if (normalizedName(stated) !== normalizedName(name)) {
      fail(
        this.#fileName,
        `METADATA says Name: ${name} (expected ${stated}, as in the file's name)`,
      );
    }
    return { name, version };
  }

  scripts(): Map<string, string> {
    const name = `${this.stem}.dist-info/entry_points.txt`;
    return this.#indexes.has(name) ? scriptsIn(this.#text("entry_points.txt")) : new Map();
  }

  /** All files under their new names, and RECORD with those. */
  files(layout: WheelLayout): WheelFile[] {
    const rows = this.#recordRows();
    const place = (path: string) => {
      try {
        return installedName(path, layout);
      } catch (error) {
        if (error instanceof UnknownScheme) fail(this.#fileName, error.message);
        throw error;
      }
    };
    const files: WheelFile[] = [];
    for (const [path, index] of this.#indexes) {
      if (path.endsWith("/")) continue;
      const name = place(path);
      const mode = (this.#archive.entries[index]?.mode ?? 0) & 0o111 ? 0o755 : 0o644;
      const row = rows.get(path);
      const { sizeBytes = 0 } = this.#archive.entries[index] ?? {};
      const deflated = () => readDeflated(this.#archive, index, this.#path);
      const large = largeEntry(name, this.#archive, index, this.#path);
      files.push({ name, mode, sizeBytes, deflated, ...this.#content(path, index, row, large) });
    }
    return this.#withNewRecord(files, [...rows.values()], place);
  }

  #findStem(): string {
    const stems = new Set(
      this.#archive.entries.flatMap(({ name }) => DIST_INFO.exec(name)?.[1] ?? []),
    );
    const [stem, second] = stems;
    if (stem === undefined) {
      fail(this.#fileName, "no NAME.dist-info/METADATA in it (expected a wheel)");
    }
    if (second !== undefined) {
      fail(this.#fileName, `both ${stem}.dist-info and ${second}.dist-info in it (expected one)`);
    }
    return stem;
  }

  #checkVersion(): void {
    const stated = /^Wheel-Version:\s*(\S+)/im.exec(this.#text("WHEEL"))?.[1] ?? "";
    if (/^1(\.|$)/.test(stated)) return;
    const found = stated === "" ? "no Wheel-Version" : `Wheel-Version: ${stated}`;
    fail(this.#fileName, `WHEEL has ${found} (expected 1.0 or another 1.x)`);
  }

  #text(name: string): string {
    const path = `${this.stem}.dist-info/${name}`;
    const index = this.#indexes.get(path);
    if (index === undefined) fail(this.#fileName, `no ${path} in it (expected a wheel)`);
    return this.#archive.read(index).toString("utf8");
  }

  // PEP 427: each file is in RECORD, with a hash at least as strong as SHA-256.
  #recordRows(): Map<string, RecordRow> {
    const rows = new Map<string, RecordRow>();
    try {
      for (const row of parseRecord(this.#text("RECORD"))) rows.set(row.path, row);
    } catch (error) {
      if (error instanceof InmemError) throw error;
      fail(this.#fileName, (error as Error).message);
    }
    for (const path of rows.keys()) {
      if (!this.#indexes.has(path) && !path.endsWith("/")) {
        fail(this.#fileName, `RECORD names ${path}, which is not in the wheel`);
      }
    }
    for (const path of this.#indexes.keys()) {
      if (!rows.has(path) && !path.endsWith("/") && !UNRECORDED.test(path)) {
        fail(this.#fileName, `${path} is in the wheel and not in its RECORD`);
      }
    }
    return rows;
  }

  #content(path: string, index: number, row: RecordRow | undefined, large?: LargeContent) {
    const read = () => this.#archive.read(index);
    if (row === undefined || UNRECORDED.test(path)) return { read, large };
    const { algorithm, digest } = row;
    if (digest === "" || !STRONG_HASHES.has(algorithm)) {
      const found = digest === "" ? "no hash" : `the hash ${algorithm}`;
      fail(this.#fileName, `RECORD has ${found} for ${path} (expected sha256, sha384 or sha512)`);
    }
    if (algorithm === "sha256") return { read, large, sha256: digest };
    const refuse = () =>
      fail(this.#fileName, `${path} is not what its ${algorithm} in RECORD says`);
    return {
      read: () => {
        const content = read();
        if (createHash(algorithm).update(content).digest("hex") === digest) return content;
        return refuse();
      },
      large: large && withDigest(large, algorithm, digest, refuse),
    };
  }

  // importlib.metadata finds a distribution's files by it.
  #withNewRecord(
    files: WheelFile[],
    rows: readonly RecordRow[],
    place: (path: string) => string,
  ): WheelFile[] {
    if (rows.every(({ path }) => place(path) === path)) return files;
    const content = renameInRecord(rows, place);
    const record = `${this.stem}.dist-info/RECORD`;
    const changed = { read: () => content, deflated: () => undefined, large: undefined };
    return files.map((file) => (file.name === record ? { ...file, ...changed } : file));
  }
}

/** An entry's data as it lies in the file; undefined where that is not deflate's. */
export function readDeflated(
  archive: NativeArchive,
  index: number,
  path: string,
): Buffer | undefined {
  const entry = archive.entries[index];
  if (entry?.method !== METHOD_IDS.deflate) return undefined;
  const data = Buffer.allocUnsafe(entry.compressedSizeBytes);
  const file = openSync(path, "r");
  try {
    const offset = archive.dataOffset(index);
    // Shorter: the file was cut meanwhile, and whoever reads the content next says so.
    return readSync(file, data, 0, data.length, offset) === data.length ? data : undefined;
  } finally {
    closeSync(file);
  }
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function fail(fileName: string, what: string): never {
  throw new InmemError("ERR_INMEM_BUNDLER", `${fileName}: ${what}`);
}
