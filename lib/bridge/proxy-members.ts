// lib/bridge/proxy-members.ts: what a proxy has besides the attributes of its Python object.
import { inspect } from "node:util";
import { catchOf, finallyOf, thenOf } from "./awaitable-members.js";
import { PyTrait } from "./native.js";
import { handleFor, makeProxy, type Target } from "./proxy.js";

/** Gives the member's value. */
type Member = (target: Target) => unknown;

/** The member of this name; undefined: Python's attribute is asked. */
export function memberOf(target: Target, key: string): Member | undefined {
  const entry = members.get(key);
  if (entry === undefined) return undefined;
  return entry.needs === 0 || (target.held.traits & entry.needs) !== 0 ? entry.member : undefined;
}

export function symbolMemberOf(target: Target, key: symbol): unknown {
  const entry = symbols.get(key);
  if (entry === undefined) return undefined;
  const has = entry.needs === 0 || (target.held.traits & entry.needs) !== 0;
  return has ? entry.member(target) : undefined;
}

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

function python(target: Target, name: string, ...args: unknown[]): unknown {
  handleFor(target);
  return target.crossing.python(name, target.proxy, ...args);
}

const members = new Map<string, Entry>(
  Object.entries({
    destroy: method(({ crossing, held }, reason) => {
      crossing.held.letGo(held, reason === undefined ? "by destroy()" : String(reason));
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
    toJs: method((target, options) => {
      const depth = (options as { depth?: number } | undefined)?.depth ?? -1;
      return target.crossing.toJs(handleFor(target), depth);
    }),
    length: { needs: PyTrait.length, member: (target) => python(target, "length") },
    get: method((target, key) => python(target, "get_item", key), PyTrait.subscript),
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
      const keywords = args.pop();
      return target.crossing.callWith(handleFor(target), args, keywords as Record<string, unknown>);
    }, PyTrait.callable),
    next: method((target) => {
      const step = python(target, "next_item") as [done: boolean, value: unknown];
      return { done: step[0], value: step[1] };
    }, PyTrait.iterator),
  } satisfies Record<string, Entry>),
);

members.set(
  "callAsync",
  method(
    (target, ...args) =>
      target.crossing.async.call(handleFor(target), args, undefined, target.proxy),
    PyTrait.callable,
  ),
);
members.set("catch", { needs: PyTrait.awaitable, member: catchOf });
members.set("finally", { needs: PyTrait.awaitable, member: finallyOf });
// What has a `then` is taken for a Promise: Python's own is `$then`.
members.set("then", { needs: 0, member: thenOf });

const symbols = new Map<symbol, Entry>([
  [Symbol.iterator, method((target) => python(target, "iterate"), PyTrait.iterable)],
  [Symbol.toPrimitive, method((target, hint) => python(target, "primitive", hint))],
  [
    inspect.custom,
    method((target) => {
      if (target.held.handle < 0) return `PyProxy (destroyed: ${target.held.gone})`;
      return `PyProxy(${String(python(target, "type_name"))}) ${String(python(target, "representation"))}`;
    }),
  ],
]);
if (Symbol.dispose) {
  symbols.set(
    Symbol.dispose,
    method(({ crossing, held }) => crossing.held.letGo(held, "by using")),
  );
}
