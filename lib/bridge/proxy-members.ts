// lib/bridge/proxy-members.ts: what a proxy has besides the attributes of its Python object.
import { inspect } from "node:util";
import {
  asyncReturn,
  asyncStep,
  callForProgram,
  catchOf,
  finallyOf,
  isAsync,
  thenOf,
} from "./awaitable-members.js";
import { getBuffer } from "./buffers.js";
import { toRaise } from "./errors.js";
import { namesOf } from "./kwargs.js";
import { type CallOptions, checkLimits, limited } from "./limits.js";
import { PyTrait } from "./native.js";
import { makeProxy } from "./proxy.js";
import { inspectProxy } from "./proxy-inspect.js";
import { isInstance } from "./subclass.js";
import { handleFor, python, type Target } from "./target.js";
import { toJs, toJson } from "./to-js.js";

/** Gives the member's value; `receiver` is what it is read from: the proxy, or what inherits. */
type Member = (target: Target, receiver?: object) => unknown;

/** Whether reading it gives a member of ours, and not Python's attribute. */
export function hidesAttribute(target: Target, key: string): boolean {
  return !key.startsWith("$") && entryFor(members, target, key) !== undefined;
}

/** The member of this name; undefined: Python's attribute is asked. */
export function memberOf(target: Target, key: string): Member | undefined {
  return entryFor(members, target, key)?.member;
}

export function symbolMemberOf(target: Target, key: symbol, receiver: object): unknown {
  return entryFor(symbols, target, key)?.member(target, receiver);
}

function entryFor<Key>(table: Map<Key, Entry>, target: Target, key: Key): Entry | undefined {
  const entry = table.get(key);
  if (entry === undefined) return undefined;
  return entry.needs === 0 || (target.held.traits & entry.needs) !== 0 ? entry : undefined;
}

type Callback = (...args: unknown[]) => unknown;

interface Entry {
  /** Traits of which the object must have one; 0: none. */
  readonly needs: number;
  readonly member: Member;
}

/** A member that is a function: given the target, what the function does. */
function method(does: (target: Target, ...args: unknown[]) => unknown, needs = 0): Entry {
  return {
    needs,
    member:
      (target) =>
      (...args: unknown[]) =>
        does(target, ...args),
  };
}

/** As an iterator gives it: no value at the end is undefined, as JavaScript has it. */
function step(told: unknown): IteratorResult<unknown, unknown> {
  const [done, value] = told as [done: boolean, value: unknown];
  return { done, value: done && value === null ? undefined : value } as IteratorResult<unknown>;
}

function destroy({ crossing, held }: Target, why: string): void {
  crossing.held.letGo(held, why);
}

const members = new Map<string, Entry>(
  Object.entries({
    destroy: method((target, reason) => {
      destroy(target, reason === undefined ? "by destroy()" : String(reason));
    }),
    copy: method((target) => {
      handleFor(target);
      const { handle, traits } = target.crossing.again(target.proxy);
      return target.crossing.held.second(handle, traits, (held) =>
        makeProxy(target.crossing, held),
      );
    }),
    type: { needs: 0, member: (target) => python(target, "type_name") },
    toString: method((target) => python(target, "string")),
    toJs: method((target, options) => toJs(target, options)),
    // A function has no JSON, as in JavaScript.
    toJSON: method((target) =>
      (target.held.traits & PyTrait.callable) !== 0 ? undefined : toJson(target),
    ),
    getBuffer: method(getBuffer, PyTrait.buffer),
    length: { needs: PyTrait.length, member: (target) => python(target, "length") },
    get: method((target, key) => {
      if ((target.held.traits & PyTrait.mapping) === 0) return python(target, "get_item", key);
      return (python(target, "look_up", key) as [unknown?])[0];
    }, PyTrait.subscript),
    set: method((target, key, value) => {
      python(target, "set_item", key, value);
    }, PyTrait.subscript),
    delete: method((target, key) => {
      python(target, "delete_item", key);
    }, PyTrait.subscript),
    has: method(
      (target, key) => python(target, "contains", key),
      PyTrait.iterable | PyTrait.mapping | PyTrait.sequence,
    ),
    callKwargs: method((target, ...args) => {
      const keywords = namesOf(args.pop());
      return callForProgram(target.crossing, handleFor(target), args, keywords);
    }, PyTrait.callable),
    callRelaxed: method(
      ({ crossing, proxy }, ...args) =>
        callForProgram(crossing, crossing.functionNamed("call_relaxed"), [proxy, ...args]),
      PyTrait.callable,
    ),
    captureThis: {
      needs: PyTrait.callable,
      member:
        ({ proxy }) =>
        () =>
          function (this: unknown, ...args: unknown[]): unknown {
            return Reflect.apply(proxy as Callback, undefined, [this, ...args]);
          },
    },
    callAsync: method(
      (target, ...args) =>
        target.crossing.async.call(handleFor(target), args, undefined, target.proxy),
      PyTrait.callable,
    ),
    callWithOptions: method((target, options, ...args) => {
      const limits = checkLimits(options as CallOptions);
      return limited(target.crossing, limits, () =>
        callForProgram(target.crossing, handleFor(target), args),
      );
    }, PyTrait.callable),
    callAsyncWithOptions: method((target, options, ...args) => {
      const limits = checkLimits(options as CallOptions);
      const { crossing, proxy } = target;
      return crossing.async.call(handleFor(target), args, undefined, proxy, limits);
    }, PyTrait.callable),
    catch: { needs: PyTrait.awaitable, member: catchOf },
    finally: { needs: PyTrait.awaitable, member: finallyOf },
    next: method((target, value) => {
      if (isAsync(target)) return asyncStep(target, "async_next", value);
      return step(
        value === undefined ? python(target, "next_item") : python(target, "send_item", value),
      );
    }, PyTrait.iterator | PyTrait.asyncIterator),
    throw: method(
      (target, error) =>
        isAsync(target)
          ? asyncStep(target, "async_throw", toRaise(error))
          : step(python(target, "throw_item", toRaise(error))),
      PyTrait.generator | PyTrait.asyncGenerator,
    ),
    return: method((target, value) => {
      if (isAsync(target)) return asyncReturn(target, value);
      const told = python(target, "return_item") as [done?: boolean, value?: unknown];
      return told.length === 0 ? { done: true, value } : { done: told[0], value: told[1] };
    }, PyTrait.generator | PyTrait.asyncIterator),
  } satisfies Record<string, Entry>),
);

// What has a `then` is taken for a Promise: Python's own is `$then`.
members.set("then", { needs: 0, member: thenOf });

const symbols = new Map<symbol, Entry>([
  [
    Symbol.iterator,
    method((target) => python(target, "iterate"), PyTrait.iterable | PyTrait.iterator),
  ],
  [Symbol.isConcatSpreadable, { needs: PyTrait.sequence, member: () => true }],
  [
    Symbol.asyncIterator,
    method((target) => python(target, "async_iterate"), PyTrait.asyncIterable),
  ],
  [Symbol.toPrimitive, method((target, hint) => python(target, "primitive", hint))],
  [Symbol.toStringTag, { needs: 0, member: () => "PyProxy" }],
  [
    Symbol.hasInstance,
    {
      needs: PyTrait.class,
      member: (target, receiver) => (value: unknown) =>
        isInstance(target, receiver ?? target.proxy, value),
    },
  ],
  [inspect.custom, { needs: 0, member: () => inspectProxy }],
]);
// Node 20 has them where TypeScript's helpers, or the program, brought them.
if (Symbol.dispose)
  symbols.set(
    Symbol.dispose,
    method((target) => destroy(target, "by using")),
  );
if (Symbol.asyncDispose) {
  symbols.set(
    Symbol.asyncDispose,
    method(async (target) => destroy(target, "by await using")),
  );
}
