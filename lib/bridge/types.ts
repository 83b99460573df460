// lib/bridge/types.ts: what Python objects look like in JavaScript, as types alone.
//
// Immutable values are converted: None is null, bool boolean, int number or bigint, float number,
// str string, bytes Uint8Array, tuple an Array. Everything else stays in Python, and JavaScript has a
// proxy of it. A proxy's own members (those below) come before Python's attributes of the same
// name, which are reached with a `$` before it: `array.copy()` makes a second proxy,
// `array.$copy()` calls numpy's method. Declarations that `inmem-python types` writes build on these.
export type * from "./call-types.js";

/** How `toJs()` converts. The names are pyodide's. */
export interface ToJsOptions {
  /** How many levels of containers are converted. Default: all. */
  readonly depth?: number | undefined;
  /** Proxies that had to be made are added to it, for the caller to destroy. */
  readonly pyproxies?: PyProxy[] | undefined;
  /** false: what cannot be converted is an error, not a proxy. Default: true. */
  readonly create_pyproxies?: boolean | undefined;
  /** Makes something of a dict's entries. Default: a Map. */
  readonly dict_converter?:
    | ((entries: Iterable<[key: unknown, value: unknown]>) => unknown)
    | undefined;
  /** Asked for each object that has no conversion. */
  readonly default_converter?: ToJsConverter | undefined;
  /** Asked for each object, before the conversions that there are. */
  readonly eager_converter?: ToJsConverter | undefined;
}

/** @param remember tells the conversion what became of an object, before what is in it is converted. */
export type ToJsConverter = (
  value: PyProxy,
  convert: (value: unknown) => unknown,
  remember: (value: PyProxy, result: unknown) => void,
) => unknown;

/** A Python object that stays in Python. */
export interface PyProxy {
  /** The name of its class. */
  readonly type: string;
  /** Lets the object go; using the proxy afterwards throws, with `reason` in the message. */
  destroy(reason?: string): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
  /** A second proxy of the same object, which is destroyed on its own. */
  copy(): this;
  /** `str(object)`. */
  toString(): string;
  /** A deep copy in JavaScript's own types. */
  toJs(options?: ToJsOptions): unknown;
  /** For JSON.stringify(): dicts are objects, sets arrays; what has no conversion is an error. */
  toJSON(): unknown;
}

/** A proxy of a module whose types are not known; `pyimport<typeof import("./app")>("app")` knows them. */
export interface PyModule extends PyProxy {
  readonly __name__: string;
  readonly [name: string]: unknown;
}

// --- Iteration ----------------------------------------------------------------------------

/** An object with `__iter__`. */
export interface PyIterable<T = unknown> extends PyProxy {
  [Symbol.iterator](): PyIterator<T>;
}

/** An object with `__next__`. */
export interface PyIterator<T = unknown, Return = unknown, Next = unknown> extends PyProxy {
  next(value?: Next): IteratorResult<T, Return>;
  [Symbol.iterator](): PyIterator<T, Return, Next>;
}

/** A generator: `send()` is `next(value)`. */
export interface PyGenerator<T = unknown, Next = unknown, Return = unknown>
  extends PyIterator<T, Return, Next> {
  /** Raises the error in the generator, where it stands. */
  throw(error: unknown): IteratorResult<T, Return>;
  /** Ends it with GeneratorExit. */
  return(value?: Return): IteratorResult<T, Return>;
  [Symbol.iterator](): PyGenerator<T, Next, Return>;
}

/** An object with `__aiter__`. */
export interface PyAsyncIterable<T = unknown> extends PyProxy {
  [Symbol.asyncIterator](): PyAsyncIterator<T>;
}

/** An object with `__anext__`. */
export interface PyAsyncIterator<T = unknown, Next = unknown> extends PyProxy {
  next(value?: Next): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): PyAsyncIterator<T, Next>;
}

/** An asynchronous generator: `asend()` is `next(value)`. */
export interface PyAsyncGenerator<T = unknown, Next = unknown> extends PyAsyncIterator<T, Next> {
  throw(error: unknown): Promise<IteratorResult<T, undefined>>;
  return(): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): PyAsyncGenerator<T, Next>;
}

/** A coroutine, a task, a future: a Promise. A coroutine that a call gave begins by itself. */
export interface PyAwaitable<T = unknown> extends PyProxy, Promise<T> {
  toString(): string;
}

// --- Containers -----------------------------------------------------------------------------

/** An object with `__len__`. */
export interface PySized extends PyProxy {
  readonly length: number;
}

/** An object with `__len__`, `__iter__` and `__contains__`. */
export interface PyCollection<T = unknown> extends PySized, PyIterable<T> {
  has(value: unknown): boolean;
}

/** A sequence that cannot be changed. */
export interface PySequence<T = unknown> extends PyCollection<T> {
  readonly [index: number]: T;
  get(index: number): T;
  index(value: T, start?: number, stop?: number): number;
  count(value: T): number;
}

/** A sequence that can be changed: a list, a deque, an array. */
export interface PyMutableSequence<T = unknown> extends PyCollection<T> {
  [index: number]: T;
  get(index: number): T;
  set(index: number, value: T): void;
  delete(index: number): void;
  index(value: T, start?: number, stop?: number): number;
  count(value: T): number;
  append(value: T): void;
  clear(): void;
  extend(values: Iterable<T>): void;
  insert(index: number, value: T): void;
  pop(index?: number): T;
  remove(value: T): void;
  reverse(): void;
}

/** Array's methods that read; sequences of other types have them too, unless they have attributes so named. */
export type PyArrayMethods<T> = Pick<
  readonly T[],
  | "at"
  | "concat"
  | "entries"
  | "every"
  | "filter"
  | "find"
  | "findIndex"
  | "flat"
  | "flatMap"
  | "forEach"
  | "includes"
  | "indexOf"
  | "join"
  | "keys"
  | "lastIndexOf"
  | "map"
  | "reduce"
  | "reduceRight"
  | "slice"
  | "some"
  | "values"
>;

/** Array's methods that change; `pop`, `reverse` and `sort` are Python's own. */
export type PyArrayChanges<T> = Pick<T[], "push" | "shift" | "splice" | "unshift">;

/** A list. */
export interface PyList<T = unknown>
  extends PyMutableSequence<T>,
    PyArrayMethods<T>,
    PyArrayChanges<T> {
  copyWithin(target: number, start?: number, end?: number): this;
  fill(value: T, start?: number, end?: number): this;
  $copy(): PyList<T>;
  sort(): void;
}

/** An object with `__getitem__` and `keys()`. */
export interface PyMapping<K = unknown, V = unknown> extends PyCollection<K> {
  /** The value; undefined where there is none. */
  get(key: K): V | undefined;
  keys(): PyCollection<K>;
  values(): PyCollection<V>;
  items(): PyCollection<[K, V]>;
}

/** A mapping that can be changed. */
export interface PyMutableMapping<K = unknown, V = unknown> extends PyMapping<K, V> {
  set(key: K, value: V): void;
  delete(key: K): void;
  clear(): void;
  pop(key: K): V;
  popitem(): [K, V];
  setdefault(key: K, value: V): V;
  update(values: PyMapping<K, V> | ReadonlyMap<K, V>): void;
}

/** A dict. */
export interface PyDict<K = unknown, V = unknown> extends PyMutableMapping<K, V> {
  $copy(): PyDict<K, V>;
}

/** A frozenset, or another set that cannot be changed. */
export interface PyFrozenSet<T = unknown> extends PyCollection<T> {
  isdisjoint(other: Iterable<unknown>): boolean;
}

/** A set. */
export interface PySet<T = unknown> extends PyFrozenSet<T> {
  add(value: T): void;
  clear(): void;
  discard(value: T): void;
  pop(): T;
  remove(value: T): void;
  update(...values: Iterable<T>[]): void;
}

// --- Memory ---------------------------------------------------------------------------------

/** JavaScript's arrays of numbers. */
export type PyTypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Names of element types; "f16" needs a Node.js with Float16Array (24). */
export type BufferType =
  | "i8"
  | "u8"
  | "u8clamped"
  | "i16"
  | "u16"
  | "i32"
  | "u32"
  | "i64"
  | "u64"
  | "f16"
  | "f32"
  | "f64"
  | "dataview";

export type PyMemory = PyTypedArray | DataView;

export interface GetBufferOptions {
  /**
   * true: always a copy; false: never one, an error where the memory cannot be shared, and memory
   * that is read-only in Python is shared all the same: writing to it is the caller's fault.
   * Default: a copy where it has to be one.
   */
  readonly copy?: boolean;
}

/** The memory of an object with the buffer protocol. */
export interface PyBufferView<Data extends PyMemory = PyMemory> {
  readonly data: Data;
  /** Where in `data` the first element is. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** In elements of `data`. */
  readonly strides: readonly number[];
  readonly format: string;
  /** Bytes of one of Python's elements. */
  readonly itemsize: number;
  readonly ndim: number;
  readonly nbytes: number;
  readonly readonly: boolean;
  readonly c_contiguous: boolean;
  readonly f_contiguous: boolean;
  /** Whether `data` is a copy, where the memory could not be shared. */
  readonly copied: boolean;
  /** Gives the memory back; `data` has no elements any more, if it was shared. */
  release(): void;
  [Symbol.dispose](): void;
}

interface BufferData {
  i8: Int8Array;
  u8: Uint8Array;
  u8clamped: Uint8ClampedArray;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
  f16: PyTypedArray;
  f32: Float32Array;
  f64: Float64Array;
  dataview: DataView;
}

/** An object with the buffer protocol: a bytearray, a memoryview, an ndarray. */
export interface PyBuffer extends PyProxy {
  getBuffer<Type extends BufferType>(
    type: Type,
    options?: GetBufferOptions,
  ): PyBufferView<BufferData[Type]>;
  getBuffer(type?: undefined, options?: GetBufferOptions): PyBufferView<PyTypedArray>;
}

/** How Python sees memory of JavaScript's: asBuffer(). What getBuffer() gives can stand here. */
export interface AsBufferOptions {
  /** Default: one dimension, to the end of the memory. */
  readonly shape?: readonly number[] | undefined;
  /** In elements of the typed array (of a DataView or ArrayBuffer: bytes). Default: C's order. */
  readonly strides?: readonly number[] | undefined;
  /** Where the first element is, likewise. Default: 0. */
  readonly offset?: number | undefined;
  /** What Python's elements are, as its `struct` has it. Default: those of the typed array; bytes. */
  readonly format?: string | undefined;
  /** Bytes of one of Python's elements: needed for structures alone. */
  readonly itemsize?: number | undefined;
  /** Python may not write. Default: false. */
  readonly readonly?: boolean | undefined;
}

/** What Python takes as bytes-like. */
export type PyBytesLike = PyBuffer | ArrayBufferView | ArrayBuffer;

// --- Others -----------------------------------------------------------------------------------

/** A context manager: `with(manager, (value) => ...)`. */
export interface PyContextManager<T = unknown> extends PyProxy {
  __enter__(): T;
}

/** An asynchronous context manager: `withAsync(manager, async (value) => ...)`. */
export interface PyAsyncContextManager<T = unknown> extends PyProxy {
  __aenter__(): PyAwaitable<T>;
}

/** An exception as an object, not thrown. */
export interface PyException extends PyProxy {
  readonly args: readonly unknown[];
  readonly __cause__: PyException | null;
  readonly __context__: PyException | null;
  with_traceback(traceback: unknown): this;
  add_note(note: string): void;
}
