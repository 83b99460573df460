// lib/bridge/equal-keys.ts: the key of a Map, or item of a Set, that equals what Python asks for.
import { types } from "node:util";
import { ByReference } from "./wrapped.js";

type Collection = ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/** `key` was made of a tuple, frozenset or bytes just now; itself where nothing equals it. */
export function equalKey(collection: Collection, key: unknown): unknown {
  for (const known of collection.keys()) {
    if (isEqual(known, key)) return new ByReference(known as object);
  }
  return new ByReference(key as object);
}

// As Python compares them: items by value, and objects that stay objects by identity.
function isEqual(known: unknown, made: unknown): boolean {
  if (Array.isArray(made)) {
    return (
      Array.isArray(known) &&
      known.length === made.length &&
      made.every((item, i) => isEqual(known[i], item))
    );
  }
  if (types.isSet(made)) {
    return (
      types.isSet(known) &&
      known.size === made.size &&
      [...made].every((item) => [...known].some((other) => isEqual(other, item)))
    );
  }
  if (types.isUint8Array(made)) {
    return types.isUint8Array(known) && Buffer.compare(known, made) === 0;
  }
  return Object.is(known, made) || known === made;
}
