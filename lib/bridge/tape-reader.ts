// lib/bridge/tape-reader.ts: what Python wrote, read into JavaScript values (native/bridge/tape.h).
import { Tag } from "./native.js";

/** Text, tags and words (where they did not fit into the shared memory), long texts, blobs. */
type Extras =
  | undefined
  | string
  | [string, ArrayBuffer | undefined, ArrayBuffer | undefined, string[], ArrayBuffer[]];

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
  readonly #numbers: Numbers;
  #tag = 0;
  #word = 0;
  #unit = 0;
  readonly #containers: unknown[] = [];

  constructor(tags: Uint8Array, words: Float64Array, extras: unknown, numbers: Numbers) {
    const given = extras as Extras;
    const [text, ownTags, ownWords, longTexts, blobs] = Array.isArray(given)
      ? given
      : [given ?? "", undefined, undefined, [], []];
    this.#tags = ownTags ? new Uint8Array(ownTags) : tags;
    this.#words = ownWords ? new Float64Array(ownWords) : words;
    this.#text = text;
    this.#longTexts = longTexts;
    this.#blobs = blobs;
    this.#numbers = numbers;
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
        return this.#numbers.proxy(handle, this.#next());
      }
      case Tag.object: {
        const number = this.#next();
        this.#word++; // its traits: Python's concern
        return this.#numbers.object(number);
      }
      case Tag.date:
        return new Date(this.#next());
      case Tag.back:
        return this.#containers[this.#next()];
      default:
        throw new Error(`the bridge's tape has an unknown tag ${tag}`);
    }
  }

  /** After the tag of a list or tuple: its items. */
  items(): unknown[] {
    const count = this.#next();
    const items: unknown[] = new Array(count);
    this.#containers.push(items);
    for (let i = 0; i < count; i++) items[i] = this.value();
    return items;
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

  #next(): number {
    return this.#words[this.#word++] as number;
  }

  #cut(length: number): string {
    const from = this.#unit;
    this.#unit += length;
    return this.#text.slice(from, this.#unit);
  }

  #map(): Map<unknown, unknown> {
    const count = this.#next();
    const map = new Map<unknown, unknown>();
    this.#containers.push(map);
    for (let i = 0; i < count; i++) {
      const key = this.value();
      map.set(key, this.value());
    }
    return map;
  }

  #set(): Set<unknown> {
    const count = this.#next();
    const set = new Set<unknown>();
    this.#containers.push(set);
    for (let i = 0; i < count; i++) set.add(this.value());
    return set;
  }
}

/** Sign and hexadecimal digits, with 0x before these. */
function bigIntOf(text: string): bigint {
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}
