// lib/types/declared.ts: types that the declarations of `inmem-python types` name besides those of proxies.
import type { PyCallable, PyFunction, PyTypeMembers } from "../bridge/call-types.js";
import type { PyCollection, PyProxy } from "../bridge/types.js";

// A declaration file names nothing but these and its own modules: a Python class may be called Promise.

/** bytes: converted, a copy each time. */
export type PyBytes = Uint8Array;

/** frozenset: converted. */
export type PyFrozen<T> = ReadonlySet<T>;

export type PyPromise<T> = Promise<Awaited<T>>;

/** The keyword arguments of a function that takes none. */
export type NoKeywords = Readonly<Record<string, never>>;

/** A base's members but for those that a class declares itself; as in Python, those may differ. */
export type PyWithout<Base, Names extends PropertyKey> = Pick<Base, Exclude<keyof Base, Names>>;

/** An object that can be awaited, as an `await` gives it: then it is no Promise any more. */
export type PyAwaited<T> = {
  // Not PyWithout: a class may be what its own `await` gives, and TypeScript resolves this one late.
  [Name in keyof T as Name extends "then" ? never : Name]: T[Name];
};

export interface PyComplex extends PyProxy {
  readonly real: number;
  readonly imag: number;
}

// --- What JavaScript gives where Python asks for a protocol of collections.abc -------------------
// Each is what a proxy of Python and JavaScript's own objects have in common.

/** Python's Sized. */
export type ToSized = PyProxy | { readonly length: number } | { readonly size: number };

/** Python's Iterable. */
export interface ToIterable<T> {
  [Symbol.iterator](): Iterator<T>;
}

/** Python's Iterator. */
export interface ToIterator<T> extends ToIterable<T> {
  next(): IteratorResult<T, unknown>;
}

/** Python's Collection: an Array, a Set, a proxy. */
export type ToCollection<T> = ToIterable<T> & ToSized;

/** Python's Sequence: an Array, a typed array, a proxy. */
export interface ToSequence<T> extends ToIterable<T> {
  readonly length: number;
  readonly [index: number]: T;
}

/** A sequence of which no text is one, though a text is a sequence of texts. */
export interface ToItems<T> extends ToSequence<T> {
  readonly charAt?: never;
}

/** Python's Mapping: a Map, a proxy. */
export interface ToMapping<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  keys(): ToIterable<K>;
}

/** Python's Set: a Set, a proxy. */
export interface ToSet<T> extends ToIterable<T> {
  has(value: T): boolean;
}

/** Python's AsyncIterable and AsyncIterator. */
export interface ToAsyncIterable<T> {
  [Symbol.asyncIterator](): AsyncIterator<T>;
}

/** Python's Awaitable. */
export type ToAwaitable<T> = PromiseLike<T>;

// --- Classes that are made otherwise than by `class` alone ----------------------------------------

/** A member of an enumeration. */
export interface PyEnum<Name extends string = string, Value = unknown> extends PyProxy {
  readonly name: Name;
  readonly value: Value;
}

/** An enumeration: called with a value, asked for a name, iterated over. */
export type PyEnumClass<Member, Name extends string, Value> = PyFunction<
  [value: Value],
  ["value"],
  // biome-ignore lint/complexity/noBannedTypes: no keywords
  {},
  Member
> &
  PyTypeMembers & {
    readonly length: number;
    get(name: Name): Member;
    [Symbol.iterator](): Iterator<Member>;
  };

/** A dict whose keys are known. */
export interface PyTypedDict<Fields extends object> extends PyProxy {
  readonly length: number;
  get<Key extends keyof Fields>(key: Key): Fields[Key];
  set<Key extends keyof Fields>(key: Key, value: Fields[Key]): void;
  has(key: string): boolean;
  delete(key: keyof Fields): void;
  keys(): PyCollection<keyof Fields>;
  values(): PyCollection<Fields[keyof Fields]>;
  items(): PyCollection<[keyof Fields, Fields[keyof Fields]]>;
  [Symbol.iterator](): Iterator<keyof Fields>;
}

/** The class of such a dict. */
export type PyTypedDictClass<Dict, Fields extends object> = PyProxy &
  PyTypeMembers & {
    (): Dict;
    callKwargs(fields: Fields): Dict;
  };

/** Any function of JavaScript or Python. */
export type ToFunction<Result = unknown> = PyCallable<Result> | ((...args: never[]) => Result);
