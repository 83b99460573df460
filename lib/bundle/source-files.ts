// lib/bundle/source-files.ts: the files of a zip or a folder, by their names in it.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { binding } from "../binding.js";
import { refuseBomb } from "./bomb.js";
import { type LargeContent, largeEntry, largeFile } from "./large-content.js";
import { readDeflated } from "./wheel.js";

export interface SourceFile {
  readonly name: string;
  readonly mode: number;
  readonly sizeBytes?: number;
  readonly large?: LargeContent | undefined;
  read(): Buffer;
  readonly deflated?: () => Buffer | undefined;
}

/** @throws {InmemError} the codes of a broken archive, or ERR_INMEM_NOT_A_FILE. */
export function sourceFiles(path: string): SourceFile[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() ? filesOfFolder(path) : filesOfArchive(path);
}

function filesOfArchive(path: string): SourceFile[] {
  const archive = binding().openArchive(path);
  refuseBomb(archive, basename(path), statSync(path).size);
  return archive.entries.flatMap(({ name, mode, sizeBytes }, index) =>
    name.endsWith("/")
      ? []
      : [
          {
            name,
            sizeBytes,
            large: largeEntry(name, archive, index, path),
            mode: mode & 0o111 ? 0o755 : 0o644,
            read: () => archive.read(index),
            deflated: () => readDeflated(archive, index, path),
          },
        ],
  );
}

function filesOfFolder(folder: string): SourceFile[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const stats = statSync(path, { throwIfNoEntry: false }); // of what a link leads to
    if (!stats?.isFile()) return [];
    const name = relative(folder, path).split(sep).join("/");
    const { size: sizeBytes } = stats;
    const mode = stats.mode & 0o111 ? 0o755 : 0o644;
    const large = largeFile(name, path, sizeBytes);
    return [{ name, mode, sizeBytes, large, read: () => readFileSync(path) }];
  });
}
