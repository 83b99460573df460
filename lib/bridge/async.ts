// lib/bridge/async.ts: calls into Python that JavaScript does not wait for on its thread.
import { AsyncResource } from "node:async_hooks";
import type { Crossing } from "./crossing.js";
import { type Description, errorOf } from "./errors.js";
import { End, endedError, type Limits, NO_LIMITS, timeLeft } from "./limits.js";
import { Answer } from "./native.js";
import { asItIs } from "./target.js";

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
  readonly limits: Limits;
  readonly abort: (() => void) | undefined;
}

/** One environment's calls that are under way, by number. */
export class AsyncCalls {
  readonly #crossing: Crossing;
  readonly #pending = new Map<number, Pending>();
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
    limits: Limits = NO_LIMITS,
  ): Promise<unknown> {
    const crossing = this.#crossing;
    const send = (number: number) =>
      crossing.withMemory((tape) => {
        tape.call(args, keywords);
        const extras = tape.finish(crossing.registers);
        crossing.native.callAsync(handle, number, extras, limits.timeout);
      });
    return this.#begin([callee, args, keywords], limits, send);
  }

  /** Awaits the Python object behind `proxy`, which stays until the answer. */
  awaited(handle: number, proxy: object, limits: Limits = NO_LIMITS): Promise<unknown> {
    return this.#begin(proxy, limits, (number) =>
      this.#crossing.native.awaitAsync(handle, number, timeLeft(limits)),
    );
  }

  /** For a call: no other one that is going has it; never 0. */
  newNumber(): number {
    do {
      this.#last = (this.#last + 1) >>> 0;
    } while (this.#last === 0 || this.#pending.has(this.#last));
    return this.#last;
  }

  #begin(kept: unknown, limits: Limits, send: (number: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = limits;
      if (signal?.aborted) throw endedError(End.aborted, limits, undefined);
      const number = this.newNumber();
      send(number); // may throw: an argument that cannot cross
      const resource = new AsyncResource("INMEM_CALL", { requireManualDestroy: true });
      const abort =
        signal === undefined
          ? undefined
          : (): void => this.#crossing.native.endCall(number, End.aborted);
      if (abort !== undefined) signal?.addEventListener("abort", abort);
      this.#pending.set(number, { resolve, reject, resource, kept, limits, abort });
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
    let kind = answer & 0xff;
    try {
      this.#crossing.read(extras, this.#crossing, (reader) => {
        value = reader.value();
        if (kind === Answer.error) told = reader.value();
      });
    } catch (error) {
      [value, kind] = [error, Answer.thrown];
    }
    const pending = this.#take(number);
    if (pending === undefined) return;
    const { limits } = pending;
    if (kind === Answer.value || kind === Answer.asItIs) {
      if (kind === Answer.asItIs) asItIs(value);
      pending.resolve(value);
      return;
    }
    const error =
      kind === Answer.error
        ? errorOf(this.#crossing, value as object, (told as Description | null) ?? undefined)
        : value;
    pending.reject(endedError(answer >> 8, limits, error, kind === Answer.overdue));
  }

  /** No answer will come any more. */
  failAll(error: Error): void {
    for (const number of [...this.#pending.keys()]) this.#take(number)?.reject(error);
  }

  #take(number: number): Pending | undefined {
    const pending = this.#pending.get(number);
    if (pending === undefined) return undefined;
    this.#pending.delete(number);
    pending.resource.emitDestroy();
    const { limits, abort } = pending;
    if (abort !== undefined) limits.signal?.removeEventListener("abort", abort);
    return pending;
  }
}
