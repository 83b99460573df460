// lib/audit/host.ts: this host's shared libraries, as its dynamic linker would find them.
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Binding, NativeObject } from "../binding.js";
import { InmemError } from "../errors.js";
import { linesOf } from "./symbols.js";

export interface HostLibrary {
  readonly path: string;
  readonly facts: NativeObject;
  /** Names that others may bind to. */
  readonly defined: ReadonlySet<string>;
}

/** A library is read once a process: thousands of objects need the same ten. */
const read = new Map<string, HostLibrary | undefined>();

export class Host {
  readonly #binding: Binding;
  readonly #found = new Map<string, HostLibrary | undefined>();
  #folders: readonly string[] | undefined;
  readonly glibc: string;
  /** `"x86_64"`. */
  readonly machine: string;

  constructor(binding: Binding) {
    this.#binding = binding;
    this.glibc = binding.glibcVersion();
    this.machine = process.arch === "x64" ? "x86_64" : "aarch64";
  }

  /** Where the dynamic linker looks, without an object's own paths. */
  get folders(): readonly string[] {
    this.#folders ??= searchFolders();
    return this.#folders;
  }

  /** The first library of this name for this machine (`"EM_X86_64"`) in these folders. */
  find(soname: string, machine: string, folders = this.folders): HostLibrary | undefined {
    if (soname.includes("/") || soname === "") return undefined;
    const key = `${machine} ${soname} ${folders === this.folders ? "" : folders.join(":")}`;
    if (!this.#found.has(key)) this.#found.set(key, this.#search(soname, machine, folders));
    return this.#found.get(key);
  }

  #search(soname: string, machine: string, folders: readonly string[]) {
    for (const folder of folders) {
      const path = join(folder, soname);
      if (!existsSync(path)) continue;
      const library = this.#read(realpathSync(path));
      if (library?.facts.machine === machine && library.facts.class === "ELFCLASS64") {
        return library;
      }
    }
    return undefined;
  }

  #read(path: string): HostLibrary | undefined {
    if (read.has(path)) return read.get(path);
    let library: HostLibrary | undefined;
    try {
      const facts = this.#binding.elfFacts(readFileSync(path), path);
      // A linker script, such as libc.so of a compiler, is no ELF file.
      if (facts !== null) library = new ReadLibrary(path, facts);
    } catch (error) {
      if (error instanceof InmemError) throw error;
    }
    read.set(path, library);
    return library;
  }
}

class ReadLibrary implements HostLibrary {
  readonly path: string;
  readonly facts: NativeObject;
  #defined: ReadonlySet<string> | undefined;

  constructor(path: string, facts: NativeObject) {
    this.path = path;
    this.facts = facts;
  }

  get defined(): ReadonlySet<string> {
    this.#defined ??= new Set(linesOf(this.facts.defined));
    return this.#defined;
  }
}

function searchFolders(): string[] {
  const named = (process.env["LD_LIBRARY_PATH"] ?? "").split(":").filter(Boolean);
  const usual = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"];
  const folders = [...named, ...configured("/etc/ld.so.conf", new Set()), ...usual];
  return [...new Set(folders)].filter((folder) => existsSync(folder));
}

// Comments, folders, and `include` with a pattern in its last part.
function configured(path: string, seen: Set<string>): string[] {
  if (seen.has(path) || !existsSync(path)) return [];
  seen.add(path);
  return readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean)
    .flatMap((line) => {
      const included = /^include\s+(.+)$/.exec(line)?.[1];
      if (included === undefined) return [line];
      const pattern = included.startsWith("/") ? included : join(dirname(path), included);
      return matching(pattern).flatMap((one) => configured(one, seen));
    });
}

function matching(pattern: string): string[] {
  const folder = dirname(pattern);
  if (!existsSync(folder)) return [];
  const parts = basename(pattern)
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join(".*")}$`);
  return readdirSync(folder)
    .filter((name) => expression.test(name))
    .sort()
    .map((name) => join(folder, name));
}
