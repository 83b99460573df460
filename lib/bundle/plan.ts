// lib/bundle/plan.ts: which files a bundle gets, under which names.
import { InmemError } from "../errors.js";
import type { PackedEntry } from "./entry.js";
import type { LargeContent } from "./large-content.js";
import { MANIFEST_NAME, SIGNATURE_NAME } from "./manifest.js";
import { Selection } from "./selection.js";
import { withoutDebug } from "./without-debug.js";

/** One file of the bundle to be. */
export interface PlannedFile {
  readonly name: string;
  /** 0o644 or 0o755. */
  readonly mode: number;
  /** Who brought it, for messages: a wheel's file name or a path. */
  readonly origin: string;
  /** The distribution that it belongs to; undefined: the application. */
  readonly distribution?: string | undefined;
  /** SHA-256 of the wheel that has it under this name or another, always the same one. */
  readonly wheel?: string | undefined;
  /** The content as deflate has it in the archive that it comes from. */
  readonly deflated?: (() => Buffer | undefined) | undefined;
  /** SHA-256 that the content must have, hexadecimal; checked when it is packed. */
  readonly sha256?: string | undefined;
  /** Size of the content, in bytes, where it is known. */
  readonly sizeBytes?: number | undefined;
  /** The content piece by piece, where it is large: then it is not to be read as a whole. */
  readonly large?: LargeContent | undefined;
  read(): Buffer;
  /** The entry as an earlier bundle has it: it is taken instead, and not compiled. */
  packed?(): PackedEntry;
}

/** Names that are the bundle's own. */
const RESERVED: Readonly<Record<string, string>> = {
  [MANIFEST_NAME]: "manifest",
  [SIGNATURE_NAME]: "signature",
};

/** What a reader refuses, or finds by no path. */
const BAD_NAME = /[\\\0]|(?:^|\/)\.{0,2}(?:\/|$)|[\ud800-\udfff]/u;

/** Files by name; each name has one content, whoever brings it. */
export class BundlePlan {
  readonly #files = new Map<string, PlannedFile>();
  /** By the name in lower case: unzip on macOS and Windows makes one file of both. */
  readonly #folded = new Map<string, PlannedFile>();
  readonly #selection: Selection;

  constructor(selection = new Selection()) {
    this.#selection = selection;
  }

  /** Files that were added and left out. */
  get excluded(): number {
    return this.#selection.left;
  }

  /** Globs that left nothing out. */
  get unusedExcludes(): readonly string[] {
    return this.#selection.unused;
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  /**
   * Adds a file, if it is not to be left out. So is a second one of the same name and bytes.
   * @throws {InmemError} ERR_INMEM_BUNDLER naming both origins when the bytes
   * differ, or when the name is the manifest's; ERR_INMEM_BAD_ENTRY_NAME.
   */
  add(given: PlannedFile): void {
    const { name, origin } = given;
    const isOfDistribution = given.distribution !== undefined;
    if (!this.#selection.keeps(name, isOfDistribution)) return;
    if (BAD_NAME.test(name)) refuseName(given);
    // What an earlier bundle has packed was made with the same choices.
    const strips = isOfDistribution && this.#selection.stripsDebug && !given.packed;
    const file = strips ? withoutDebug(given) : given;
    const earlier = this.#files.get(name);
    const own = RESERVED[name];
    if (own !== undefined) fail(`${origin} brings ${name}, the name of the bundle's ${own}`);
    if (earlier) {
      if (sameContent(earlier, file)) return;
      refuseLarge(earlier, file);
      fail(`${earlier.origin} and ${origin} both bring ${name}, with different content`);
    }
    this.#refuseOtherCase(file);
    this.#files.set(name, file);
  }

  // Within one distribution its authors mean it.
  #refuseOtherCase(file: PlannedFile): void {
    const folded = file.name.toLowerCase();
    const other = this.#folded.get(folded);
    this.#folded.set(folded, file);
    if (!other || other.origin === file.origin) return;
    fail(
      `${other.origin} brings ${other.name}, ${file.origin} brings ${file.name}: ` +
        "names that differ in case only (expected one of them; exclude the other)",
    );
  }

  /**
   * All files: `__main__.py` first, then by name.
   * @throws {InmemError} ERR_INMEM_BUNDLER when one's name is another's folder.
   */
  files(): PlannedFile[] {
    for (const file of this.#files.values()) this.#refuseFileAsFolder(file);
    return [...this.#files.values()].sort((a, b) => compareNames(a.name, b.name));
  }

  #refuseFileAsFolder({ name, origin }: PlannedFile): void {
    for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
      const other = this.#files.get(name.slice(0, at));
      if (!other) continue;
      fail(`${other.origin} brings the file ${other.name}, ${origin} a folder of that name`);
    }
  }
}

function sameContent(a: PlannedFile, b: PlannedFile): boolean {
  if (a.sha256 !== undefined && b.sha256 !== undefined) return a.sha256 === b.sha256;
  if (a.large || b.large) return false;
  return a.read().equals(b.read());
}

// Of other large ones with one name nobody has looked at the bytes.
function refuseLarge(a: PlannedFile, b: PlannedFile): void {
  if (!a.large || !b.large || a.large.sizeBytes !== b.large.sizeBytes) return;
  if (a.sha256 !== undefined && b.sha256 !== undefined) return;
  const size = `${a.large.sizeBytes} bytes each`;
  fail(`${a.origin} and ${b.origin} both bring ${a.name}, ${size} (expected one of them)`);
}

function refuseName({ name, origin }: PlannedFile): never {
  const expected = "expected a relative path, '/'-separated, without '.', '..' and backslashes";
  const message = `${origin}: the name ${JSON.stringify(name)} in the bundle (${expected})`;
  throw new InmemError("ERR_INMEM_BAD_ENTRY_NAME", message);
}

// By code units: the same everywhere, unlike a locale's order.
function compareNames(a: string, b: string): number {
  const rank = Number(b === "__main__.py") - Number(a === "__main__.py");
  return rank || (a < b ? -1 : 1);
}

function fail(message: string): never {
  throw new InmemError("ERR_INMEM_BUNDLER", message);
}
