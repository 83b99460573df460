// lib/shared-objects.ts: what the loader has loaded from bundles.
import { binding } from "./binding.js";

/** A reference that Node had captured, and that is bound as on disk now. */
export interface Rebinding {
  readonly symbol: string;
  /** Path of the object that it was bound to; "" where that is unknown. */
  readonly from: string;
  /** Virtual path of the object that it is bound to. */
  readonly to: string;
}

/** A shared object of a bundle in this process. */
export interface SharedObject {
  /** Virtual path: the archive's path, then the entry's name. */
  readonly path: string;
  /** "" where it has none. */
  readonly soname: string;
  readonly tier: "mapped" | "memfd" | "tmpfs" | "extract";
  /** Why this tier. */
  readonly reason: string;
  /** Its name in /proc/self/maps, without "/memfd:"; "" where it has none there. */
  readonly memfdName: string;
  /** Address that it was loaded at. */
  readonly base: number;
  /** Bytes of address space from `base` on. */
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
  /** References that are bound elsewhere than on disk, counted now. */
  readonly violations: number;
}

/**
 * The shared objects that were loaded from bundles so far, in the order in which they
 * became usable. Walks the relocations of each: milliseconds for large libraries.
 * @throws {InmemError} ERR_INMEM_UNSUPPORTED_PLATFORM, ERR_INMEM_NO_BINARY.
 */
export function sharedObjects(): SharedObject[] {
  return binding().sharedObjects(true);
}
