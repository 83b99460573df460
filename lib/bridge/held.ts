// lib/bridge/held.ts: Python objects that JavaScript holds: which proxy stands for which number.

/** What a proxy knows of its object. */
export interface Held {
  /** Number of the object; -1 when it was let go. */
  handle: number;
  readonly traits: number;
  /** How often Python sent it, to be given back together. */
  received: number;
  /** Why it was let go, for the error of who uses it still. */
  gone: string | undefined;
}

/** From proxy to what it holds. Nobody else can make a proxy of ours. */
const holders = new WeakMap<object, Held>();

export function heldBy(value: object): Held | undefined {
  return holders.get(value);
}

/** Error of pyodide's kind for a proxy that was destroyed. */
export function destroyedError(held: Held): Error {
  return new Error(`Object has already been destroyed\n${held.gone ?? ""}`);
}

/**
 * The proxies of one environment, one for each object while it lives. They are let go when
 * JavaScript collects them, or by destroy().
 */
export class HeldObjects {
  readonly #byHandle: ({ held: Held; proxy: WeakRef<object> } | undefined)[] = [];
  readonly #registry = new FinalizationRegistry<Held>((held) => this.letGo(held, "collected"));
  readonly #release: (pairs: Uint32Array) => void;
  #released: number[] = [];

  constructor(release: (pairs: Uint32Array) => void) {
    this.#release = release;
  }

  /** The proxy of a number that Python just sent; `make` makes one where there is none. */
  receive(handle: number, traits: number, make: (held: Held) => object): object {
    const known = this.#byHandle[handle];
    const proxy = known?.proxy.deref();
    if (known !== undefined && proxy !== undefined) {
      known.held.received++;
      return proxy;
    }
    return this.#hold({ handle, traits, received: 1, gone: undefined }, make);
  }

  #hold(held: Held, make: (held: Held) => object): object {
    const proxy = make(held);
    holders.set(proxy, held);
    this.#byHandle[held.handle] = { held, proxy: new WeakRef(proxy) };
    this.#registry.register(proxy, held);
    return proxy;
  }

  /** A second proxy of an object; `handle` was sent once more for it. */
  second(handle: number, traits: number, make: (held: Held) => object): object {
    const before = this.#byHandle[handle];
    const proxy = this.#hold({ handle, traits, received: 1, gone: undefined }, make);
    this.#byHandle[handle] = before; // the first stays the one that stands for it
    return proxy;
  }

  /** Idempotent. */
  letGo(held: Held, why: string): void {
    const { handle, received } = held;
    if (handle < 0) return;
    held.handle = -1;
    held.gone = why;
    if (this.#byHandle[handle]?.held === held) this.#byHandle[handle] = undefined;
    // Together: a garbage collection tells of thousands.
    if (this.#released.length === 0) queueMicrotask(() => this.flush());
    this.#released.push(handle, received);
  }

  flush(): void {
    if (this.#released.length === 0) return;
    const pairs = Uint32Array.from(this.#released);
    this.#released = [];
    this.#release(pairs);
  }
}
