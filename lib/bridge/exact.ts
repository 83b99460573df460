// lib/bridge/exact.ts: tuple() and bytes(): JavaScript's own values that are a tuple and bytes in Python.
import { types } from "node:util";

/** An Array, for JavaScript; what is made of it by map() or slice() is an Array like any other. */
class ExactTuple extends Array<unknown> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  readonly #brand = true;
  static has(value: object): value is ExactTuple {
    return #brand in value;
  }
}

/** A Uint8Array over memory that a program has; Python gets a copy each time. */
class ExactBytes extends Uint8Array {
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }
  readonly #brand = true;
  static has(value: object): value is ExactBytes {
    return #brand in value;
  }
}

export type Exact = ExactTuple | ExactBytes;

export const isTuple = ExactTuple.has;
export const isBytes = ExactBytes.has;

/** Goes to Python by value, whatever it stands in. */
export function isExact(value: object): value is Exact {
  return isTuple(value) || isBytes(value);
}

/** @throws TypeError where `items` is no object that can be iterated over. */
export function tuple(items: Iterable<unknown>): readonly unknown[] {
  if (typeof items !== "object" || items === null || !(Symbol.iterator in items)) {
    throw new TypeError(
      `the items of a tuple are an Array or another iterable, not ${typeof items}`,
    );
  }
  return Object.freeze(ExactTuple.from(items));
}

/** @throws TypeError where `data` is no memory. */
export function bytes(data: ArrayBufferView | ArrayBufferLike): Uint8Array {
  if (ArrayBuffer.isView(data)) {
    return new ExactBytes(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }
  if (types.isAnyArrayBuffer(data)) return new ExactBytes(data as ArrayBuffer);
  throw new TypeError(
    `bytes are made of a Buffer, a typed array, DataView or ArrayBuffer, not ${typeof data}`,
  );
}
