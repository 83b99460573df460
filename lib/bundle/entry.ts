// lib/bundle/entry.ts: how one file is stored in a bundle.
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import { crc32 } from "./crc32.js";
import { classify, type EntryKind } from "./kind.js";
import type { ZipEntry } from "./zip-writer.js";

const deflate = promisify(deflateRaw) as (data: Uint8Array) => Promise<Buffer>;

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

/** Chooses method and alignment by the content, and compresses. */
export async function packEntry(name: string, mode: number, content: Buffer): Promise<PackedEntry> {
  const kind = classify(name, content);
  const base = {
    name,
    mode,
    crc32: crc32(content),
    sizeBytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    kind,
  };
  if (kind === "extension" || kind === "library")
    return { ...base, method: 0, data: content, alignment: PAGE_BYTES };
  if (kind === "bytecode") return { ...base, method: 0, data: content, alignment: WORD_BYTES };
  const deflated = await deflate(content);
  const helps = deflated.length < content.length;
  return helps ? { ...base, method: 8, data: deflated } : { ...base, method: 0, data: content };
}
