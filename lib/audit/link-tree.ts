// lib/audit/link-tree.ts: what ld.so would open for one object if its wheel were unpacked on this host.
//
// As auditwheel sees it, whose verdict this is to give: DT_RPATH and DT_RUNPATH of the object and of
// whoever needs it, then the host's folders; the first library found for a name stands for all.
import { posix } from "node:path";
import type { NativeObject } from "../binding.js";
import type { AuditObject } from "./content.js";
import type { Host, HostLibrary } from "./host.js";

/** One needed name: in the wheel, on the host, or (neither) not found. */
export interface TreeLibrary {
  readonly inside?: AuditObject;
  readonly host?: HostLibrary;
  readonly needed: readonly string[];
}

export interface LinkTree {
  readonly root: AuditObject;
  readonly needed: readonly string[];
  readonly libraries: Map<string, TreeLibrary>;
}

/** A folder of the archive or of the host. */
type Folder = { readonly inside: string } | { readonly host: string };

/** `isInside`: which entries of the archive belong to the wheel. */
export function linkTree(
  root: AuditObject,
  host: Host,
  isInside: (object: AuditObject) => boolean,
): LinkTree {
  const libraries = new Map<string, TreeLibrary>();
  const own = pathsOf(root.facts, { inside: posix.dirname(root.entry) }, root);
  const find = (folders: readonly Folder[], soname: string): TreeLibrary => {
    for (const folder of folders) {
      if ("host" in folder) {
        const found = host.find(soname, root.facts.machine, [folder.host]);
        if (found) return { host: found, needed: found.facts.needed };
        continue;
      }
      const entry = posix.join(folder.inside, soname);
      const found = root.archive.objectByEntry.get(entry);
      if (found && isInside(found) && found.facts.machine === root.facts.machine) {
        return { inside: found, needed: found.facts.needed };
      }
    }
    const found = host.find(soname, root.facts.machine);
    return found ? { host: found, needed: found.facts.needed } : { needed: [] };
  };
  const visit = (facts: NativeObject, rpath: readonly Folder[], runpath: readonly Folder[]) => {
    const folders = [...own.rpath, ...rpath, ...runpath, ...own.runpath];
    for (const soname of facts.needed) {
      if (libraries.has(soname)) continue;
      // Python is whoever loads the module.
      if (LIBPYTHON.test(soname)) {
        libraries.set(soname, { needed: [] });
        continue;
      }
      const library = find(folders, soname);
      libraries.set(soname, library);
      const { inside, host: outside } = library;
      if (inside) {
        const paths = pathsOf(inside.facts, { inside: posix.dirname(inside.entry) }, root);
        visit(inside.facts, paths.rpath, paths.runpath);
      } else if (outside) {
        const paths = pathsOf(outside.facts, { host: posix.dirname(outside.path) }, root);
        visit(outside.facts, paths.rpath, paths.runpath);
      }
    }
  };
  visit(root.facts, own.rpath, own.runpath);
  return { root, needed: root.facts.needed, libraries };
}

export const LIBPYTHON = /^libpython\d+\.\d+[a-z]*\.so(\.\d)*$/;

/** Folders of DT_RPATH (none where there is a DT_RUNPATH) and DT_RUNPATH; those that are there. */
function pathsOf(facts: NativeObject, origin: Folder, root: AuditObject) {
  const parse = (text: string | null) =>
    (text ?? "").split(":").flatMap((part) => folderOf(part, origin, root));
  const runpath = parse(facts.runpath);
  return { rpath: runpath.length > 0 ? [] : parse(facts.rpath), runpath };
}

function folderOf(part: string, origin: Folder, root: AuditObject): Folder[] {
  if (part === "") return []; // the working directory: nothing that a wheel may count on
  const relative = /^\$(?:ORIGIN|\{ORIGIN\})(?:\/(.*))?$/.exec(part);
  if (relative === null) return part.startsWith("/") ? [{ host: part }] : [];
  const rest = relative[1] ?? "";
  if ("host" in origin) return [{ host: posix.join(origin.host, rest) }];
  const folder = posix.join(origin.inside, rest).replace(/\/$/, "");
  const inside = folder === "." ? "" : folder;
  return root.archive.folders.has(inside) ? [{ inside }] : [];
}

/**
 * A library of the wheel may count on what an extension module that needs it has loaded already:
 * what it cannot find by its own paths is taken from the first complete tree that it is part of.
 */
export function completeLibraries(
  modules: readonly LinkTree[],
  libraries: readonly LinkTree[],
): void {
  const isWhole = ({ libraries: found }: LinkTree) =>
    [...found.values()].every(({ inside, host }) => inside || host);
  const whole = [...modules, ...libraries].filter(isWhole);
  for (const tree of libraries) {
    if (isWhole(tree)) continue;
    const user = whole.find(({ libraries: found }) =>
      [...found.values()].some(({ inside }) => inside === tree.root),
    );
    if (user) takeFrom(user, tree);
  }
}

function takeFrom(user: LinkTree, tree: LinkTree): void {
  const missing = [...tree.libraries].filter(([, { inside, host }]) => !inside && !host);
  const wanted = missing.map(([soname]) => soname);
  const seen = new Set(tree.libraries.keys());
  for (let soname = wanted.pop(); soname !== undefined; soname = wanted.pop()) {
    const found = user.libraries.get(soname);
    if (!found) continue;
    tree.libraries.set(soname, found);
    for (const name of found.needed) {
      if (seen.has(name)) continue;
      seen.add(name);
      wanted.push(name);
    }
  }
}
