// lib/bridge/buffers.ts: memory of one language in the other.
import { constants } from "node:buffer";
import { types } from "node:util";
import { PythonError } from "../errors.js";
import { wrongType } from "../options.js";
import type { Crossing } from "./crossing.js";
import {
  arrayOver,
  BYTES,
  elementNamed,
  elementOf,
  hasHalves,
  letterOf,
  typeNames,
  unitOf,
} from "./elements.js";
import { formatHere } from "./formats.js";
import type { NativeBuffer } from "./native.js";
import { handleFor, python, type Target } from "./target.js";
import type { BufferType, GetBufferOptions, PyBufferView, PyMemory, PyProxy } from "./types.js";

/** native/bridge/buffers.cc: Mode. */
const Mode = { auto: 0, copy: 1, share: 2, noHalves: 4 } as const;
/** native/bridge/buffers.cc: Flag. */
const Flag = { readonly: 1, cContiguous: 2, fContiguous: 4, copied: 8 } as const;

/** How many users ArrayBuffers over Python's memory have; the last one gives it back. */
const users = new WeakMap<ArrayBuffer, number>();

/** getBuffer() of a proxy. */
export function getBuffer(target: Target, type: unknown, options: unknown): PyBufferView {
  checkType(type);
  const mode = modeOf(options) | (hasHalves ? 0 : Mode.noHalves);
  const { crossing } = target;
  const letter = type === undefined ? 0 : (elementNamed(type)?.letter.charCodeAt(0) as number);
  const memoryOf = (handle: number): NativeBuffer =>
    crossing.buffer(handle, mode, constants.MAX_LENGTH, letter);
  try {
    return new View(crossing, memoryOf(handleFor(target)), type);
  } catch (error) {
    // numpy exports no dates and times: whole numbers stand for them.
    if (!(error instanceof PythonError)) throw error;
    const [times, format] = python(target, "times_in") as [PyProxy?, string?];
    if (times === undefined) throw error;
    const given = memoryOf(crossing.handleOf(times));
    given[4] = format as string;
    times.destroy();
    return new View(crossing, given, type);
  }
}

function checkType(type: unknown): asserts type is BufferType | undefined {
  if (type === undefined) return;
  const element = typeof type === "string" ? elementNamed(type) : undefined;
  if (element === undefined) throw wrongType("type", `one of ${typeNames.join(", ")}`, type);
  if (element.array === undefined) {
    throw new TypeError(`getBuffer(): this Node.js has no typed array for ${element.type}`);
  }
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
  /** Of the elements as `data` has them. */
  #formatHere: string;

  constructor(crossing: Crossing, given: NativeBuffer, type: BufferType | undefined) {
    const [buffer, start, flags, itemsize, format, shape, strides, code] = given;
    this.format = format;
    this.#formatHere = format;
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
      const letter = String.fromCharCode(code);
      if (letter !== BYTES && type === undefined) {
        this.#formatHere = formatHere(format, letter, hasHalves);
      }
      const made = type ?? elementOf(letter).type;
      const size = sizeOf(made);
      checkWhole(this.nbytes, size, made);
      this.data = dataOf(buffer, made, letter);
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

  static formatOf(object: object): string | undefined {
    return #formatHere in object ? object.#formatHere : undefined;
  }
}

/** Bytes of an element. */
function sizeOf(type: BufferType): number {
  return elementNamed(type)?.array?.BYTES_PER_ELEMENT ?? (type === "f16" ? 2 : 1);
}

// The memory may hold other things behind the last element.
function dataOf(buffer: ArrayBuffer, type: BufferType, letter: string): PyMemory {
  const array = elementNamed(type)?.array;
  const size = sizeOf(type);
  if (array === undefined) return arrayOver(buffer, letter);
  return new array(buffer, 0, Math.floor(buffer.byteLength / size));
}

function checkWhole(bytes: number, size: number, type: string): void {
  if (bytes % size === 0) return;
  throw new RangeError(
    `getBuffer(): ${bytes} bytes are not a whole number of elements of ${type} (${size} bytes)`,
  );
}

function inElements(bytes: number, size: number, type: string): number {
  if (bytes % size === 0) return bytes / size;
  throw new RangeError(
    `getBuffer(): elements lie ${bytes} bytes apart, which is no whole number of elements of ${type} (${size} bytes)`,
  );
}

/** The format of the elements in `data` of what getBuffer() gave: a copy may be in another byte order. */
export function formatOfView(object: object): string | undefined {
  return View.formatOf(object);
}

// --- JavaScript's memory in Python ----------------------------------------------------------

/** Holds the memory for Python; gives native's number for it. */
export function holdMemory(crossing: Crossing, object: object): number {
  const { bytes, buffer } = bytesOf(object);
  const letter = letterOf(object); // and not its BYTES_PER_ELEMENT, which may be anything
  return crossing.native.holdMemory(
    bytes,
    buffer,
    staysInPlace(buffer),
    letter.charCodeAt(0),
    unitOf(letter),
  );
}

/** Copies bytes of Python's into it: where it could not be shared. */
export function assignMemory(object: object, content: Uint8Array): void {
  bytesOf(object).bytes.set(content);
}

export function bytesOf(object: object): { bytes: Uint8Array; buffer: ArrayBufferLike } {
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
