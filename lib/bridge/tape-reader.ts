// lib/bridge/tape-reader.ts: what Python wrote, read into JavaScript values (native/bridge/tape.h).
import { getHeapStatistics } from "node:v8";
import { arrayOver } from "./elements.js";
import { Tag } from "./native.js";
import type { PyTypedArray } from "./types.js";

/** Text, tags and words (where they did not fit into the shared memory), long texts, blobs. */
type Extras =
  | undefined
  | string
  | [string, ArrayBuffer | undefined, ArrayBuffer | undefined, string[], ArrayBuffer[]];

/** A longer array begins with so many items, and grows: made at once V8 would have it as a table. */
const MAX_AT_ONCE = 2 ** 25;

/** For fewer nobody asks how large the heap may be. */
const FEW_VALUES = 2 ** 20;
/** In an array that grows. */
const BYTES_OF_VALUE = 16;

/** Makes what stands for objects that cross by number. */
export interface Numbers {
  proxy(handle: number, traits: number): unknown;
  object(number: number): object;
}

export class TapeReader {
  readonly #tags: Uint8Array;
  readonly #words: Float64Array;
  readonly #text: string;
  readonly #longTexts: readonly string[];
  readonly #blobs: readonly ArrayBuffer[];
  readonly #owner: Numbers;
  #tag = 0;
  #word = 0;
  #unit = 0;
  #received = 0;
  readonly #containers: unknown[] = [];

  constructor(tags: Uint8Array, words: Float64Array, extras: unknown, numbers: Numbers) {
    const given = extras as Extras;
    const [text, ownTags, ownWords, longTexts, blobs] = Array.isArray(given)
      ? given
      : [given ?? "", undefined, undefined, [], []];
    if (ownTags && ownWords) checkRoom(ownTags.byteLength + ownWords.byteLength / 8);
    this.#tags = ownTags ? new Uint8Array(ownTags) : tags;
    this.#words = ownWords ? new Float64Array(ownWords) : words;
    this.#text = text;
    this.#longTexts = longTexts;
    this.#blobs = blobs;
    this.#owner = numbers;
  }

  value(): unknown {
    const tag = this.#tags[this.#tag++];
    switch (tag) {
      case Tag.int:
      case Tag.float:
        return this.#next();
      case Tag.text:
        return this.#cut(this.#next());
      case Tag.longText:
        return this.#longTexts[this.#next()];
      case Tag.none:
        return null;
      case Tag.undefined:
        return undefined;
      case Tag.true:
        return true;
      case Tag.false:
        return false;
      case Tag.bigInt:
        return bigIntOf(this.#cut(this.#next()));
      case Tag.bytes:
        return new Uint8Array(this.#blobs[this.#next()] as ArrayBuffer);
      case Tag.list:
      case Tag.tuple:
        return this.items();
      case Tag.dict:
        return this.#map();
      case Tag.set:
      case Tag.frozenSet:
        return this.#set();
      case Tag.handle: {
        const handle = this.#next();
        const traits = this.#next();
        this.#received++;
        return this.#owner.proxy(handle, traits);
      }
      case Tag.object: {
        const number = this.#next();
        this.#word++; // its traits: Python's concern
        return this.#owner.object(number);
      }
      case Tag.date:
        return new Date(this.#next());
      case Tag.buffer: {
        const blob = this.#blobs[this.#next()] as ArrayBuffer;
        return arrayOver(blob, String.fromCharCode(this.#next()));
      }
      case Tag.grid:
        return this.#grid();
      case Tag.back:
        return this.#containers[this.#next()];
      default:
        throw new Error(`the bridge's tape has an unknown tag ${tag}`);
    }
  }

  /** After the tag of a list or tuple: its items. */
  items(): unknown[] {
    const count = this.#next();
    const items: unknown[] = new Array(Math.min(count, MAX_AT_ONCE));
    this.#containers.push(items);
    for (let i = 0; i < count; ) {
      if (this.#tags[this.#tag] === Tag.numbers) i = this.#numbers(items, i);
      else items[i++] = this.value();
    }
    return items;
  }

  #numbers(items: unknown[], from: number): number {
    this.#tag++;
    const words = this.#words;
    const end = from + this.#next();
    let at = this.#word;
    for (let i = from; i < end; i++) items[i] = words[at++];
    this.#word = at;
    return end;
  }

  /** Arguments and keyword arguments of a call. */
  call(): { args: unknown[]; keywords: Record<string, unknown> | undefined } {
    this.#tag++;
    const args = this.items();
    this.#tag++;
    const count = this.#next();
    if (count === 0) return { args, keywords: undefined };
    const keywords: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const name = this.value() as string;
      // Not by assignment: `__proto__` is a name like any other.
      const value = this.value();
      Object.defineProperty(keywords, name, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return { args, keywords };
  }

  /** After an error: the numbers of Python objects that nobody has received. */
  unread(): number[] {
    const numbers: number[] = [];
    let word = 0;
    for (const tag of this.#tags) {
      if (tag === Tag.handle) numbers.push(this.#words[word] as number);
      if (tag === Tag.numbers) word += 1 + (this.#words[word] as number);
      else if (tag === Tag.grid) word += 3 + (this.#words[word + 2] as number);
      else word += wordsOf[tag] ?? 1;
    }
    return numbers.slice(this.#received);
  }

  #next(): number {
    return this.#words[this.#word++] as number;
  }

  #cut(length: number): string {
    const from = this.#unit;
    this.#unit += length;
    return this.#text.slice(from, this.#unit);
  }

  /** Rows of rows of one array's memory. */
  #grid(): unknown {
    const blob = this.#blobs[this.#next()] as ArrayBuffer;
    const data = arrayOver(blob, String.fromCharCode(this.#next())) as PyTypedArray;
    const shape = Array.from({ length: this.#next() }, () => this.#next());
    return rowsOf(data, shape);
  }

  #map(): Map<unknown, unknown> {
    const count = this.#next();
    const map = new Map<unknown, unknown>();
    this.#containers.push(map);
    for (let i = 0; i < count; i++) {
      const key = this.value();
      map.set(key, this.value());
    }
    if (map.size !== count) throw alike("keys of a dict");
    return map;
  }

  #set(): Set<unknown> {
    const count = this.#next();
    const set = new Set<unknown>();
    this.#containers.push(set);
    for (let i = 0; i < count; i++) set.add(this.value());
    if (set.size !== count) throw alike("items of a set");
    return set;
  }
}

/** @throws RangeError where V8's heap is too small: it would end the process. */
function checkRoom(values: number): void {
  if (values < FEW_VALUES) return;
  const limit = getHeapStatistics().heap_size_limit;
  if (values * BYTES_OF_VALUE < limit) return;
  throw new RangeError(
    `${values} values are more than V8's heap of ${Math.floor(limit / 2 ** 20)} MiB may have room for: raise ` +
      "--max-old-space-size, or use getBuffer()",
  );
}

/** How many words go with a tag, where that is not one. */
const wordsOf: Readonly<Record<number, number>> = {
  [Tag.undefined]: 0,
  [Tag.none]: 0,
  [Tag.false]: 0,
  [Tag.true]: 0,
  [Tag.handle]: 2,
  [Tag.object]: 2,
  [Tag.buffer]: 2,
};

// NaN is one key to a Map, and many to a dict.
function alike(what: string): Error {
  return new RangeError(`two ${what} would be the same in JavaScript: one would be lost`);
}

function rowsOf(data: PyTypedArray, [count, ...inner]: number[]): unknown {
  if (inner.length === 0) return data;
  const rows = count as number;
  const length = rows === 0 ? 0 : data.length / rows;
  return Array.from({ length: rows }, (_, i) =>
    rowsOf(data.subarray(i * length, (i + 1) * length), inner),
  );
}

/** Sign and hexadecimal digits, with 0x before these. */
function bigIntOf(text: string): bigint {
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}
