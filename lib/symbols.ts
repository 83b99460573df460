// lib/symbols.ts: what gdb and perf need to name functions of a bundle's shared objects.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Binding } from "./binding.js";
import { statOrNothing } from "./bundle-input.js";
import { fileFailure, notWritable } from "./file-failure.js";
import { linkMap } from "./link-map.js";
import { wrongType } from "./options.js";

/** What writeSymbols() has written; all paths are absolute. */
export interface WrittenSymbols {
  /** For `gdb -x`: where each object lies in the process. */
  readonly gdbCommands: string;
  /** For `perf report --symfs`. */
  readonly symfs: string;
  /** Virtual paths of the objects that were written. */
  readonly objects: readonly string[];
  /** Those of them that lie in the bundle's own file: perf finds no names for these. */
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
  for (const { path, base } of loaded) {
    if (!path.startsWith("/") || existsSync(path)) continue; // the host's, gdb finds it
    const bytes = archives.read(path);
    if (bytes === undefined) {
      found.missing.push(path);
      continue;
    }
    const copy = join(root, "objects", path);
    write(copy, () => writeFileSync(copy, bytes));
    found.objects.push(path);
    commands.push(`add-symbol-file "${copy}" -o 0x${base.toString(16)}`);
    const name = mappings.get(base) ?? "";
    if (name.startsWith("/memfd:")) replaceLink(copy, join(symfs, name));
    else found.mapped.push(path);
  }
  for (const name of new Set(mappings.values())) {
    if (existsSync(name)) replaceLink(name, join(symfs, name));
  }
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

/** Entries by virtual path. */
class Archives {
  readonly #binding: () => Binding;
  readonly #open = new Map<string, ((entry: string) => Buffer | undefined) | undefined>();

  constructor(binding: () => Binding) {
    this.#binding = binding;
  }

  /** Undefined where there is no such archive, or no such entry in it. */
  read(path: string): Buffer | undefined {
    let archive = dirname(path);
    while (archive !== "/" && !statOrNothing(archive)?.isFile()) archive = dirname(archive);
    if (archive === "/") return undefined;
    if (!this.#open.has(archive)) this.#open.set(archive, openArchive(this.#binding(), archive));
    return this.#open.get(archive)?.(path.slice(archive.length + 1));
  }
}

function openArchive(
  binding: Binding,
  path: string,
): ((entry: string) => Buffer | undefined) | undefined {
  try {
    const archive = binding.openArchive(path);
    const indices = new Map(archive.entries.map(({ name }, index) => [name, index]));
    return (entry) => {
      const index = indices.get(entry);
      return index === undefined ? undefined : archive.read(index);
    };
  } catch {
    return undefined; // replaced by what is no archive
  }
}
