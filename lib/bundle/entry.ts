// lib/bundle/entry.ts: how one file is stored in a bundle.
import { createHash } from "node:crypto";
import { binding } from "../binding.js";
import {
  type CompressionTable,
  compressionTable,
  LEVELS,
  METHOD_IDS,
  methodOf,
} from "./compression.js";
import { crc32 } from "./crc32.js";
import { classify, type EntryKind } from "./kind.js";
import type { ZipEntry } from "./zip-writer.js";

/** Shared objects begin at a page, so that they can be mapped from the file. */
export const PAGE_BYTES = 4096;
/** Byte code begins at a word. */
export const WORD_BYTES = 4;

/** An entry for the zip writer, and what the manifest says about it. */
export interface PackedEntry extends ZipEntry {
  /** SHA-256 of the content, hexadecimal. */
  readonly sha256: string;
  readonly kind: EntryKind;
}

/** What a file's content is made an entry with. */
export interface PackRules {
  readonly compression?: CompressionTable;
  /** Gives the content as deflate already has it, where an archive brings it so. */
  readonly deflated?: (() => Buffer | undefined) | undefined;
}

/** Chooses method and alignment by the kind, and compresses. */
export async function packEntry(
  name: string,
  mode: number,
  content: Buffer,
  { compression = compressionTable(), deflated }: PackRules = {},
): Promise<PackedEntry> {
  const kind = classify(name, content);
  const method = methodOf(compression, kind, content.length);
  const base = {
    name,
    mode,
    crc32: crc32(content),
    sizeBytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    kind,
  };
  const stored = { ...base, method: METHOD_IDS.stored, data: content, ...alignmentOf(kind) };
  if (method === "stored" || content.length === 0) return stored;
  const id = METHOD_IDS[method];
  const found = method === "deflate" ? deflated?.() : undefined;
  const data = found ?? (await binding().compress(content, id, LEVELS[method]));
  return data.length < content.length ? { ...base, method: id, data } : stored;
}

/** Where a stored entry of this kind begins. */
export function alignmentOf(kind: EntryKind): { alignment?: number } {
  if (kind === "extension" || kind === "library") return { alignment: PAGE_BYTES };
  return kind === "bytecode" ? { alignment: WORD_BYTES } : {};
}
