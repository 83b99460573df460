// lib/bridge/tape-writer.ts: JavaScript values, written for Python (native/bridge/tape.h).
import { types } from "node:util";
import type { JsObjects } from "./js-objects.js";
import { type NativeBridge, Register, Tag, type TapeExtras } from "./native.js";
import { Tuple } from "./wrapped.js";

const FIRST_LENGTH = 256;

/** Memory of a tape; one is taken for each that is written, as writing may call code that writes. */
export class TapeMemory {
  tags = new Uint8Array(FIRST_LENGTH);
  words = new Float64Array(FIRST_LENGTH);

  constructor(
    readonly number: number,
    readonly native: NativeBridge,
  ) {
    native.setTape(number, this.tags, this.words);
  }

  grow(tags: number, words: number): void {
    if (tags > this.tags.length) {
      const larger = new Uint8Array(Math.max(tags, 2 * this.tags.length));
      larger.set(this.tags);
      this.tags = larger;
    }
    if (words > this.words.length) {
      const larger = new Float64Array(Math.max(words, 2 * this.words.length));
      larger.set(this.words);
      this.words = larger;
    }
    this.native.setTape(this.number, this.tags, this.words);
  }
}

/** What the writer asks of the rest of the bridge. */
export interface Owner {
  readonly objects: JsObjects;
  /** The number of the Python object that this is a proxy of; -1: it is none. Throws for a destroyed one. */
  handleOf(value: object): number;
}

/** One crossing. After finish() the registers tell native of it. */
export class TapeWriter {
  readonly #memory: TapeMemory;
  readonly #owner: Owner;
  #tags = 0;
  #words = 0;
  #text = "";
  #blobs: Uint8Array[] | undefined;
  #containers = 0;
  #begun: Map<object, number> | undefined;

  constructor(memory: TapeMemory, owner: Owner) {
    this.#memory = memory;
    this.#owner = owner;
  }

  finish(registers: Int32Array): TapeExtras {
    registers[Register.tape] = this.#memory.number;
    registers[Register.tags] = this.#tags;
    registers[Register.words] = this.#words;
    if (this.#blobs !== undefined) return [this.#text, ...this.#blobs];
    return this.#text === "" ? undefined : this.#text;
  }

  tag(tag: number): void {
    if (this.#tags === this.#memory.tags.length) this.#memory.grow(this.#tags + 1, 0);
    this.#memory.tags[this.#tags++] = tag;
  }

  word(word: number): void {
    if (this.#words === this.#memory.words.length) this.#memory.grow(0, this.#words + 1);
    this.#memory.words[this.#words++] = word;
  }

  /** Begins a container of `count` values (of a dict: pairs). */
  begin(tag: number, count: number, of?: object): void {
    this.tag(tag);
    this.word(count);
    if (of !== undefined) {
      this.#begun ??= new Map();
      this.#begun.set(of, this.#containers);
    }
    this.#containers++;
  }

  /** Arguments and keyword arguments of a call; what is no scalar goes by reference. */
  call(args: readonly unknown[], keywords: Readonly<Record<string, unknown>> | undefined): void {
    this.begin(Tag.tuple, args.length);
    for (const arg of args) this.value(arg, 0);
    const names = keywords === undefined ? [] : Object.keys(keywords);
    this.begin(Tag.dict, names.length);
    for (const name of names) {
      this.text(name);
      this.value(keywords?.[name], 0);
    }
  }

  text(value: string): void {
    this.tag(Tag.text);
    this.word(value.length);
    this.#text += value;
  }

  /** Any value; `depth` levels of containers are copied (-1: all), the rest goes by reference. */
  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case "number":
        this.tag(Number.isSafeInteger(value) && !Object.is(value, -0) ? Tag.int : Tag.float);
        this.word(value);
        return;
      case "string":
        this.text(value);
        return;
      case "undefined":
        this.tag(Tag.undefined);
        return;
      case "boolean":
        this.tag(value ? Tag.true : Tag.false);
        return;
      case "bigint": {
        const digits = value.toString(16);
        this.tag(Tag.bigInt);
        this.word(digits.length);
        this.#text += digits;
        return;
      }
      case "symbol":
        throw new TypeError(`a Symbol cannot become a Python object: ${String(value)}`);
      default:
        if (value === null) this.tag(Tag.none);
        else this.#object(value as object, depth);
    }
  }

  #object(object: object, depth: number): void {
    if (object instanceof Tuple) {
      this.begin(Tag.tuple, object.items.length);
      for (const item of object.items) this.value(item, 0);
      return;
    }
    const handle = this.#owner.handleOf(object);
    if (handle >= 0) {
      this.tag(Tag.handle);
      this.word(handle);
    } else if (depth === 0 || !this.#copy(object, depth)) {
      this.reference(object);
    }
  }

  reference(object: object): void {
    const number = this.#owner.objects.send(object);
    this.tag(Tag.object);
    this.word(number);
    this.word(this.#owner.objects.traits(number));
  }

  /** Writes what the object holds; false: there is no copy of such a one. */
  #copy(object: object, depth: number): boolean {
    const begun = this.#begun?.get(object);
    if (begun !== undefined) {
      this.tag(Tag.back);
      this.word(begun);
      return true;
    }
    if (Array.isArray(object)) this.#array(object, depth);
    else if (types.isMap(object)) this.#pairs([...object], object, depth);
    else if (types.isSet(object)) this.#set(object, depth);
    else if (types.isDate(object) && !Number.isNaN(object.getTime())) {
      this.tag(Tag.date);
      this.word(object.getTime());
    } else if (isPlain(object)) this.#pairs(Object.entries(object), object, depth);
    else return false;
    return true;
  }

  #array(array: readonly unknown[], depth: number): void {
    const count = array.length;
    this.begin(Tag.list, count, array);
    // Holes are undefined; items that come while it is converted are not seen.
    for (let i = 0; i < count; i++) this.value(array[i], depth - 1);
  }

  #set(set: ReadonlySet<unknown>, depth: number): void {
    const items = [...set];
    this.begin(Tag.set, items.length, set);
    for (const item of items) this.value(item, depth - 1);
  }

  #pairs(pairs: readonly (readonly [unknown, unknown])[], of: object, depth: number): void {
    this.begin(Tag.dict, pairs.length, of);
    for (const [key, value] of pairs) {
      this.value(key, depth - 1);
      this.value(value, depth - 1);
    }
  }
}

/** An object literal, or one like it: of no class. */
function isPlain(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object | null;
  return prototype === null || prototype === Object.prototype || isForeignPlain(prototype);
}

// Of another context (vm): its Object.prototype.
function isForeignPlain(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}
