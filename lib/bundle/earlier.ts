// lib/bundle/earlier.ts: what wheels became in an earlier bundle, to be copied instead of packed again.
import { openSync, readSync } from "node:fs";
import { binding, type NativeArchive } from "../binding.js";
import type { MethodId } from "./compression.js";
import { PAGE_BYTES, type PackedEntry, WORD_BYTES } from "./entry.js";
import { MANIFEST_NAME, type Manifest, type ManifestEntry } from "./manifest.js";
import type { Wheel, WheelFile } from "./wheel.js";

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
  return manifest.distributions.map((info, at) => ({
    info,
    files: filesOf(info.name, { archive, indexes, manifest, file }),
    scripts: at === 0 ? scripts : new Map(),
  }));
}

interface OpenBundle {
  readonly archive: NativeArchive;
  readonly indexes: ReadonlyMap<string, number>;
  readonly manifest: Manifest;
  readonly file: number;
}

function filesOf(distribution: string, bundle: OpenBundle): WheelFile[] {
  const { archive, indexes, manifest } = bundle;
  const files: WheelFile[] = [];
  for (const [name, entry] of Object.entries(manifest.entries)) {
    if (entry.distribution !== distribution) continue;
    const index = indexes.get(name) ?? -1;
    const mode = (archive.entries[index]?.mode ?? 0) & 0o111 ? 0o755 : 0o644;
    files.push({
      ...{ name, mode, sha256: entry.sha256 },
      read: () => archive.read(index),
      packed: () => packedEntry(name, mode, index, entry, bundle),
    });
  }
  return files;
}

function packedEntry(
  name: string,
  mode: number,
  index: number,
  { sha256, size, kind }: ManifestEntry,
  { archive, file }: OpenBundle,
): PackedEntry {
  const { method = 0, crc32 = 0, compressedSizeBytes = 0 } = archive.entries[index] ?? {};
  const data = Buffer.allocUnsafe(compressedSizeBytes);
  const read = readSync(file, data, 0, compressedSizeBytes, archive.dataOffset(index));
  if (read !== compressedSizeBytes) throw new Error(`${name}: the earlier bundle is cut off`);
  const alignment = kind === "extension" || kind === "library" ? PAGE_BYTES : WORD_BYTES;
  const aligned = method === 0 && (alignment === PAGE_BYTES || kind === "bytecode");
  return {
    ...{ name, mode, method: method as MethodId, data, crc32, sizeBytes: size, sha256, kind },
    ...(aligned && { alignment }),
  };
}
