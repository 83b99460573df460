// lib/bridge/tape-writer.ts: JavaScript values, written for Python (native/bridge/tape.h).
import { types } from "node:util";
import { letterOf } from "./elements.js";
import { type Exact, isExact, isTuple } from "./exact.js";
import type { JsObjects } from "./js-objects.js";
import { Kwargs } from "./kwargs.js";
import { type NativeBridge, Register, Tag, type TapeExtras } from "./native.js";
import { Bytes, ByValue, FrozenSet, Tuple } from "./wrapped.js";

const FIRST_LENGTH = 256;
/** Numbers for which an array gets memory at once. */
const FIRST_RUN = 4096;
/** Bytes that are looked for before V8 is asked. */
const LARGE = 2 ** 20;
/** Items of one array; counts cross in 32 bits. */
const MAX_ITEMS = 2 ** 28;

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
      this.#checkRoom(2 * tags);
      const larger = new Uint8Array(Math.max(tags, 2 * this.tags.length));
      larger.set(this.tags);
      this.tags = larger;
    }
    if (words > this.words.length) {
      this.#checkRoom(16 * words);
      const larger = new Float64Array(Math.max(words, 2 * this.words.length));
      larger.set(this.words);
      this.words = larger;
    }
    this.native.setTape(this.number, this.tags, this.words);
  }

  // V8 collects garbage where an array gets no memory, and ends the process where it gets none for that.
  #checkRoom(bytes: number): void {
    if (bytes < LARGE || this.native.hasRoom(bytes)) return;
    throw new RangeError("no memory for a value that crosses between JavaScript and Python");
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
  #bytes = 0;
  #containers = 0;
  #begun: Map<object, number> | undefined;
  #keys: Set<object> | undefined;
  readonly #sent: number[] = [];

  constructor(memory: TapeMemory, owner: Owner) {
    this.#memory = memory;
    this.#owner = owner;
  }

  /** Nobody will read it: what was sent on it comes back. */
  abandon(): void {
    for (const number of this.#sent) this.#owner.objects.release(Uint32Array.of(number, 1));
  }

  finish(registers: Int32Array): TapeExtras {
    registers[Register.tape] = this.#memory.number;
    registers[Register.tags] = this.#tags;
    registers[Register.words] = this.#words;
    if (this.#blobs !== undefined) {
      // Code of the program may have run since: getters, traps.
      const left = this.#blobs.reduce((sum, { byteLength }) => sum + byteLength, 0);
      if (left !== this.#bytes) {
        throw new TypeError(
          "a typed array lost its memory (detached, resized) while it was copied",
        );
      }
      return [this.#text, ...this.#blobs];
    }
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
    const last = args[args.length - 1];
    if (last instanceof Kwargs) {
      this.call(
        args.slice(0, -1),
        keywords === undefined ? last.values : { ...last.values, ...keywords },
      );
      return;
    }
    this.tuple(args);
    const names = keywords === undefined ? [] : Object.keys(keywords);
    this.begin(Tag.dict, names.length);
    for (const name of names) {
      this.text(name);
      this.value(keywords?.[name], 0);
    }
  }

  /** Values that go by reference where they are no scalars. */
  tuple(values: readonly unknown[]): void {
    this.begin(Tag.tuple, values.length);
    for (const value of values) this.value(value, 0);
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
    if (object instanceof ByValue) {
      this.value(object.value, -1);
      return;
    }
    if (object instanceof Tuple) {
      this.tuple(object.items);
      return;
    }
    if (object instanceof Bytes) {
      this.#blob(Tag.bytes, object.content);
      return;
    }
    if (object instanceof FrozenSet) {
      this.begin(Tag.frozenSet, object.items.items.length);
      for (const item of object.items.items) this.value(item, 0);
      return;
    }
    if (object instanceof Kwargs) {
      throw new TypeError("kwargs({...}) is the last argument of a call, and no value");
    }
    const handle = this.#owner.handleOf(object);
    if (handle >= 0) {
      this.tag(Tag.handle);
      this.word(handle);
    } else if (isExact(object)) {
      this.#exact(object, depth);
    } else if (depth === 0 || !this.#copy(object, depth)) {
      this.reference(object);
    }
  }

  #exact(value: Exact, depth: number): void {
    if (!isTuple(value)) {
      this.#blob(Tag.bytes, value);
      return;
    }
    this.begin(Tag.tuple, lengthOf(value));
    for (const item of value) this.value(item, depth === 0 ? 0 : depth - 1);
  }

  reference(object: object): void {
    const number = this.#owner.objects.send(object);
    this.#sent.push(number);
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
    if (Array.isArray(object)) this.#array(object, depth, Tag.list);
    else if (types.isMap(object)) this.#pairs([...object], object, depth);
    else if (types.isSet(object)) this.#set(object, depth, Tag.set);
    else if (types.isDate(object) && !Number.isNaN(object.getTime())) {
      this.tag(Tag.date);
      this.word(object.getTime());
    } else if (ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)) this.#buffer(object);
    else if (isPlain(object)) this.#pairs(Object.entries(object), object, depth);
    else return false;
    return true;
  }

  #array(array: readonly unknown[], depth: number, tag: number): void {
    const count = lengthOf(array);
    this.begin(tag, count, array);
    // Holes are undefined; items that come while it is converted are not seen.
    for (let i = 0; i < count; ) {
      const item = array[i];
      if (typeof item === "number") i = this.#numbers(array, i, count, item, depth, tag);
      else {
        this.#item(item, depth, tag);
        i++;
      }
    }
  }

  // Numbers that stand one after another cross as mere words. Gives where it goes on.
  #numbers(
    array: readonly unknown[],
    from: number,
    count: number,
    first: unknown,
    depth: number,
    tag: number,
  ): number {
    this.tag(Tag.numbers);
    // At least: more memory is taken as they come, for an array may be as long as it likes.
    const needed = this.#words + 1 + Math.min(count - from, FIRST_RUN);
    if (needed > this.#memory.words.length) this.#memory.grow(0, needed);
    let words = this.#memory.words;
    const start = this.#words;
    let at = start + 1;
    let i = from;
    let item = first;
    do {
      if (at === words.length) {
        this.#memory.grow(0, at + 1);
        words = this.#memory.words;
      }
      words[at++] = item as number;
      if (++i === count) break;
      item = array[i];
    } while (typeof item === "number");
    words[start] = i - from;
    this.#words = at;
    if (i === count) return i;
    this.#item(item, depth, tag); // it was read: a getter is not to be asked twice
    return i + 1;
  }

  #item(item: unknown, depth: number, tag: number): void {
    if (tag === Tag.list) this.value(item, depth - 1);
    else this.#key(item, depth - 1);
  }

  #set(set: ReadonlySet<unknown>, depth: number, tag: number): void {
    const items = [...set];
    this.begin(tag, items.length, set);
    for (const item of items) this.#key(item, depth - 1);
  }

  #pairs(pairs: readonly (readonly [unknown, unknown])[], of: object, depth: number): void {
    this.begin(Tag.dict, pairs.length, of);
    for (const [key, value] of pairs) {
      this.#key(key, depth - 1);
      this.value(value, depth - 1);
    }
  }

  // A key of a dict, an item of a set: they must not change, so arrays become tuples there, bytes bytes.
  #key(key: unknown, depth: number): void {
    if (depth !== 0 && types.isUint8Array(key)) {
      this.#blob(Tag.bytes, key);
      return;
    }
    const isArray = Array.isArray(key);
    if (depth === 0 || !(isArray || types.isSet(key)) || this.#owner.handleOf(key) >= 0) {
      this.value(key, depth);
      return;
    }
    this.#keys ??= new Set();
    if (this.#keys.has(key)) throw new RangeError("a key of a Map or item of a Set holds itself");
    this.#keys.add(key);
    if (isArray) this.#array(key, depth, Tag.tuple);
    else this.#set(key, depth, Tag.frozenSet);
    this.#keys.delete(key);
    this.#begun?.delete(key); // elsewhere it is a list
  }

  // A memoryview of a copy, with the array's type of elements.
  #buffer(object: ArrayBufferView | ArrayBufferLike): void {
    const bytes = ArrayBuffer.isView(object)
      ? new Uint8Array(object.buffer, object.byteOffset, object.byteLength)
      : new Uint8Array(object);
    this.#blob(Tag.buffer, bytes);
    this.word(letterOf(object).charCodeAt(0));
  }

  #blob(tag: number, bytes: Uint8Array): void {
    this.#blobs ??= [];
    this.tag(tag);
    this.word(this.#blobs.length);
    const blob = types.isSharedArrayBuffer(bytes.buffer) ? bytes.slice() : bytes;
    this.#blobs.push(blob);
    this.#bytes += blob.byteLength;
  }
}

/** @throws RangeError where there are more than can cross. */
export function lengthOf(array: readonly unknown[]): number {
  const count: unknown = array.length; // of a Proxy: anything
  if (!Number.isSafeInteger(count) || (count as number) < 0 || (count as number) > MAX_ITEMS) {
    throw new RangeError(
      `an array of ${String(count)} items cannot become a Python object: at most ${MAX_ITEMS} can`,
    );
  }
  return count as number;
}

/** An object literal, or one like it: of no class. */
export function isPlain(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object | null;
  return prototype === null || prototype === Object.prototype || isForeignPlain(prototype);
}

// Of another context (vm): its Object.prototype.
function isForeignPlain(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}
