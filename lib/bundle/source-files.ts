// lib/bundle/source-files.ts: the files of a zip or a folder, by their names in it.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { binding } from "../binding.js";
import { refuseBomb } from "./bomb.js";
import { readDeflated } from "./wheel.js";

export interface SourceFile {
  readonly name: string;
  readonly mode: number;
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
  return archive.entries.flatMap(({ name, mode }, index) =>
    name.endsWith("/")
      ? []
      : [
          {
            name,
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
    return [{ name, mode: stats.mode & 0o111 ? 0o755 : 0o644, read: () => readFileSync(path) }];
  });
}
