// lib/bundle/earlier.ts: what wheels became in an earlier bundle, to be copied instead of packed again.
import { openSync, readSync } from "node:fs";
import { binding, type NativeArchive } from "../binding.js";
import type { MethodId } from "./compression.js";
import { PAGE_BYTES, type PackedEntry, WORD_BYTES } from "./entry.js";
import { MANIFEST_NAME, type Manifest, type ManifestEntry } from "./manifest.js";
import type { Wheel, WheelFile } from "./wheel.js";
import type { FileRange } from "./zip-writer.js";

/** Entries of this size are copied from file to file, and never whole in memory. */
const LARGE_BYTES = 1 << 20;

/**
 * The wheels of a bundle that was made from the same ones, with the same options.
 * @throws {InmemError} when it cannot be read any more.
 */
export function wheelsOfBundle(path: string): Wheel[] {
  const archive = binding().openArchive(path);
  const indexes = new Map(archive.entries.map(({ name }, index) => [name, index]));
  const manifestIndex = indexes.get(MANIFEST_NAME) ?? -1;
  const manifest = JSON.parse(archive.read(manifestIndex).toString("utf8")) as Manifest;
  const file = openSync(path, "r"); // as long as this process: a bundle is made once in it
  const scripts = new Map(Object.entries(manifest.entry.scripts));
  const names = new Map<string, string[]>();
  for (const [name, { distribution = "" }] of Object.entries(manifest.entries)) {
    const others = names.get(distribution);
    if (others) others.push(name);
    else names.set(distribution, [name]);
  }
  const bundle = { archive, indexes, manifest, file };
  return manifest.distributions.map((info, at) => ({
    info,
    files: (names.get(info.name) ?? []).map((name) => fileOf(name, bundle)),
    scripts: at === 0 ? scripts : new Map(),
  }));
}

interface OpenBundle {
  readonly archive: NativeArchive;
  readonly indexes: ReadonlyMap<string, number>;
  readonly manifest: Manifest;
  readonly file: number;
}

function fileOf(name: string, bundle: OpenBundle): WheelFile {
  const { archive, indexes, manifest } = bundle;
  const entry = manifest.entries[name] as ManifestEntry;
  const index = indexes.get(name) ?? -1;
  const mode = (archive.entries[index]?.mode ?? 0) & 0o111 ? 0o755 : 0o644;
  return {
    ...{ name, mode, sha256: entry.sha256, sizeBytes: entry.size },
    read: () => archive.read(index),
    packed: () => packedEntry(name, mode, index, entry, bundle),
  };
}

function packedEntry(
  name: string,
  mode: number,
  index: number,
  { sha256, size, kind }: ManifestEntry,
  { archive, file }: OpenBundle,
): PackedEntry {
  const { method = 0, crc32 = 0, compressedSizeBytes = 0 } = archive.entries[index] ?? {};
  const offset = archive.dataOffset(index);
  const range = { file, offset, byteLength: compressedSizeBytes };
  const data = compressedSizeBytes < LARGE_BYTES ? contentOf(name, range) : range;
  const alignment = kind === "extension" || kind === "library" ? PAGE_BYTES : WORD_BYTES;
  const aligned = method === 0 && (alignment === PAGE_BYTES || kind === "bytecode");
  return {
    ...{ name, mode, method: method as MethodId, data, crc32, sizeBytes: size, sha256, kind },
    ...(aligned && { alignment }),
  };
}

function contentOf(name: string, { file, offset, byteLength }: FileRange): Buffer {
  const data = Buffer.allocUnsafe(byteLength);
  if (readSync(file, data, 0, byteLength, offset) === byteLength) return data;
  throw new Error(`${name}: the earlier bundle is cut off`);
}
