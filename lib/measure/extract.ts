// lib/measure/extract.ts: a bundle as files in a folder, as programs that unpack themselves do it.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ArchiveEntry, Binding } from "../binding.js";
import type { Written } from "./ways.js";

const TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;

/**
 * Writes all entries below `folder`, which is made; names were checked when the archive was opened.
 * Byte code goes where an import from disk looks for it.
 * @throws {InmemError} every code of docs/errors.md that concerns archives; Node's own errors of writing.
 */
export function extractBundle(binding: Binding, bundle: string, folder: string): Written {
  const archive = binding.openArchive(bundle);
  const names = new Set(archive.entries.map(({ name }) => name));
  const [major, minor] = binding.versions().python.split(".");
  const cacheTag = `cpython-${major}${minor}`;
  const made = new Set<string>();
  let files = 0;
  let bytes = 0;
  archive.entries.forEach((entry, index) => {
    if (entry.name.endsWith("/")) return;
    const path = join(folder, placeOf(entry.name, names, cacheTag));
    const parent = dirname(path);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    const data = archive.read(index);
    writeEntry(path, data, entry);
    files += 1;
    bytes += data.length;
  });
  return { files, bytes };
}

function writeEntry(path: string, data: Buffer, { mode }: ArchiveEntry): void {
  if ((mode & TYPE_MASK) === SYMLINK) symlinkSync(data.toString(), path);
  else writeFileSync(path, data, { mode: mode & 0o111 ? 0o755 : 0o644 });
}

// In a bundle `x.pyc` lies beside `x.py`; on disk Python reads it from `__pycache__` alone.
function placeOf(name: string, names: ReadonlySet<string>, cacheTag: string): string {
  if (!name.endsWith(".pyc") || !names.has(name.slice(0, -1))) return name;
  return join(dirname(name), "__pycache__", `${basename(name, ".pyc")}.${cacheTag}.pyc`);
}
