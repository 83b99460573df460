// lib/bridge/async.ts: calls into Python that JavaScript does not wait for on its thread.
import { AsyncResource } from "node:async_hooks";
import type { Crossing } from "./crossing.js";
import { type Description, errorOf } from "./errors.js";
import { Answer } from "./native.js";

/**
 * How long after a call the event loop does not sleep, in ms: to be woken takes longer than many a
 * call. It does all that it does otherwise.
 */
const AWAKE = 0.05;
/**
 * After a turn of so many ms, which was none of waiting, it sleeps for this many calls: it had other
 * things to do, or had to wait for a processor that others need more.
 */
const LATE = 0.2;
const REST = 16;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Callbacks that Python calls meanwhile run in the caller's AsyncLocalStorage. */
  readonly resource: AsyncResource;
  /** The proxies of callee and arguments: they stay alive until the call has ended. */
  readonly kept: unknown;
}

/** One environment's calls that are under way, by number. */
export class AsyncCalls {
  readonly #crossing: Crossing;
  readonly #pending = new Map<number, Pending>();
  readonly #promises = new WeakMap<object, Promise<unknown>>();
  #last = 0;
  #awakeUntil = 0;
  #awake = false;
  #rest = 0;

  constructor(crossing: Crossing) {
    this.#crossing = crossing;
  }

  /** Calls on a thread of Python's own; what can be awaited is awaited there. */
  call(
    handle: number,
    args: readonly unknown[],
    keywords?: Readonly<Record<string, unknown>>,
    callee?: object,
  ): Promise<unknown> {
    const crossing = this.#crossing;
    return this.#begin([callee, args, keywords], (number) =>
      crossing.withMemory((tape) => {
        tape.call(args, keywords);
        crossing.native.callAsync(handle, number, tape.finish(crossing.registers));
      }),
    );
  }

  /** The Promise for a coroutine, a task, a future: always the same for one proxy. */
  promiseOf(handle: number, proxy: object): Promise<unknown> {
    let promise = this.#promises.get(proxy);
    if (promise === undefined) {
      promise = this.#begin(proxy, (number) => this.#crossing.native.awaitAsync(handle, number));
      this.#promises.set(proxy, promise);
    }
    return promise;
  }

  #begin(kept: unknown, send: (number: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#last = (this.#last + 1) >>> 0;
      const number = this.#last;
      send(number); // may throw: an argument that cannot cross
      const resource = new AsyncResource("INMEM_CALL", { requireManualDestroy: true });
      this.#pending.set(number, { resolve, reject, resource, kept });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#rest > 0) {
      this.#rest--;
      return;
    }
    this.#awakeUntil = performance.now() + AWAKE;
    if (this.#awake) return;
    this.#awake = true;
    setImmediate(this.#stayAwake);
  }

  // With an immediate to run, the event loop looks for answers instead of waiting for them.
  readonly #stayAwake = (): void => {
    const now = performance.now();
    if (now > this.#awakeUntil + LATE) this.#rest = REST;
    this.#awake = this.#pending.size > 0 && now < this.#awakeUntil;
    if (this.#awake) setImmediate(this.#stayAwake);
  };

  /** Does what Python asks for in the AsyncLocalStorage of the call that it works for. */
  within<T>(number: number, does: () => T): T {
    const pending = this.#pending.get(number);
    return pending === undefined ? does() : pending.resource.runInAsyncScope(does);
  }

  /** native tells: the answer of a call is on the tape. */
  settle(number: number, extras: unknown, answer: number): void {
    // Read in any case: numbers on the tape are ours to give back.
    let value: unknown;
    let told: unknown;
    try {
      this.#crossing.read(extras, this.#crossing, (reader) => {
        value = reader.value();
        if (answer === Answer.error) told = reader.value();
      });
    } catch (error) {
      [value, answer] = [error, Answer.thrown];
    }
    const pending = this.#pending.get(number);
    if (pending === undefined) return;
    this.#pending.delete(number);
    pending.resource.emitDestroy();
    if (answer === Answer.value) pending.resolve(value);
    else if (answer === Answer.thrown) pending.reject(value);
    else {
      pending.reject(
        errorOf(this.#crossing, value as object, (told as Description | null) ?? undefined),
      );
    }
  }
}
