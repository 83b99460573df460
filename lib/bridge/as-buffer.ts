// lib/bridge/as-buffer.ts: asBuffer(): JavaScript's memory in Python, with shape and strides.
import { types } from "node:util";
import { wrongType } from "../options.js";
import { bytesOf, formatOfView, holdMemory } from "./buffers.js";
import type { Crossing } from "./crossing.js";
import { letterOf, unitOf } from "./elements.js";
import { sizeOfFormat } from "./formats.js";
import type { AsBufferOptions, PyBuffer } from "./types.js";
import { isObject } from "./values.js";
import { Tuple } from "./wrapped.js";

/** Python's own limit: PyBUF_MAX_NDIM. */
const MAX_DIMENSIONS = 64;

/** All of it checked, in bytes. */
interface Layout {
  readonly start: number;
  readonly itemsize: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export function asBuffer(crossing: Crossing, data: unknown, options: unknown): PyBuffer {
  if (!isObject(data) || !hasMemory(data)) {
    throw wrongType("data", "a typed array, DataView, ArrayBuffer or SharedArrayBuffer", data);
  }
  if (!isObject(options)) throw wrongType("options", "an object", options);
  const letter = letterOf(data);
  // Options may be getters, which may take the memory away: it is looked at behind them.
  const { format, ...asked } = readOptions(options, letter);
  const bytes = bytesOf(data).bytes.byteLength;
  const { start, itemsize, shape, strides } = layoutOf(asked, bytes, unitOf(letter));
  return crossing.python(
    "as_buffer",
    holdMemory(crossing, data),
    format,
    itemsize,
    start,
    new Tuple(shape),
    new Tuple(strides),
    asked.readonly,
  ) as PyBuffer;
}

function hasMemory(object: object): boolean {
  return ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object);
}

interface Asked {
  readonly format: string;
  readonly itemsize: number;
  readonly offset: number;
  readonly shape: readonly number[] | undefined;
  readonly strides: readonly number[] | undefined;
  readonly readonly: boolean;
}

function readOptions(options: object, letter: string): Asked {
  const given = options as AsBufferOptions;
  const { format: named = letter, readonly = false, offset = 0, itemsize } = given;
  const ofView = formatOfView(options);
  const format = ofView ?? named;
  if (typeof format !== "string") throw wrongType("format", "a string", format);
  if (typeof readonly !== "boolean") throw wrongType("readonly", "a boolean", readonly);
  const shape = integers("shape", given.shape);
  const strides = integers("strides", given.strides);
  if (strides !== undefined && strides.length !== shape?.length) {
    throw new RangeError(
      `asBuffer(): ${strides.length} strides for ${shape === undefined ? "no shape" : `${shape.length} dimensions`}: there is one for each dimension`,
    );
  }
  return {
    format,
    itemsize: (ofView !== undefined && sizeOfFormat(ofView)) || itemsizeOf(format, itemsize),
    offset: integer("offset", offset),
    shape,
    strides,
    readonly,
  };
}

function itemsizeOf(format: string, given: unknown): number {
  const known = sizeOfFormat(format);
  if (given === undefined) {
    if (known !== undefined) return known;
    throw new TypeError(`asBuffer(): format ${JSON.stringify(format)} needs itemsize, its bytes`);
  }
  const itemsize = integer("itemsize", given);
  if (itemsize < 1 || (known !== undefined && known !== itemsize)) {
    throw new RangeError(
      `asBuffer(): itemsize is ${itemsize}, but elements of format ${JSON.stringify(format)} have ${known ?? "more than 0"} bytes`,
    );
  }
  return itemsize;
}

function integer(name: string, value: unknown): number {
  if (typeof value !== "number") throw wrongType(name, "an integer", value);
  if (Number.isSafeInteger(value)) return value + 0; // not -0
  throw new RangeError(`asBuffer(): ${name} is an integer, not ${value}`);
}

function integers(name: string, given: unknown): number[] | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) throw wrongType(name, "an array of integers", given);
  if (given.length > MAX_DIMENSIONS) {
    throw new RangeError(
      `asBuffer(): ${name} has ${given.length} dimensions, of at most ${MAX_DIMENSIONS}`,
    );
  }
  return Array.from(given as unknown[], (value, i) => integer(`${name}[${i}]`, value));
}

function layoutOf(asked: Omit<Asked, "format">, bytes: number, unit: number): Layout {
  const { itemsize } = asked;
  const start = asked.offset * unit;
  if (start < 0 || start > bytes) {
    throw new RangeError(
      `asBuffer(): offset ${asked.offset} is outside of data, which has ${bytes / unit} elements`,
    );
  }
  const shape = asked.shape ?? [wholeItems(bytes - start, itemsize)];
  checkShape(shape, itemsize);
  const strides = asked.strides?.map((stride) => stride * unit) ?? inOrderOfC(shape, itemsize);
  checkReach({ start, itemsize, shape, strides }, bytes);
  return { start, itemsize, shape, strides };
}

function wholeItems(bytes: number, itemsize: number): number {
  if (bytes % itemsize === 0) return bytes / itemsize;
  throw new RangeError(
    `asBuffer(): ${bytes} bytes are no whole number of elements of ${itemsize} bytes: give a shape`,
  );
}

function checkShape(shape: readonly number[], itemsize: number): void {
  const negative = shape.find((count) => count < 0);
  if (negative !== undefined) {
    throw new RangeError(`asBuffer(): shape [${shape.join(", ")}] has a negative extent`);
  }
  // Python multiplies them, whether or not memory is behind.
  const total = shape.reduce((product, count) => product * Math.max(count, 1), itemsize);
  if (!Number.isSafeInteger(total)) {
    throw new RangeError(`asBuffer(): shape [${shape.join(", ")}] has too many elements`);
  }
}

function inOrderOfC(shape: readonly number[], itemsize: number): number[] {
  const strides: number[] = [];
  let stride = itemsize;
  for (const count of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= Math.max(count, 1);
  }
  return strides;
}

// Low and high are summed apart: what is beyond 2^53, and not exact, is still far outside.
function checkReach({ start, itemsize, shape, strides }: Layout, bytes: number): void {
  const wild = strides.find((stride) => !Number.isSafeInteger(stride));
  if (wild !== undefined) {
    throw new RangeError(`asBuffer(): a stride of ${wild} bytes is out of range`);
  }
  if (shape.includes(0)) return;
  let low = start;
  let high = start + itemsize;
  shape.forEach((count, i) => {
    const reach = (strides[i] as number) * (count - 1);
    if (reach < 0) low += reach;
    else high += reach;
  });
  if (low >= 0 && high <= bytes) return;
  throw new RangeError(
    `asBuffer(): shape [${shape.join(", ")}] with strides [${strides.join(", ")}] (in bytes) and offset ${start} does not fit ` +
      `the memory: its elements lie at bytes ${low} to ${high}, of ${bytes}`,
  );
}
