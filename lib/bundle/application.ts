// lib/bundle/application.ts: the application's own files: where they are, and their names in the bundle.
import { existsSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import picomatch from "picomatch";
import { InmemError } from "../errors.js";

/** Name in the bundle, and path or content. */
export type ApplicationFiles = Map<string, string | Uint8Array>;

/** Not part of an application, wherever they are found. */
const SKIPPED = new Set(["__pycache__", "node_modules", "inmem.toml"]);

/** What stands in a name for bytes that are no UTF-8: by this name the file is not found. */
const NOT_UTF_8 = "\ufffd";

/**
 * All files below a folder, by their names in it, sorted: without hidden ones, byte code,
 * virtual environments and bundles.
 * @throws {InmemError} ERR_INMEM_CONFIG when the folder cannot be read; ERR_INMEM_BAD_ENTRY_NAME
 * for a name that is not UTF-8.
 */
export function filesOfFolder(folder: string): ApplicationFiles {
  const found: ApplicationFiles = new Map();
  walk(folder, folder, new Set(), found);
  return found;
}

function walk(root: string, folder: string, above: ReadonlySet<string>, found: ApplicationFiles) {
  const real = realpathSync(folder);
  if (above.has(real)) return; // a link to a folder above
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    if (name.startsWith(".") || SKIPPED.has(name) || /\.(pyc|pyz)$/.test(name)) continue;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) {
      if (!existsSync(join(path, "pyvenv.cfg"))) walk(root, path, new Set([...above, real]), found);
    } else if (!stats && name.includes(NOT_UTF_8)) refuseName(path);
    else if (stats?.isFile()) found.set(relative(root, path).split(sep).join("/"), path);
  }
}

function refuseName(path: string): never {
  const message = `${path}: a name that is not UTF-8, as those in a bundle are (rename the file)`;
  throw new InmemError("ERR_INMEM_BAD_ENTRY_NAME", message);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InmemError("ERR_INMEM_CONFIG", `cannot read ${folder}: ${reason}`, { cause });
  }
}

/**
 * The files of `folder` that absolute globs name. A pattern that names a folder means all in it.
 * @throws {InmemError} ERR_INMEM_CONFIG for a pattern that nothing fits.
 */
export function filesByGlob(folder: string, patterns: readonly string[]): ApplicationFiles {
  const all = filesOfFolder(folder);
  const chosen: ApplicationFiles = new Map();
  for (const pattern of patterns) {
    const wanted = relative(folder, pattern).split(sep).join("/");
    const fits = picomatch(wanted === "" ? "**" : [wanted, `${wanted}/**`], { dot: true });
    const names = [...all.keys()].filter((name) => fits(name));
    if (names.length === 0) {
      throw new InmemError("ERR_INMEM_CONFIG", `files: nothing in ${folder} is named ${wanted}`);
    }
    for (const name of names) chosen.set(name, all.get(name) ?? "");
  }
  return chosen;
}

/**
 * The files of a module that lies in `folder` or `folder/src`, as `python -m` would find it there;
 * none where it is not.
 */
export function filesOfModuleIn(folder: string, module: string): ApplicationFiles {
  const [top = ""] = module.split(".");
  for (const base of [folder, join(folder, "src")]) {
    const file = join(base, `${top}.py`);
    if (existsSync(file)) return new Map([[`${top}.py`, file]]);
    const inside = join(base, top);
    if (statSync(inside, { throwIfNoEntry: false })?.isDirectory()) {
      const names = filesOfFolder(inside);
      return new Map([...names].map(([name, path]) => [`${top}/${name}`, path]));
    }
  }
  return new Map();
}

/** @throws {InmemError} ERR_INMEM_CONFIG when it cannot be read. */
export function readApplicationFile(path: string): Buffer {
  return asConfig(path, () => readFileSync(path));
}

/** @throws {InmemError} ERR_INMEM_CONFIG when it is not there. */
export function statApplicationFile(path: string): Stats {
  return asConfig(path, () => statSync(path));
}

function asConfig<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InmemError("ERR_INMEM_CONFIG", `cannot read ${path}: ${reason}`, { cause });
  }
}
