// lib/bridge/limits.ts: calls into Python that end in time, or when an AbortSignal says so.
import { InmemError } from "../errors.js";
import { checkIsObject, checkNames, checkSignal } from "../options.js";
import type { Crossing } from "./crossing.js";
import { PyTrait } from "./native.js";
import { targetOf } from "./target.js";

/** Options of every call: `fn.callWithOptions(options, ...args)`, runPython(), runPythonAsync(). */
export interface CallOptions {
  /** Milliseconds that the call may take. Default: no limit. */
  timeout?: number | undefined;
  /** Raises KeyboardInterrupt in the code that runs, or cancels its task. */
  signal?: AbortSignal | undefined;
}

/** native/bridge/limit.h: End. */
export const End = { none: 0, timeout: 1, aborted: 2, interrupted: 3, closed: 4 } as const;

/** Those of a call, checked; `timeout` -1: none. */
export interface Limits {
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  /** By performance.now(), of a call that has begun before it is awaited. */
  readonly deadline?: number | undefined;
}

/** Milliseconds that are left to it. */
export function timeLeft({ timeout, deadline }: Limits): number {
  return deadline === undefined ? timeout : Math.max(0, deadline - performance.now());
}

export const NO_LIMITS: Limits = { timeout: -1, signal: undefined };

export function checkLimits(options: CallOptions | undefined): Limits {
  if (options === undefined) return NO_LIMITS;
  checkIsObject(options);
  checkNames(options, ["timeout", "signal"]);
  return limitsOf(options);
}

/** Of options that have others beside. */
export function limitsOf({ timeout, signal }: CallOptions): Limits {
  if (timeout !== undefined && (typeof timeout !== "number" || Number.isNaN(timeout))) {
    throw new TypeError(`Expected a number of milliseconds for timeout, found ${String(timeout)}`);
  }
  if (timeout !== undefined && timeout < 0) {
    throw new RangeError(`Expected 0 or more milliseconds for timeout, found ${timeout}`);
  }
  checkSignal(signal);
  // A timer of native's ends at some time in any case.
  return { timeout: timeout === undefined || timeout === Infinity ? -1 : timeout, signal };
}

/** The error for a call that was ended, by what; `cause` is what Python raised, if it has ended. */
export function endedError(why: number, limits: Limits, cause: unknown, overdue = false): unknown {
  const still = overdue ? ", and has not ended since: its thread is still in Python" : "";
  switch (why) {
    case End.timeout:
      return new InmemError(
        "ERR_INMEM_TIMEOUT",
        `the call took longer than ${limits.timeout} ms${still}`,
        overdue ? undefined : { cause },
      );
    case End.aborted:
      return new InmemError("ERR_INMEM_ABORTED", `the call was aborted${still}`, {
        cause: limits.signal?.reason ?? cause,
      });
    default:
      return cause;
  }
}

/**
 * Does a call that JavaScript waits for; a thread of native's watches the time meanwhile. Of what
 * can be awaited the limits hold on, until it is done.
 */
export function limited<T>(crossing: Crossing, limits: Limits, does: () => T): T {
  const { timeout, signal } = limits;
  if (timeout < 0 && signal === undefined) return does();
  const deadline = timeout < 0 ? undefined : performance.now() + timeout;
  const result = limitedHere(crossing, limits, does);
  const target = targetOf(result);
  if (target !== undefined && (target.held.traits & PyTrait.awaitable) !== 0) {
    target.limits = { timeout, signal, deadline };
  }
  return result;
}

function limitedHere<T>(crossing: Crossing, limits: Limits, does: () => T): T {
  const { timeout, signal } = limits;
  if (signal?.aborted) throw endedError(End.aborted, limits, undefined);
  const number = crossing.async.newNumber();
  // It comes from a callback that Python calls: nothing else runs on this thread.
  const abort = (): void => crossing.native.endCall(number, End.aborted);
  signal?.addEventListener("abort", abort);
  crossing.native.limit(number, timeout);
  let ended = false;
  try {
    return does();
  } catch (error) {
    ended = true;
    const why = crossing.native.unlimit(number);
    throw why === End.none ? error : endedError(why, limits, error);
  } finally {
    if (!ended) crossing.native.unlimit(number);
    signal?.removeEventListener("abort", abort);
  }
}
