// lib/bridge/proxy.ts: what a Python object looks like in JavaScript: the traps.
import { inspect } from "node:util";
import { callForProgram } from "./awaitable-members.js";
import type { Crossing } from "./crossing.js";
import { type Held, heldKey, tell } from "./held.js";
import { PyTrait } from "./native.js";
import { inspectProxy } from "./proxy-inspect.js";
import { hidesAttribute, memberOf, symbolMemberOf } from "./proxy-members.js";
import { arrayMethod } from "./proxy-sequence.js";
import { makeInstance, prototypeOf } from "./subclass.js";
import { handleFor, python, type Target } from "./target.js";

// inspect() looks through a Proxy, at what it stands on: it has to find the function there.
class PlainTarget implements Target {
  readonly proxy: object;
  constructor(
    readonly crossing: Crossing,
    readonly held: Held,
  ) {
    this.proxy = new Proxy(this, handler);
  }
}
Object.defineProperty(PlainTarget.prototype, inspect.custom, { value: inspectProxy });

export function makeProxy(crossing: Crossing, held: Held): object {
  if ((held.traits & PyTrait.callable) === 0) return new PlainTarget(crossing, held).proxy;
  const isClass = (held.traits & PyTrait.class) !== 0;
  const target = (isClass ? newFunction() : newArrow()) as Target & Record<symbol, unknown>;
  target.crossing = crossing;
  target.held = held;
  target[inspect.custom] = inspectProxy;
  target.proxy = new Proxy<Target>(target, handler);
  return target.proxy;
}

/** Can be called with `new`. */
function newFunction(): object {
  return function PyProxy(): void {};
}

function newArrow(): object {
  return (): void => {};
}

/** A Python attribute's name: `$` reaches those that a member of ours hides. */
function nameOf(key: string): string {
  return key.startsWith("$") ? key.slice(1) : key;
}

/** Has items by number: a sequence, or an ndarray and its like, which do not say that they are one. */
function hasNumberedItems({ held: { traits } }: Target): boolean {
  const asked = PyTrait.subscript | PyTrait.length;
  const isLike = (traits & asked) === asked && (traits & PyTrait.mapping) === 0;
  return (traits & PyTrait.sequence) !== 0 || isLike;
}

/** The item's number, where the key is one and the object has such; -1: it is none. */
function indexOf(target: Target, key: string): number {
  const first = key.charCodeAt(0);
  if (first < 48 || first > 57 || !hasNumberedItems(target)) return -1;
  const index = Number(key);
  return Number.isSafeInteger(index) && String(index) === key ? index : -1;
}

// What JavaScript expects of every function, array or object, where Python has no such attribute.
function fallback(target: Target, key: string): unknown {
  const { traits } = target.held;
  if ((traits & PyTrait.sequence) !== 0) {
    const method = arrayMethod(target, key);
    if (method !== undefined) return method;
  }
  if ((traits & PyTrait.callable) === 0) return undefined;
  if (key === "call" || key === "apply" || key === "bind") return Function.prototype[key];
  if (key === "name") return target.crossing.getAttribute(handleFor(target), "__name__");
  return key === "length" ? 0 : undefined;
}

/** Python's functions have these when they are asked for: `in` is about Python's attributes. */
function isOfFunction(key: string): boolean {
  return key === "name" || key === "length";
}

/** @throws where what is written would never be read. */
function checkIsPythons(target: Target, key: string, what: string): void {
  if (!hidesAttribute(target, key)) return;
  throw new TypeError(
    `${key} cannot be ${what}: the proxy has a member of that name (expected $${key} for Python's attribute)`,
  );
}

const handler: ProxyHandler<Target> = {
  get(target, key, receiver) {
    if (typeof key === "symbol") {
      if (key === heldKey) return tell(target);
      return symbolMemberOf(target, key, receiver as object);
    }
    const member = memberOf(target, key);
    if (member !== undefined) return member(target);
    const index = indexOf(target, key);
    if (index >= 0) return (python(target, "item_at", index) as [unknown?])[0];
    if (key === "prototype" && (target.held.traits & PyTrait.class) !== 0) {
      return prototypeOf(target);
    }
    target.held.used = true;
    const value = target.crossing.getAttribute(handleFor(target), nameOf(key));
    return value === undefined ? fallback(target, key) : value;
  },
  set(target, key, value) {
    if (typeof key === "symbol") return false;
    checkIsPythons(target, key, "set");
    const index = indexOf(target, key);
    if (index >= 0) python(target, "set_item", index, value);
    else python(target, "set_attribute", nameOf(key), value);
    return true;
  },
  deleteProperty(target, key) {
    if (typeof key === "symbol") return false;
    checkIsPythons(target, key, "deleted");
    const index = indexOf(target, key);
    if (index >= 0) python(target, "delete_item", index);
    else python(target, "delete_attribute", nameOf(key));
    return true;
  },
  has(target, key) {
    if (typeof key === "symbol") {
      return symbolMemberOf(target, key, target.proxy) !== undefined;
    }
    const member = memberOf(target, key);
    // Of `then` all have the member, so that Python's is none, and few the function.
    if (member !== undefined) return key !== "then" || member(target) !== undefined;
    // A function's own, which has to be told.
    if (key === "prototype" && Object.hasOwn(target, key)) return true;
    const index = indexOf(target, key);
    if (index >= 0) return index < (python(target, "length") as number);
    if (python(target, "has_attribute", nameOf(key)) === true) return true;
    return !isOfFunction(key) && fallback(target, key) !== undefined;
  },
  ownKeys(target) {
    const names = python(target, "attributes") as string[];
    const isSequence = (target.held.traits & PyTrait.sequence) !== 0;
    const count = isSequence ? (python(target, "length") as number) : 0;
    const indices = Array.from({ length: count }, (_, i) => String(i));
    // A function that can be called with `new` has a `prototype` that must be told.
    const own = Reflect.ownKeys(target).filter((key) => key === "prototype");
    return [...new Set([...indices, ...names, ...own])];
  },
  getOwnPropertyDescriptor(target, key) {
    if (key === "prototype") return Reflect.getOwnPropertyDescriptor(target, key);
    if (typeof key === "symbol" || handler.has?.(target, key) !== true) return undefined;
    // Read when it is asked for: a property may take its time, or raise.
    return {
      get: () => handler.get?.(target, key, target.proxy) as unknown,
      set: (value: unknown) => void handler.set?.(target, key, value, target.proxy),
      enumerable: !key.startsWith("__"),
      configurable: true,
    };
  },
  getPrototypeOf(target) {
    return (target.held.traits & PyTrait.callable) !== 0 ? Function.prototype : Object.prototype;
  },
  setPrototypeOf: () => false,
  // Fields of a class in JavaScript that extends one of Python's.
  defineProperty(target, key, descriptor) {
    if (typeof key === "symbol" || !("value" in descriptor)) return false;
    if (descriptor.configurable === false) return false; // Python can always take it away
    return handler.set?.(target, key, descriptor.value, target.proxy) ?? false;
  },
  preventExtensions: () => false,
  apply(target, _this, args: unknown[]) {
    return callForProgram(target.crossing, handleFor(target), args);
  },
  construct(target, args: unknown[], newTarget: object) {
    const made =
      newTarget === target.proxy
        ? target.crossing.call(handleFor(target), args)
        : makeInstance(target, args, newTarget);
    // `new` has to give an object: a class whose instances are values cannot.
    if (typeof made === "object" && made !== null) return made;
    if (typeof made === "function") return made;
    throw new TypeError("this class gives a value, not an object (call it without `new`)");
  },
};
