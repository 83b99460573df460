// lib/audit/closure.ts: where each needed library would come from at run time, by the rules of our loader.
import { posix } from "node:path";
import type { AuditObject } from "./content.js";
import type { Host, HostLibrary } from "./host.js";
import { LIBPYTHON } from "./link-tree.js";
import { isHostLibrary } from "./policies.js";

/** Where a DT_NEEDED is taken from. */
export type Need =
  | { readonly soname: string; readonly from: "bundle"; readonly object: AuditObject }
  /** Not found by the object's own paths, but there: another module has to load it first. */
  | { readonly soname: string; readonly from: "elsewhere"; readonly object: AuditObject }
  /** `library` is undefined where this host lacks it, or is of another machine. */
  | { readonly soname: string; readonly from: "host"; readonly library: HostLibrary | undefined }
  | { readonly soname: string; readonly from: "python" }
  | { readonly soname: string; readonly from: "other-python" }
  | {
      readonly soname: string;
      readonly from: "nowhere";
      readonly library: HostLibrary | undefined;
    };

export interface ClosureOptions {
  readonly host: Host;
  /** The soname that our Python answers to. */
  readonly pythonSoname: string;
  /** Sonames that may be taken from the host although no policy says so. */
  readonly hostLibraries: readonly string[];
}

/** Parts of the C library: the host's, whatever a bundle carries. */
const C_LIBRARY = /^(lib(c|m|dl|pthread|rt|util|resolv|anl|mvec)\.so\.\d|ld-linux[^/]*)$/;

/** All objects that are in memory together: one bundle, or the wheels of one folder. */
export class Closure {
  readonly objects: readonly AuditObject[];
  readonly #options: ClosureOptions;
  readonly #needs = new Map<AuditObject, readonly Need[]>();
  readonly #byName = new Map<string, AuditObject[]>();

  constructor(objects: readonly AuditObject[], options: ClosureOptions) {
    this.objects = objects;
    this.#options = options;
    for (const object of objects) {
      for (const name of new Set([object.facts.soname, posix.basename(object.entry)])) {
        if (name === "") continue;
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), object]);
      }
    }
  }

  needsOf(object: AuditObject): readonly Need[] {
    let needs = this.#needs.get(object);
    if (needs === undefined) {
      needs = object.facts.needed.map((soname) => this.#resolve(object, soname));
      this.#needs.set(object, needs);
    }
    return needs;
  }

  #resolve(object: AuditObject, soname: string): Need {
    const { host, pythonSoname, hostLibraries } = this.#options;
    if (soname === pythonSoname) {
      return { soname, from: "python" };
    }
    if (LIBPYTHON.test(soname)) return { soname, from: "other-python" };
    const machine = object.machine;
    const onHost = () =>
      machine === host.machine ? host.find(soname, object.facts.machine) : undefined;
    const allowed = hostLibraries.includes(soname);
    if (allowed || C_LIBRARY.test(soname)) return { soname, from: "host", library: onHost() };
    const found = this.#inArchive(object, soname);
    if (found) return { soname, from: "bundle", object: found };
    if (machine !== undefined && isHostLibrary(soname, machine)) {
      return { soname, from: "host", library: onHost() };
    }
    const other = this.#byName
      .get(soname)
      ?.find((one) => one.facts.machine === object.facts.machine);
    if (other) return { soname, from: "elsewhere", object: other };
    return { soname, from: "nowhere", library: onHost() };
  }

  // $ORIGIN of its paths, its folder, and the folders *.libs above it.
  #inArchive(object: AuditObject, soname: string): AuditObject | undefined {
    const { archive, entry, facts } = object;
    const here = posix.dirname(entry);
    const paths = (facts.runpath ?? facts.rpath ?? "").split(":").flatMap((part) => {
      const rest = /^\$(?:ORIGIN|\{ORIGIN\})(?:\/(.*))?$/.exec(part);
      return rest === null ? [] : [posix.join(here, rest[1] ?? "")];
    });
    const at = (folder: string) => {
      const found = archive.objectByEntry.get(posix.join(folder, soname));
      return found?.facts.machine === facts.machine ? found : undefined;
    };
    for (const folder of [...paths, here]) {
      const found = at(folder);
      if (found) return found;
    }
    const libs = libsFolders(object);
    for (const folder of libs) {
      const found = at(folder);
      if (found) return found;
    }
    return this.#byName
      .get(soname)
      ?.find((one) => one.archive === archive && libs.includes(posix.dirname(one.entry)));
  }

  /** The object and all that it brings in, itself first; what is `elsewhere` counts as there. */
  reach(object: AuditObject): {
    objects: Set<AuditObject>;
    host: Set<HostLibrary>;
    whole: boolean;
  } {
    const objects = new Set([object]);
    const host = new Set<HostLibrary>();
    let whole = true;
    for (const one of objects) {
      for (const need of this.needsOf(one)) {
        if (need.from === "bundle" || need.from === "elsewhere") objects.add(need.object);
        else if (need.from === "host" && need.library) this.#addHost(need.library, host);
        else if (need.from !== "python") whole = false;
      }
    }
    return { objects, host, whole };
  }

  #addHost(library: HostLibrary, known: Set<HostLibrary>): void {
    if (known.has(library)) return;
    known.add(library);
    for (const soname of library.facts.needed) {
      const found = this.#options.host.find(soname, library.facts.machine);
      if (found) this.#addHost(found, known);
    }
  }
}

// Nearest first, as the loader looks.
function libsFolders({ archive, entry }: AuditObject): string[] {
  const folders: string[] = [];
  for (let below = posix.dirname(entry); ; below = posix.dirname(below)) {
    const above = below === "." ? "" : below;
    folders.push(...(libsOf(archive).get(above) ?? []));
    if (above === "") return folders;
  }
}

const libs = new WeakMap<object, Map<string, string[]>>();

function libsOf(archive: AuditObject["archive"]): Map<string, string[]> {
  let known = libs.get(archive);
  if (known === undefined) {
    known = new Map();
    for (const folder of archive.folders) {
      if (!folder.endsWith(".libs")) continue;
      const parent = posix.dirname(folder);
      const above = parent === "." ? "" : parent;
      known.set(above, [...(known.get(above) ?? []), folder]);
    }
    libs.set(archive, known);
  }
  return known;
}
