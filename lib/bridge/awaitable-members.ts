// lib/bridge/awaitable-members.ts: what a proxy of a coroutine, a task or a future has of a Promise.
import { PyTrait } from "./native.js";
import { handleFor, type Target } from "./target.js";

type Handler = ((value: unknown) => unknown) | undefined;

function promiseOf(target: Target): Promise<unknown> {
  return target.crossing.async.promiseOf(handleFor(target), target.proxy);
}

/** `then` is what makes a Promise of it: all else must not have one. */
export function thenOf(target: Target): unknown {
  if ((target.held.traits & PyTrait.awaitable) === 0) return undefined;
  return (onValue: Handler, onError: Handler) => promiseOf(target).then(onValue, onError);
}

export function catchOf(target: Target): unknown {
  return (onError: Handler) => promiseOf(target).catch(onError);
}

export function finallyOf(target: Target): unknown {
  return (onEnd: (() => void) | undefined) => promiseOf(target).finally(onEnd);
}
