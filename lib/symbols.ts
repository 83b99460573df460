// lib/symbols.ts: what gdb and perf need to name functions of a bundle's shared objects.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Binding } from "./binding.js";
import { statOrNothing } from "./bundle-input.js";
import { fileFailure, notWritable } from "./file-failure.js";
import { linkMap } from "./link-map.js";
import { wrongType } from "./options.js";
import { type MappedObject, perfSymbols } from "./perf-symbols.js";

/** What writeSymbols() has written; all paths are absolute. */
export interface WrittenSymbols {
  /** For `gdb -x`: where each object lies in the process. */
  readonly gdbCommands: string;
  /** For `perf report --symfs`. */
  readonly symfs: string;
  /** Virtual paths of the objects that were written. */
  readonly objects: readonly string[];
  /** Those of them that lie in the bundle's own file: to perf they all are that file. */
  readonly mapped: readonly string[];
  /** Paths that the dynamic linker knows, and whose file or archive is not there (any more). */
  readonly missing: readonly string[];
}

/** writeSymbols(), with the way to the native binary. */
export function symbolsOf(
  binding: () => Binding,
  folder: string,
  pid: number = process.pid,
): WrittenSymbols {
  if (typeof folder !== "string" || folder === "" || folder.includes("\0")) {
    throw wrongType("folder", "a non-empty string without NUL", folder);
  }
  if (!Number.isInteger(pid) || pid <= 0) throw wrongType("pid", "a process's number", pid);
  const root = resolve(folder);
  const symfs = join(root, "symfs");
  const { loaded, mappings } = look(pid);
  write(symfs, () => mkdirSync(symfs, { recursive: true }));
  const commands: string[] = [];
  const found = { objects: [] as string[], mapped: [] as string[], missing: [] as string[] };
  const archives = new Archives(binding);
  const ofBundles = new Map<string, MappedObject[]>();
  for (const { path, base } of loaded) {
    if (!path.startsWith("/") || existsSync(path)) continue; // the host's, gdb finds it
    const entry = archives.read(path);
    if (entry === undefined) {
      found.missing.push(path);
      continue;
    }
    const { bytes, archive } = entry;
    const copy = join(root, "objects", path);
    write(copy, () => writeFileSync(copy, bytes));
    found.objects.push(path);
    commands.push(`add-symbol-file "${copy}" -o 0x${base.toString(16)}`);
    const name = mappings.get(base) ?? "";
    if (name.startsWith("/memfd:")) replaceLink(copy, join(symfs, name));
    else {
      found.mapped.push(path);
      if (name === archive) ofBundles.set(archive, [...(ofBundles.get(archive) ?? []), entry]);
    }
  }
  for (const name of new Set(mappings.values())) {
    if (existsSync(name)) replaceLink(name, join(symfs, name));
  }
  for (const [bundle, objects] of ofBundles) writeBundleSymbols(join(symfs, bundle), objects);
  const gdbCommands = join(root, "gdb-commands");
  write(gdbCommands, () => writeFileSync(gdbCommands, gdbText(pid, commands)));
  return { gdbCommands, symfs, ...found };
}

function look(pid: number) {
  try {
    return { loaded: linkMap(pid), mappings: readMappings(pid) };
  } catch (cause) {
    const expected = "a running process of this user that gdb may attach to";
    throw fileFailure(`process ${pid}`, "cannot be read", cause, expected);
  }
}

// gdb would ask before each add-symbol-file.
function gdbText(pid: number, commands: readonly string[]): string {
  const header = `# For process ${pid}: gdb -p ${pid} -x THIS_FILE`;
  return [header, "set confirm off", ...commands, "set confirm on", ""].join("\n");
}

// In the place of the link to the bundle that is there.
function writeBundleSymbols(path: string, objects: readonly MappedObject[]): void {
  const size = statOrNothing(path)?.size ?? 0;
  const symbols = perfSymbols(objects, size);
  if (symbols === undefined) return;
  write(path, () => {
    rmSync(path, { force: true });
    writeFileSync(path, symbols);
  });
}

function replaceLink(target: string, path: string): void {
  write(path, () => {
    rmSync(path, { force: true });
    symlinkSync(target, path);
  });
}

// The folders above come with it.
function write(path: string, work: () => void): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    work();
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

/** Names of files as /proc shows them, by the address where each mapping begins. */
function readMappings(pid: number): Map<number, string> {
  const mappings = new Map<number, string>();
  for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
    const slash = line.indexOf("/");
    if (slash >= 0) mappings.set(Number.parseInt(line, 16), line.slice(slash));
  }
  return mappings;
}

interface ArchivedObject extends MappedObject {
  /** Path of the archive. */
  readonly archive: string;
}

/** Entries by virtual path. */
class Archives {
  readonly #binding: () => Binding;
  readonly #open = new Map<string, ((entry: string) => MappedObject | undefined) | undefined>();

  constructor(binding: () => Binding) {
    this.#binding = binding;
  }

  /** Undefined where there is no such archive, or no such entry in it. */
  read(path: string): ArchivedObject | undefined {
    let archive = dirname(path);
    while (archive !== "/" && !statOrNothing(archive)?.isFile()) archive = dirname(archive);
    if (archive === "/") return undefined;
    if (!this.#open.has(archive)) this.#open.set(archive, openArchive(this.#binding(), archive));
    const entry = this.#open.get(archive)?.(path.slice(archive.length + 1));
    return entry && { ...entry, archive };
  }
}

function openArchive(
  binding: Binding,
  path: string,
): ((entry: string) => MappedObject | undefined) | undefined {
  try {
    const archive = binding.openArchive(path);
    const indices = new Map(archive.entries.map(({ name }, index) => [name, index]));
    return (entry) => {
      const index = indices.get(entry);
      if (index === undefined) return undefined;
      return { bytes: archive.read(index), dataOffset: archive.dataOffset(index) };
    };
  } catch {
    return undefined; // replaced by what is no archive
  }
}
