// lib/bridge/target.ts: what a proxy stands on.
import type { Crossing } from "./crossing.js";
import { destroyedError, type Held, type Holder, holderOf } from "./held.js";
import type { Limits } from "./limits.js";
import { isObject } from "./values.js";

/** What a Proxy of ours stands on; the function's own members are never seen. */
export interface Target extends Holder {
  crossing: Crossing;
  held: Held;
  proxy: object;
  /** Of what can be awaited, once it was. A WeakMap of them would cost each collection as much. */
  promise?: Promise<unknown>;
  /** It can be awaited no more: see asItIs(). */
  isAwaited?: boolean;
  /** Those of the call that gave it, for when it is awaited. */
  limits?: Limits;
}

/** Of a proxy; undefined: it is none of ours. */
export function targetOf(value: unknown): Target | undefined {
  return isObject(value) ? (holderOf(value) as Target | undefined) : undefined;
}

/** @throws for a proxy that was destroyed. */
export function handleFor(target: Target): number {
  const { handle } = target.held;
  if (handle < 0) throw destroyedError(target.held);
  return handle;
}

/** Calls a function of inmem._bridge with the object. */
export function python(target: Target, name: string, ...args: unknown[]): unknown {
  handleFor(target);
  const { held } = target;
  const { used } = held;
  try {
    return target.crossing.python(name, target.proxy, ...args);
  } finally {
    held.used = used; // to be shown or asked about is no use
  }
}

/**
 * What Python's own `await` gave: a pool of connections that gives itself is no Promise from then on.
 * JavaScript awaits what a Promise gives: it would open the pool once more, or wait for ever.
 */
export function asItIs(value: unknown): void {
  const target = targetOf(value);
  if (target !== undefined) target.isAwaited = true;
}
