// lib/bridge/js-objects.ts: JavaScript objects that Python holds, by number.
import { types } from "node:util";
import { shorten } from "./held.js";
import { JsTrait } from "./native.js";

interface Slot {
  readonly object: object;
  readonly traits: number;
  /** How often it was sent; Python gives back as many. */
  sent: number;
}

/** An object has one number while Python holds it, so that Python has one proxy of it. */
export class JsObjects {
  readonly #slots: (Slot | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #numbers = new Map<object, number>();
  readonly #gone: () => Uint32Array | undefined;

  /** @param gone gives what Python has let go on this thread, if anything. */
  constructor(gone: () => Uint32Array | undefined) {
    this.#gone = gone;
  }

  /** Holds the object until it is released as often as it was sent. */
  send(object: object): number {
    const known = this.#numbers.get(object);
    if (known !== undefined) {
      (this.#slots[known] as Slot).sent++;
      return known;
    }
    const traits = traitsOf(object); // may throw: a Proxy's trap
    const gone = this.#gone(); // a row of calls leaves the event loop no time to tell
    if (gone !== undefined) this.release(gone);
    // Python asks for its value later: until then nobody listens, which would end the process.
    if (types.isPromise(object)) object.then(undefined, () => {});
    const number = this.#freeNumber();
    this.#slots[number] = { object, traits, sent: 1 };
    this.#numbers.set(object, number);
    return number;
  }

  get(number: number): object {
    const slot = this.#slots[number];
    if (slot === undefined) throw new ReferenceError("Python holds no such JavaScript object");
    return slot.object;
  }

  traits(number: number): number {
    return this.#slots[number]?.traits ?? 0;
  }

  release(pairs: Uint32Array): void {
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const number = pairs[i] as number;
      const slot = this.#slots[number];
      if (slot === undefined) continue;
      slot.sent -= pairs[i + 1] as number;
      if (slot.sent > 0) continue;
      this.#slots[number] = undefined;
      this.#numbers.delete(slot.object);
      this.#free.push(number);
      if (number === this.#slots.length - 1) this.#shorten();
    }
  }

  #shorten(): void {
    shorten(this.#slots);
    if (this.#slots.length === 0) this.#free.length = 0;
  }

  // Of the free ones some may have gone with the end of the slots, and come again.
  #freeNumber(): number {
    for (;;) {
      const number = this.#free.pop();
      if (number === undefined) return this.#slots.length;
      if (number < this.#slots.length && this.#slots[number] === undefined) return number;
    }
  }

  get held(): number {
    return this.#numbers.size;
  }
}

/** What the object can do, as native/bridge/traits.h has it. */
export function traitsOf(object: object): number {
  let traits = 0;
  if (typeof object === "function") {
    traits |= JsTrait.callable;
    if (isAsyncFunction(object)) traits |= JsTrait.asyncFunction;
  }
  if (Array.isArray(object)) traits |= JsTrait.array | JsTrait.length | JsTrait.iterable;
  else if (types.isMap(object)) traits |= JsTrait.map | JsTrait.length | JsTrait.iterable;
  else if (types.isSet(object)) traits |= JsTrait.set | JsTrait.length | JsTrait.iterable;
  else if (ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)) {
    traits |= JsTrait.typedArray;
  } else if (typeof object !== "function") traits |= traitsOfOther(object as Members);
  if (types.isNativeError(object)) traits |= JsTrait.error;
  const members = object as Members;
  if (typeof members[Symbol.iterator] === "function") traits |= JsTrait.iterable;
  if (typeof members[Symbol.asyncIterator] === "function") traits |= JsTrait.asyncIterable;
  if (typeof members["then"] === "function") traits |= JsTrait.promise;
  if (typeof members["next"] === "function") traits |= JsTrait.iterator;
  if (Symbol.dispose && typeof members[Symbol.dispose] === "function") traits |= JsTrait.dispose;
  if (Symbol.asyncDispose && typeof members[Symbol.asyncDispose] === "function") {
    traits |= JsTrait.asyncDispose;
  }
  return traits;
}

/** An `async` function: Node takes those that give an async iterator for such, too. */
export function isAsyncFunction(object: unknown): boolean {
  return types.isAsyncFunction(object) && !types.isGeneratorFunction(object);
}

type Members = Record<PropertyKey, unknown>;

/** Of Headers, URLSearchParams, FormData, a WeakMap, and whatever else has such methods. */
function traitsOfOther(members: Members): number {
  let traits = 0;
  if (typeof members["get"] === "function") traits |= JsTrait.get;
  if (typeof members["set"] === "function") traits |= JsTrait.setItem;
  if (typeof members["has"] === "function") traits |= JsTrait.has;
  if (typeof members["delete"] === "function") traits |= JsTrait.delete;
  if (typeof members["length"] === "number" || typeof members["size"] === "number") {
    traits |= JsTrait.length;
  }
  return traits;
}
