// lib/bridge/elements.ts: typed arrays, by their names and by the letters of Python's `struct`.
import type { BufferType, PyMemory } from "./types.js";

export type MemoryConstructor = (new (
  buffer: ArrayBufferLike,
  offset?: number,
  length?: number,
) => PyMemory) & { readonly BYTES_PER_ELEMENT?: number };

/** Node 24 has it. */
const float16 = (globalThis as { Float16Array?: MemoryConstructor }).Float16Array;
export const hasHalves = float16 !== undefined;

/** native/bridge/elements.h: kBytes. */
export const BYTES = "V";

interface Element {
  /** The name that pyodide has for it. */
  readonly type: BufferType;
  readonly letter: string;
  readonly array: MemoryConstructor | undefined;
}

const elements: readonly Element[] = [
  { type: "i8", letter: "b", array: Int8Array },
  { type: "u8", letter: "B", array: Uint8Array },
  { type: "u8clamped", letter: "B", array: Uint8ClampedArray },
  { type: "i16", letter: "h", array: Int16Array },
  { type: "u16", letter: "H", array: Uint16Array },
  { type: "i32", letter: "i", array: Int32Array },
  { type: "u32", letter: "I", array: Uint32Array },
  { type: "i64", letter: "q", array: BigInt64Array },
  { type: "u64", letter: "Q", array: BigUint64Array },
  { type: "f16", letter: "e", array: float16 },
  { type: "f32", letter: "f", array: Float32Array },
  { type: "f64", letter: "d", array: Float64Array },
  { type: "dataview", letter: BYTES, array: DataView },
];

export const typeNames: readonly string[] = elements.map(({ type }) => type);

const byLetter = new Map(elements.map((element) => [element.letter, element]));
byLetter.set("B", elements[1] as Element);
const byName = new Map(elements.map((element) => [element.array?.name, element]));

export function elementNamed(type: string): Element | undefined {
  return elements.find((element) => element.type === type);
}

/** @param letter that native gave. */
export function elementOf(letter: string): Element {
  const element = byLetter.get(letter);
  if (element === undefined) throw new Error(`no typed array has elements of format ${letter}`);
  return element;
}

/** Its own name, whatever a subclass or a program says. */
const nameOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined;

/** The letter for what an object of JavaScript's holds; bytes, where it is no typed array. */
export function letterOf(object: object): string {
  const name = nameOf.call(object);
  return name === undefined ? "B" : (byName.get(name)?.letter ?? "B");
}

/** Bytes of one element. */
export function unitOf(letter: string): number {
  return elementOf(letter).array?.BYTES_PER_ELEMENT ?? 1;
}

/** A typed array over all of the memory. Halves are single floats where there is no Float16Array. */
export function arrayOver(memory: ArrayBuffer, letter: string): PyMemory {
  const { array } = elementOf(letter);
  if (array !== undefined) return new array(memory);
  return Float32Array.from(new Uint16Array(memory), ofHalf);
}

/** IEEE 754 binary16: sign, five bits of exponent, ten of fraction. */
function ofHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
