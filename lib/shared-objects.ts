// lib/shared-objects.ts: what the loader has loaded from bundles, and by hand.
import { dirname, resolve } from "node:path";
import type { Binding } from "./binding.js";
import { statOrNothing } from "./bundle-input.js";
import { InmemError } from "./errors.js";
import { checkBooleans, checkIsObject, checkNames, type Tier, wrongType } from "./options.js";

/** A reference that Node had captured, and that is bound as on disk now. */
export interface Rebinding {
  readonly symbol: string;
  /** Path of the object that it was bound to; "" where that is unknown. */
  readonly from: string;
  /** Virtual path of the object that it is bound to; "" for none, as a weak reference may be. */
  readonly to: string;
}

/** A shared object of a bundle in this process. */
export interface SharedObject {
  /** Virtual path: the archive's path, then the entry's name. */
  readonly path: string;
  /** "" where it has none. */
  readonly soname: string;
  readonly tier: Tier;
  /** Why this tier. */
  readonly reason: string;
  /** Its name in /proc/self/maps, without "/memfd:"; "" where it has none there. */
  readonly memfdName: string;
  /** Address that it was loaded at. */
  readonly base: number;
  /** Bytes of address space, from its first segment on. */
  readonly memoryBytes: number;
  /** NT_GNU_BUILD_ID in hexadecimal; "" where it has none. */
  readonly buildId: string;
  /** Bytes of the object's file. */
  readonly sizeBytes: number;
  /** Bytes of it that were copied. */
  readonly copiedBytes: number;
  /** Bytes of it that are mapped from the bundle's file. */
  readonly mappedBytes: number;
  /** To load it, without what it needs and without its constructors. */
  readonly milliseconds: number;
  /** Of them: for edits and rebinding. */
  readonly bindingMilliseconds: number;
  readonly constructorMilliseconds: number;
  readonly rebindings: readonly Rebinding[];
  /** References that are bound elsewhere than on disk, counted now; undefined while another thread loads. */
  readonly violations: number | undefined;
}

export interface LoadOptions {
  /** The archive's bytes; `path` is then the entry's name in it. */
  archive?: Uint8Array;
  /** Its symbols, and those of what it needs, are for everything loaded later. Default: false. */
  global?: boolean;
}

/** @internal loadSharedObject(), checked here. */
export function loadByHand(
  binding: () => Binding,
  path: string,
  options: LoadOptions = {},
): SharedObject {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw wrongType("path", "a non-empty string without NUL", path);
  }
  checkIsObject(options);
  checkNames(options, ["archive", "global"]);
  const { archive, global = false } = options;
  if (archive !== undefined && !(archive instanceof Uint8Array)) {
    throw wrongType("archive", "a Buffer or a Uint8Array", archive);
  }
  checkBooleans(options, ["global"]);
  const [source, entry] = archive ? [archive, path] : splitPath(resolve(path));
  const native = binding();
  const base = native.loadSharedObject(source, "", entry, global);
  const object = native.sharedObjects(true).find((candidate) => candidate.base === base);
  if (object === undefined) throw new Error(`${path} was loaded at ${base} and is not there`);
  return object;
}

/** The archive is the part of the path that is a file. */
function splitPath(path: string): [archive: string, entry: string] {
  for (let end = path; end !== dirname(end); end = dirname(end)) {
    if (!statOrNothing(end)?.isFile()) continue;
    if (end !== path) return [end, path.slice(end.length + 1)];
    throw new InmemError(
      "ERR_INMEM_NOT_FOUND",
      `${path}: a file itself (expected the path of an archive and the name of an entry in it)`,
    );
  }
  throw new InmemError(
    "ERR_INMEM_NOT_FOUND",
    `${path}: no part of this path is a file (expected the path of an archive and the name of an entry in it)`,
  );
}
