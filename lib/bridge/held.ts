// lib/bridge/held.ts: Python objects that JavaScript holds: which proxy stands for which number.
import type { NativeBridge } from "./native.js";

/** What a proxy knows of its object. */
export interface Held {
  /** Number of the object; -1 when it was let go. */
  handle: number;
  readonly traits: number;
  /** How often Python sent it, to be given back together. */
  received: number;
  /** Why it was let go, for the error of who uses it still. */
  gone: string | undefined;
  /** When, in milliseconds of performance.now(). */
  goneAt: number;
  /** The proxy, for as long as the program's turn lasts that made it; then `weak`. */
  strong: object | undefined;
  weak: WeakRef<object> | undefined;
  /** Of a coroutine: JavaScript or Python does something with it. */
  used: boolean;
}

/** What stands behind a proxy of ours. */
export interface Holder {
  readonly held: Held;
  readonly proxy: object;
}

/** A proxy answers this key by calling tell(), and it alone can. */
export const heldKey = Symbol("inmem.held");
let told: Holder | undefined;

export function tell(holder: Holder): void {
  told = holder;
}

/**
 * What is behind a proxy; undefined: it is none of ours. Asked by a key, since a WeakMap makes each
 * proxy several times as dear. A Proxy of the program's that forwards is not what it forwards to.
 */
export function holderOf(value: object): Holder | undefined {
  told = undefined;
  try {
    void (value as Record<symbol, unknown>)[heldKey];
  } catch {
    return undefined; // a Proxy's trap that throws
  }
  const holder = told as Holder | undefined;
  told = undefined;
  return holder !== undefined && holder.proxy === value ? holder : undefined;
}

/** Error of pyodide's kind for a proxy that was destroyed. */
export function destroyedError(held: Held): Error {
  const [why = "", ...where] = (held.gone ?? "").split("\n");
  const ago = (performance.now() | 0) - held.goneAt;
  const told = [`${why}, ${ago} ms ago`, ...where].join("\n");
  return new Error(`Object has already been destroyed\n${told}`);
}

/** New proxies among which the destroyed ones are not looked for yet. */
const MANY_NEW = 4096;
/** Releases that wait: so few that memory just let go is used again while caches hold it. */
const MANY_RELEASED = 64;
/** Of so many at a time all of malloc is asked to give back, once the collector has done its work. */
const VERY_MANY = 100_000;
const QUIET_MS = 50;

/**
 * The proxies of one environment, one for each object while it lives. They are let go when
 * JavaScript collects them, or by destroy().
 */
export class HeldObjects {
  /** Whether the error for a proxy that was destroyed shows where that was. */
  traceDestroy = false;
  readonly #byHandle: (Held | undefined)[] = [];
  readonly #registry = new FinalizationRegistry<Held>((held) => this.letGo(held, "collected"));
  readonly #native: Pick<NativeBridge, "release" | "drain">;
  #released: number[] = [];
  // To be watched by the garbage collector costs more than all else of a proxy: who is destroyed in
  // the same turn is spared that.
  #young: Held[] = [];
  #youngLimit = MANY_NEW;
  #most = 0;

  constructor(native: Pick<NativeBridge, "release" | "drain">) {
    this.#native = native;
  }

  /** The proxy of a number that Python just sent; `make` makes one where there is none. */
  receive(handle: number, traits: number, make: (held: Held) => object): object {
    const known = this.#byHandle[handle];
    const proxy = known?.strong ?? known?.weak?.deref();
    if (known !== undefined && proxy !== undefined) {
      known.received++;
      return proxy;
    }
    const held = newHeld(handle, traits);
    const byHandle = this.#byHandle;
    // V8 would make a dictionary of an array with a great gap in it.
    while (byHandle.length < handle) byHandle.push(undefined);
    byHandle[handle] = held;
    return this.#begin(held, make);
  }

  /** A second proxy of an object, which the first goes on to stand for; `handle` was sent for it. */
  second(handle: number, traits: number, make: (held: Held) => object): object {
    return this.#begin(newHeld(handle, traits), make);
  }

  #begin(held: Held, make: (held: Held) => object): object {
    const proxy = make(held);
    held.strong = proxy;
    const young = this.#young;
    if (young.length === 0) queueMicrotask(this.#settle);
    else if (young.length === this.#youngLimit) this.#forgetDestroyed();
    this.#young.push(held);
    return proxy;
  }

  #forgetDestroyed(): void {
    this.#young = this.#young.filter((held) => held.handle >= 0);
    this.#youngLimit = Math.max(MANY_NEW, 2 * this.#young.length);
  }

  // The turn has ended: from now on the garbage collector decides.
  readonly #settle = (): void => {
    const young = this.#young;
    this.#young = [];
    this.#youngLimit = MANY_NEW;
    for (const held of young) {
      const proxy = held.strong;
      if (proxy === undefined) continue; // destroyed
      held.strong = undefined;
      held.weak = new WeakRef(proxy);
      this.#registry.register(proxy, held);
    }
  };

  /** Idempotent. */
  letGo(held: Held, why: string): void {
    const { handle, received } = held;
    if (handle < 0) return;
    held.handle = -1;
    held.goneAt = performance.now() | 0;
    held.gone = this.traceDestroy ? `${why}\n${stackHere()}` : why;
    held.strong = undefined;
    this.#forget(handle, held);
    this.giveBack(handle, received);
  }

  #forget(handle: number, held: Held): void {
    const byHandle = this.#byHandle;
    if (byHandle[handle] !== held) return;
    byHandle[handle] = undefined;
    if (handle !== byHandle.length - 1) return;
    // After a great many objects V8 takes the memory back: native uses low numbers first.
    this.#most = Math.max(this.#most, byHandle.length);
    shorten(byHandle);
    if (this.#most < VERY_MANY || byHandle.length > this.#most / 16) return;
    this.#most = 0;
    // The engines' own work with them lies in malloc's memory, which keeps it.
    setTimeout(() => this.#native.drain(true), QUIET_MS).unref();
  }

  /** Gives back `times` sendings of a number. */
  giveBack(handle: number, times: number): void {
    // Together: a garbage collection tells of thousands.
    if (this.#released.length === 0) queueMicrotask(this.#flush);
    this.#released.push(handle, times);
    if (this.#released.length >= 2 * MANY_RELEASED) this.#flush();
  }

  readonly #flush = (): void => {
    if (this.#released.length === 0) return;
    const pairs = Uint32Array.from(this.#released);
    this.#released = [];
    this.#native.release(pairs);
    this.#native.drain(false);
  };
}

/** Takes away what is undefined at the end. */
export function shorten(list: unknown[]): void {
  let { length } = list;
  while (length > 0 && list[length - 1] === undefined) length--;
  list.length = length;
}

function newHeld(handle: number, traits: number): Held {
  return {
    handle,
    traits,
    received: 1,
    gone: undefined,
    goneAt: 0,
    strong: undefined,
    weak: undefined,
    used: false,
  };
}

// Without the message, and without the frames of this file.
function stackHere(): string {
  const lines = (new Error().stack ?? "").split("\n").slice(1);
  return lines.filter((line) => !/[\\/]bridge[\\/](held|proxy[\w-]*)\.[jt]s/.test(line)).join("\n");
}
