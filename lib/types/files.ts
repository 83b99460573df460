// lib/types/files.ts: the files of a bundle that say something of its modules, wherever its maker put them.
import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { binding } from "../binding.js";
import { foreignLayout } from "../bundle/foreign-layout.js";
import { parseRecord } from "../bundle/record.js";
import { sourceFiles } from "../bundle/source-files.js";
import { nativeBundles, pathOfBundle } from "../bundle-input.js";
import type { BundleInput } from "../options.js";

/** One of them, by its name below `sys.path`. */
interface ModuleFile {
  readonly name: string;
  read(): Buffer;
}

export type ModuleFiles = ReadonlyMap<string, ModuleFile>;

/** @throws {InmemError} ERR_INMEM_NOT_FOUND and every code that concerns archives. */
export function moduleFiles(bundle: BundleInput): ModuleFiles {
  const files = new Map<string, ModuleFile>();
  for (const file of filesOf(bundle)) if (!files.has(file.name)) files.set(file.name, file);
  return files;
}

function filesOf(bundle: BundleInput): ModuleFile[] {
  const path = pathOfBundle(bundle);
  if (path === undefined) return placed("the bundle", filesOfBytes(bundle as Uint8Array));
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return placed(basename(path), archiveAt(path));
  const files = sourceFiles(path);
  const wheels = files.filter(({ name }) => /^[^/]+\.whl$/.test(name)).map(({ name }) => name);
  const inWheels = wheels.sort().flatMap((name) => placed(name, sourceFiles(join(path, name))));
  return [...placed(basename(path), files), ...inWheels];
}

// What is wrong with the path native says best.
function archiveAt(path: string): ModuleFile[] {
  const [found] = nativeBundles(path);
  if (typeof found === "object" && "bytes" in found) return filesOfBytes(found.bytes);
  binding().openArchive(path);
  return sourceFiles(path);
}

function filesOfBytes(bytes: Uint8Array): ModuleFile[] {
  const archive = binding().openArchive(bytes);
  return archive.entries.map(({ name }, index) => ({
    name,
    read: () => archive.read(index),
  }));
}

function placed(origin: string, files: readonly ModuleFile[]): ModuleFile[] {
  const sources = new Map(files.map((file) => [file.name, file]));
  const layout = foreignLayout(origin, (name) => sources.get(name)?.read());
  return files.flatMap((file) => {
    const name = layout.place(file.name)?.replace(/^[^/]+\.data\/(?:pure|plat)lib\//, "");
    return name === undefined ? [] : [{ ...file, name }];
  });
}

/** Those that a distribution lists as its own. */
export function distributedFiles(files: ModuleFiles): string[] {
  const records = [...files.keys()].filter((name) => /^[^/]+\.dist-info\/RECORD$/.test(name));
  return records.flatMap((name) => {
    try {
      const rows = parseRecord(files.get(name)?.read().toString("utf8") ?? "");
      return rows.map(({ path }) => path);
    } catch {
      return []; // then its modules count as the application's
    }
  });
}
