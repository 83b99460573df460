// lib/bridge/buffers.ts: memory of one language in the other.
import { constants } from "node:buffer";
import { types } from "node:util";
import { wrongType } from "../options.js";
import type { Crossing } from "./crossing.js";
import type { NativeBuffer } from "./native.js";
import type { BufferType, GetBufferOptions, PyBufferView, PyMemory } from "./types.js";

/** native/bridge/buffers.cc: Mode. */
const Mode = { auto: 0, copy: 1, share: 2 } as const;
/** native/bridge/buffers.cc: Flag. */
const Flag = { readonly: 1, cContiguous: 2, fContiguous: 4, copied: 8 } as const;

type Constructor = (new (buffer: ArrayBuffer) => PyMemory) & { BYTES_PER_ELEMENT?: number };

/** Node 24 has it. */
const float16 = (globalThis as { Float16Array?: Constructor }).Float16Array;

/** By the names that pyodide has for them. */
const constructors: Readonly<Record<BufferType, Constructor | undefined>> = {
  i8: Int8Array,
  u8: Uint8Array,
  u8clamped: Uint8ClampedArray,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f16: float16,
  f32: Float32Array,
  f64: Float64Array,
  dataview: DataView as unknown as Constructor,
};

/** How many users ArrayBuffers over Python's memory have; the last one gives it back. */
const users = new WeakMap<ArrayBuffer, number>();

/** getBuffer() of a proxy. */
export function getBuffer(
  crossing: Crossing,
  handle: number,
  type: unknown,
  options: unknown,
): PyBufferView {
  checkType(type);
  const mode = modeOf(options);
  const given = crossing.buffer(handle, mode, constants.MAX_LENGTH);
  return new View(crossing, given, type);
}

function checkType(type: unknown): asserts type is BufferType | undefined {
  if (type === undefined) return;
  if (typeof type === "string" && Object.hasOwn(constructors, type)) {
    if (constructors[type as BufferType] !== undefined) return;
    throw new TypeError(`getBuffer(): this Node.js has no typed array for ${type}`);
  }
  throw wrongType("type", `one of ${Object.keys(constructors).join(", ")}`, type);
}

function modeOf(options: unknown): number {
  if (options === undefined) return Mode.auto;
  if (typeof options !== "object" || options === null) {
    throw wrongType("options", "an object", options);
  }
  const { copy } = options as GetBufferOptions;
  if (copy === undefined) return Mode.auto;
  if (typeof copy !== "boolean") throw wrongType("copy", "a boolean", copy);
  return copy ? Mode.copy : Mode.share;
}

class View implements PyBufferView {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly format: string;
  readonly itemsize: number;
  readonly nbytes: number;
  readonly readonly: boolean;
  readonly c_contiguous: boolean;
  readonly f_contiguous: boolean;
  readonly copied: boolean;
  readonly data: PyMemory;
  #crossing: Crossing | undefined;

  constructor(crossing: Crossing, given: NativeBuffer, type: BufferType | undefined) {
    const [buffer, start, flags, itemsize, format, shape, strides] = given;
    this.format = format;
    this.itemsize = itemsize;
    this.shape = shape;
    this.nbytes = shape.reduce((product, count) => product * count, itemsize);
    this.readonly = (flags & Flag.readonly) !== 0;
    this.copied = (flags & Flag.copied) !== 0;
    this.c_contiguous = (flags & Flag.cContiguous) !== 0;
    this.f_contiguous = (flags & Flag.fContiguous) !== 0;
    if (!this.copied) {
      users.set(buffer, (users.get(buffer) ?? 0) + 1);
      this.#crossing = crossing;
    }
    try {
      const made = type ?? typeOf(format, itemsize);
      const array = constructors[made] as Constructor;
      const size = array.BYTES_PER_ELEMENT ?? 1;
      this.data = dataOf(array, size, buffer, made);
      this.offset = inElements(start, size, made);
      this.strides = strides.map((stride) => inElements(stride, size, made));
    } catch (error) {
      this.data = new Uint8Array(buffer);
      this.release();
      throw error;
    }
  }

  get ndim(): number {
    return this.shape.length;
  }

  release(): void {
    const crossing = this.#crossing;
    if (crossing === undefined) return;
    this.#crossing = undefined;
    const { buffer } = this.data as { buffer: ArrayBuffer };
    const left = (users.get(buffer) ?? 1) - 1;
    users.set(buffer, left);
    if (left === 0) crossing.native.releaseBuffer(buffer);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function dataOf(array: Constructor, size: number, buffer: ArrayBuffer, type: string) {
  if (buffer.byteLength % size === 0) return new array(buffer);
  throw new RangeError(
    `getBuffer(): ${buffer.byteLength} bytes are not a whole number of elements of ${type} (${size} bytes)`,
  );
}

function inElements(bytes: number, size: number, type: string): number {
  if (bytes % size === 0) return bytes / size;
  throw new RangeError(
    `getBuffer(): elements lie ${bytes} bytes apart, which is no whole number of elements of ${type} (${size} bytes)`,
  );
}

/** The typed array that has elements of this format of `struct`. */
function typeOf(format: string, itemsize: number): BufferType {
  const letter = format.replace(/^[@=<]/, "");
  const bits = 8 * itemsize;
  let type = "";
  if (/^[bhilqn]$/.test(letter)) type = `i${bits}`;
  else if (/^[BHILQNPc?w]$/.test(letter)) type = `u${bits}`;
  else if (/^[efd]$/.test(letter)) type = `f${bits}`;
  if (constructors[type as BufferType] !== undefined) return type as BufferType;
  throw new TypeError(
    `getBuffer(): no typed array has elements of the format ${JSON.stringify(format)} (${itemsize} bytes${
      format.startsWith(">") || format.startsWith("!") ? ", the other byte order" : ""
    }): convert it in Python (numpy: astype), or name the type to see its bytes as, "u8" or "dataview"`,
  );
}

// --- JavaScript's memory in Python ----------------------------------------------------------

/** Letters of Python's `struct`. */
const formats: Readonly<Record<string, string>> = {
  Int8Array: "b",
  Int16Array: "h",
  Uint16Array: "H",
  Int32Array: "i",
  Uint32Array: "I",
  BigInt64Array: "q",
  BigUint64Array: "Q",
  Float16Array: "e",
  Float32Array: "f",
  Float64Array: "d",
};

/** Its own name, whatever a subclass or a program says. */
const nameOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined;

/** Holds the memory for Python; gives native's number for it. */
export function holdMemory(crossing: Crossing, object: object): number {
  const { bytes, buffer } = bytesOf(object);
  const letter = formats[nameOf.call(object) ?? ""] ?? "B";
  const { BYTES_PER_ELEMENT } = object as { BYTES_PER_ELEMENT?: unknown };
  const size = letter === "B" ? 1 : (BYTES_PER_ELEMENT as number);
  return crossing.native.holdMemory(
    bytes,
    buffer,
    staysInPlace(buffer),
    letter.charCodeAt(0),
    size,
  );
}

/** Copies bytes of Python's into it: where it could not be shared. */
export function assignMemory(object: object, content: Uint8Array): void {
  bytesOf(object).bytes.set(content);
}

function bytesOf(object: object): { bytes: Uint8Array; buffer: ArrayBufferLike } {
  if (ArrayBuffer.isView(object)) {
    const { buffer, byteOffset, byteLength } = object;
    return { bytes: new Uint8Array(buffer, byteOffset, byteLength), buffer };
  }
  if (!types.isAnyArrayBuffer(object)) throw new TypeError("this object has no memory to share");
  return { bytes: new Uint8Array(object), buffer: object };
}

/**
 * V8 12, of Node.js 21 to 23: transfer() to another length moves the very memory that Python
 * would hold, and nothing can refuse it.
 */
const transferMoves =
  "transfer" in ArrayBuffer.prototype && Number.parseFloat(process.versions.v8) < 13.6;

// What resize() takes away must not be read any more; memory that several threads share only grows.
function staysInPlace(buffer: ArrayBufferLike): boolean {
  if (types.isSharedArrayBuffer(buffer)) return true;
  return !transferMoves && (buffer as { resizable?: boolean }).resizable !== true;
}
