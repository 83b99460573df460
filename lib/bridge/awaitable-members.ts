// lib/bridge/awaitable-members.ts: what proxies have of a Promise (coroutines, tasks, futures) and of an async iterator.
import type { Crossing } from "./crossing.js";
import { Kind, PyTrait, Register } from "./native.js";
import { handleFor, type Target, targetOf } from "./target.js";

type Handler = ((value: unknown) => unknown) | undefined;

/** The Promise for a coroutine, a task, a future: always the same for one proxy. */
function promiseOf(target: Target): Promise<unknown> {
  const handle = handleFor(target);
  target.promise ??= target.crossing.async.awaited(handle, target.proxy, target.limits);
  return target.promise;
}

/** A call of the program's: a coroutine begins by itself, as that of JavaScript's function does. */
export function callForProgram(
  crossing: Crossing,
  handle: number,
  args: readonly unknown[],
  keywords?: Readonly<Record<string, unknown>>,
): unknown {
  const result =
    keywords === undefined
      ? crossing.call(handle, args)
      : crossing.callWith(handle, args, keywords);
  const { registers } = crossing;
  const isCoroutine = ((registers[Register.traits] as number) & PyTrait.coroutine) !== 0;
  if (isCoroutine && registers[Register.kind] === Kind.handle) beginSoon(result as object);
  return result;
}

/**
 * A coroutine that a call gave: an event's listener may be an `async def`, and nobody waits for what it
 * gives. One that was closed or given to Python by the end of the turn is not ours to begin.
 */
function beginSoon(proxy: object): void {
  const target = targetOf(proxy);
  if (target === undefined || target.held.used) return;
  void Promise.resolve().then(() => {
    if (target.held.handle >= 0 && !target.held.used) void promiseOf(target);
  });
}

/** `then` is what makes a Promise of it: all else must not have one. */
export function thenOf(target: Target): unknown {
  if ((target.held.traits & PyTrait.awaitable) === 0 || target.isAwaited) return undefined;
  return (onValue: Handler, onError: Handler) => promiseOf(target).then(onValue, onError);
}

export function catchOf(target: Target): unknown {
  return (onError: Handler) => promiseOf(target).catch(onError);
}

export function finallyOf(target: Target): unknown {
  return (onEnd: (() => void) | undefined) => promiseOf(target).finally(onEnd);
}

/** An asynchronous iterator: all of its members give Promises. */
export function isAsync(target: Target): boolean {
  return (target.held.traits & PyTrait.asyncIterator) !== 0;
}

function callOnLoop(target: Target, name: string, ...args: unknown[]): Promise<unknown> {
  handleFor(target);
  const { crossing, proxy } = target;
  return crossing.async.call(crossing.functionNamed(name), [proxy, ...args]);
}

/** The next item, of a function of python/inmem/_bridge.py that gives it in a tuple, or an empty one. */
export async function asyncStep(
  target: Target,
  name: string,
  value: unknown,
): Promise<IteratorResult<unknown, undefined>> {
  const item = (await callOnLoop(target, name, value)) as unknown[];
  return item.length === 0 ? { done: true, value: undefined } : { done: false, value: item[0] };
}

export async function asyncReturn(
  target: Target,
  value: unknown,
): Promise<IteratorResult<unknown>> {
  const item = (await callOnLoop(target, "async_return")) as unknown[];
  // One that yields in its `finally` has not ended.
  if (item.length > 0) return { done: false, value: item[0] };
  return { done: true, value: await value };
}
