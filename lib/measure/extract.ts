// lib/measure/extract.ts: a bundle as files in a folder, as programs that unpack themselves do it.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ArchiveEntry, Binding } from "../binding.js";
import { entryContent, type LargeContent } from "../bundle/large-content.js";
import { OutputFile } from "../bundle/output-file.js";
import { InmemError } from "../errors.js";
import type { Written } from "./ways.js";

const TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;
/** What is larger is written piece by piece: a buffer has its limit. */
const MOST_WHOLE_BYTES = 1 << 30;

/**
 * Writes all entries below `folder`, which is made; names were checked when the archive was opened.
 * Byte code goes where an import from disk looks for it.
 * @throws {InmemError} every code of docs/errors.md that concerns archives; Node's own errors of writing.
 */
export async function extractBundle(
  binding: Binding,
  bundle: string,
  folder: string,
): Promise<Written> {
  const archive = binding.openArchive(bundle);
  const names = new Set(archive.entries.map(({ name }) => name));
  const [major, minor] = binding.versions().python.split(".");
  const cacheTag = `cpython-${major}${minor}`;
  const places = new Map<string, number>();
  archive.entries.forEach(({ name }, index) => {
    const place = placeOf(name, names, cacheTag);
    if (!name.endsWith("/") && !places.has(place)) places.set(place, index);
  });
  const entryAt = (index: number) => archive.entries[index] as ArchiveEntry;
  // Links come last: nothing is written through one.
  const links = [...places].filter(([, index]) => isLink(entryAt(index)));
  const others = [...places].filter(([, index]) => !isLink(entryAt(index)));
  refuseBelowLinks(bundle, [...places.keys()], new Set(links.map(([place]) => place)));
  const made = new Set<string>();
  let bytes = 0;
  for (const [place, index] of [...others, ...links]) {
    const path = join(folder, place);
    const parent = dirname(path);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    const entry = entryAt(index);
    bytes += entry.sizeBytes;
    if (entry.sizeBytes > MOST_WHOLE_BYTES) {
      await writePieces(path, entryContent(archive, index, bundle), entry);
    } else writeEntry(path, archive.read(index), entry);
  }
  return { files: places.size, bytes };
}

// What is below a link would be written where the link leads: anywhere.
function refuseBelowLinks(
  bundle: string,
  places: readonly string[],
  links: ReadonlySet<string>,
): void {
  for (const place of places) {
    for (let above = dirname(place); above !== "."; above = dirname(above)) {
      if (!links.has(above)) continue;
      throw new InmemError(
        "ERR_INMEM_BAD_ENTRY_NAME",
        `${bundle}: entry ${place} is below ${above}, a symbolic link (expected a folder there)`,
      );
    }
  }
}

function isLink({ mode }: ArchiveEntry): boolean {
  return (mode & TYPE_MASK) === SYMLINK;
}

async function writePieces(path: string, content: LargeContent, { mode }: ArchiveEntry) {
  const file = await OutputFile.create(path, (mode & 0o111) !== 0);
  try {
    for await (const piece of content.pieces()) await file.write(piece);
    await file.commit({ sync: false });
  } finally {
    await file.discard();
  }
}

function writeEntry(path: string, data: Buffer, entry: ArchiveEntry): void {
  if (isLink(entry)) symlinkSync(data.toString(), path);
  // O_EXCL follows no link, whoever has put it there.
  else writeFileSync(path, data, { flag: "wx", mode: entry.mode & 0o111 ? 0o755 : 0o644 });
}

// In a bundle `x.pyc` lies beside `x.py`; on disk Python reads it from `__pycache__` alone.
function placeOf(name: string, names: ReadonlySet<string>, cacheTag: string): string {
  if (!name.endsWith(".pyc") || !names.has(name.slice(0, -1))) return name;
  return join(dirname(name), "__pycache__", `${basename(name, ".pyc")}.${cacheTag}.pyc`);
}
