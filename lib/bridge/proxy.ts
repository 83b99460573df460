// lib/bridge/proxy.ts: what a Python object looks like in JavaScript.
import type { Crossing } from "./crossing.js";
import { destroyedError, type Held } from "./held.js";
import { PyTrait } from "./native.js";
import { memberOf, symbolMemberOf } from "./proxy-members.js";

/** What a Proxy of ours stands on; the function's own members are never seen. */
export interface Target {
  crossing: Crossing;
  held: Held;
  proxy: object;
}

export function makeProxy(crossing: Crossing, held: Held): object {
  const isClass = (held.traits & PyTrait.class) !== 0;
  const isCallable = (held.traits & PyTrait.callable) !== 0;
  const target = (isClass ? newFunction() : isCallable ? newArrow() : {}) as Target;
  target.crossing = crossing;
  target.held = held;
  target.proxy = new Proxy(target, handler);
  return target.proxy;
}

/** Can be called with `new`. */
function newFunction(): object {
  return function PyProxy(): void {};
}

function newArrow(): object {
  return (): void => {};
}

/** @throws for a proxy that was destroyed. */
export function handleFor(target: Target): number {
  const { handle } = target.held;
  if (handle < 0) throw destroyedError(target.held);
  return handle;
}

/** A Python attribute's name: `$` reaches those that a member of ours hides. */
function nameOf(key: string): string {
  return key.startsWith("$") ? key.slice(1) : key;
}

const handler: ProxyHandler<Target> = {
  get(target, key) {
    if (typeof key === "symbol") return symbolMemberOf(target, key);
    const member = memberOf(target, key);
    if (member !== undefined) return member(target);
    return target.crossing.getAttribute(handleFor(target), nameOf(key));
  },
  set(target, key, value) {
    if (typeof key === "symbol") return false;
    handleFor(target);
    target.crossing.python("set_attribute", target.proxy, nameOf(key), value);
    return true;
  },
  deleteProperty(target, key) {
    if (typeof key === "symbol") return false;
    handleFor(target);
    target.crossing.python("delete_attribute", target.proxy, nameOf(key));
    return true;
  },
  has(target, key) {
    if (typeof key === "symbol") return symbolMemberOf(target, key) !== undefined;
    if (memberOf(target, key) !== undefined) return true;
    handleFor(target);
    return target.crossing.python("has_attribute", target.proxy, nameOf(key)) === true;
  },
  ownKeys(target) {
    handleFor(target);
    const names = target.crossing.python("attributes", target.proxy) as string[];
    // A function that can be called with `new` has a `prototype` that must be told.
    return [
      ...new Set([...names, ...Reflect.ownKeys(target).filter((key) => key === "prototype")]),
    ];
  },
  getOwnPropertyDescriptor(target, key) {
    if (key === "prototype") return Reflect.getOwnPropertyDescriptor(target, key);
    if (typeof key === "symbol" || handler.has?.(target, key) !== true) return undefined;
    const value: unknown = handler.get?.(target, key, target.proxy);
    return { value, writable: true, enumerable: true, configurable: true };
  },
  getPrototypeOf(target) {
    return (target.held.traits & PyTrait.callable) !== 0 ? Function.prototype : Object.prototype;
  },
  setPrototypeOf: () => false,
  defineProperty: () => false,
  preventExtensions: () => false,
  apply(target, _this, args: unknown[]) {
    return target.crossing.call(handleFor(target), args);
  },
  construct(target, args: unknown[]) {
    const made = target.crossing.call(handleFor(target), args);
    // `new` has to give an object: a class whose instances are values cannot.
    if (typeof made === "object" && made !== null) return made;
    throw new TypeError("this class gives a value, not an object (call it without `new`)");
  },
};
