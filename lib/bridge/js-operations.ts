// lib/bridge/js-operations.ts: what Python does with JavaScript objects.
import { inspect, types } from "node:util";
import { assignMemory, holdMemory } from "./buffers.js";
import type { Crossing } from "./crossing.js";
import { equalKey } from "./equal-keys.js";
import { errorOf, exceptionOf } from "./errors.js";
import { traitsOf } from "./js-objects.js";
import { JsOp, JsTrait, PyTrait } from "./native.js";
import { targetOf } from "./target.js";
import { firstToJs } from "./to-js.js";
import { type ToPyOptions, toPy } from "./to-py.js";
import { isObject } from "./values.js";
import { ByReference, Tuple } from "./wrapped.js";

/** @param object what Python holds a proxy of. */
export type Operation = (
  crossing: Crossing,
  object: object,
  args: unknown[],
  keywords: Record<string, unknown> | undefined,
) => unknown;

type Members = Record<PropertyKey, unknown>;
type Callable = (...args: unknown[]) => unknown;
type Constructor = new (...args: unknown[]) => unknown;

/** By JsOp. */
export const operations: readonly (Operation | undefined)[] = (() => {
  const table: Operation[] = [];
  table[JsOp.call] = (_, object, args, keywords) =>
    (object as Callable)(...withKeywords(args, keywords));
  table[JsOp.method] = (_, object, [self, ...args], keywords) =>
    Reflect.apply(object as Callable, self, withKeywords(args, keywords));
  table[JsOp.new] = (_, object, args, keywords) =>
    new (object as Constructor)(...withKeywords(args, keywords));
  table[JsOp.get] = (crossing, object, [name]) => {
    const value = (object as Members)[name as string];
    if (value !== undefined || (name as string) in object) return value;
    const meant = withoutUnderscore(object, name as string);
    return meant in object ? (object as Members)[meant] : crossing.missing;
  };
  table[JsOp.set] = (_, object, [name, value]) => {
    const meant = withoutUnderscore(object, name as string);
    if (!Reflect.set(object, meant, value)) throw refused("set", name);
  };
  table[JsOp.delete] = (_, object, [name]) => {
    const meant = withoutUnderscore(object, name as string);
    if (!Reflect.deleteProperty(object, meant)) throw refused("deleted", name);
  };
  table[JsOp.other] = (crossing, object, [name, ...args]) => {
    const operation = named[name as keyof typeof named] as NamedOperation | undefined;
    if (operation === undefined) throw new Error(`no operation ${String(name)}`);
    return operation(object, args, crossing);
  };
  return table;
})();

/** What an object may have and be as good as a record of its members. */
const PLAIN_TRAITS =
  JsTrait.iterable | JsTrait.length | JsTrait.get | JsTrait.setItem | JsTrait.has | JsTrait.delete;

const PYTHON_KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

/** `Array.from_` is how Python can write `Array.from`; pyodide has the same. */
function withoutUnderscore(object: object, name: string): string {
  if (!name.endsWith("_")) return name;
  const meant = name.slice(0, -1);
  return PYTHON_KEYWORDS.has(meant) && !(name in object) ? meant : name;
}

// JavaScript's way to have arguments with names: an object, last.
function withKeywords(
  args: unknown[],
  keywords: Record<string, unknown> | undefined,
): readonly unknown[] {
  return keywords === undefined ? args : [...args, keywords];
}

function refused(what: string, name: unknown): TypeError {
  return new TypeError(`${String(name)} cannot be ${what} on this object`);
}

type NamedOperation = (object: object, args: unknown[], crossing: Crossing) => unknown;
type AnyArray = unknown[];
type AnyMap = Map<unknown, unknown>;
type AnyIterator = Iterator<unknown, unknown, unknown>;

/** By the names that python/inmem/ffi.py uses. */
const named = {
  string: (object) => stringOf(object),
  inspect: (object) => inspect(object, { depth: 1, breakLength: Number.POSITIVE_INFINITY }),
  typeof: (object) => typeof object,
  told: (object) => pair(stackOf(object), causeOf(object)),
  names: (object) => new Tuple(allNames(object)),
  keys: (object) => new Tuple(Object.keys(object)),
  values: (object) => new Tuple(Object.values(object)),
  entries: (object) => new Tuple(Object.entries(object).map((entry) => new Tuple(entry))),
  own: (object, [name]) =>
    pair(Object.hasOwn(object, name as string), (object as Members)[name as string]),
  set_own: (object, [name, value]) => {
    // An assignment to `__proto__` would be none to a member.
    const isSet =
      name === "__proto__"
        ? Reflect.defineProperty(object, name, {
            value,
            writable: true,
            enumerable: true,
            configurable: true,
          })
        : Reflect.set(object, name as string, value);
    if (!isSet) throw refused("set", name);
  },
  delete_own: (object, [name]) => {
    if (!Reflect.deleteProperty(object, name as string)) throw refused("deleted", name);
  },
  is_plain: (object) => (traitsOf(object) & ~PLAIN_TRAITS) === 0,
  is_instance: (object, [instance]) => (instance as object) instanceof (object as Constructor),
  length: (object) => {
    const { length, size } = object as { length?: unknown; size?: unknown };
    return typeof length === "number" ? length : size;
  },
  // Of memory: elements, or bytes where there are none.
  count: (object) => {
    const { length, byteLength } = object as { length?: number; byteLength: number };
    return length ?? byteLength;
  },
  iterate: (object) => (object as Iterable<unknown>)[Symbol.iterator](),
  next: (object, args) => stepOf((object as AnyIterator).next(...(args as [unknown?]))),
  throw: (object, [given], crossing) => {
    const iterator = object as AnyIterator;
    const error = thrownInto(crossing, given);
    if (iterator.throw === undefined) throw error;
    return stepOf(iterator.throw(error));
  },
  // Whether it has ended: a generator may yield in its `finally`.
  return: (object) => (object as AnyIterator).return?.()?.done !== false,
  async_step: (object, [name, value], crossing) => asyncStep(object, name, value, crossing),
  dispose: (object) => {
    (object as Disposable)[Symbol.dispose]();
  },
  async_dispose: async (object) => {
    await (object as AsyncDisposable)[Symbol.asyncDispose]();
  },
  item: (object, [index]) => (object as AnyArray)[index as number],
  set_item: (object, [index, value]) => {
    (object as AnyArray)[index as number] = value;
  },
  splice: (object, [start, count, ...items]) => {
    (object as AnyArray).splice(start as number, count as number, ...items);
  },
  remove_every: (object, [start, step, count]) => {
    removeEvery(object as AnyArray, start as number, step as number, count as number);
  },
  reverse: (object) => {
    (object as AnyArray).reverse();
  },
  map_get: (object, [key]) => pair((object as AnyMap).has(key), (object as AnyMap).get(key)),
  map_set: (object, [key, value]) => {
    (object as AnyMap).set(key, value);
  },
  map_has: (object, [key]) => (object as AnyMap).has(key),
  look_up: (object, [key]) => lookUp(object as AnyMap, key),
  map_clear: (object) => {
    (object as AnyMap).clear();
  },
  map_delete: (object, [key]) => (object as AnyMap).delete(key),
  equal_key: (object, [key]) => equalKey(object as AnyMap, key),
  map_keys: (object) => (object as AnyMap).keys(),
  set_add: (object, [value]) => {
    (object as Set<unknown>).add(value);
  },
  memory: (object, _, crossing) => holdMemory(crossing, object),
  assign: (object, [content]) => {
    assignMemory(object, content as Uint8Array);
  },
  to_py: (object, [depth, converter], crossing) =>
    toPy(crossing, object, {
      depth: depth as number,
      defaultConverter: (converter ?? undefined) as ToPyOptions["defaultConverter"],
    }),
  to_js: (_, [list, depth, create, pyproxies, dict, other, eager]) =>
    firstToJs(list as object, {
      depth,
      create_pyproxies: create,
      pyproxies: pyproxies ?? undefined,
      dict_converter: dict ?? undefined,
      default_converter: other ?? undefined,
      eager_converter: eager ?? undefined,
    }),
  proxy_of: (_, [value]) => byReference(value),
  once: (_, [value]) => once(value),
  destroy_all: (proxies) => {
    for (const proxy of proxies as Iterable<{ destroy(): void }>) proxy.destroy();
  },
} satisfies Record<string, NamedOperation>;

function byReference(value: unknown): unknown {
  return isObject(value) ? new ByReference(value) : value;
}

function pair(first: unknown, second: unknown): Tuple {
  return new Tuple([first, second]);
}

// What stays moves once, and a hole stays one.
function removeEvery(array: AnyArray, start: number, step: number, count: number): void {
  const { length } = array;
  let to = start;
  for (let from = start; from < length; from++) {
    const offset = from - start;
    if (offset % step === 0 && offset / step < count) continue;
    if (from in array) array[to] = array[from];
    else Reflect.deleteProperty(array, to);
    to++;
  }
  array.length = to;
}

// An object may be of the one kind or the other: only what it gives tells.
function stepOf(step: unknown): Tuple {
  if (types.isPromise(step)) {
    throw new TypeError("next() gave a Promise: an asynchronous iterator (expected async for)");
  }
  if (!isObject(step)) throw new TypeError(`next() gave ${String(step)}, which is no object`);
  const { done, value } = step as Partial<IteratorResult<unknown, unknown>>;
  return pair(Boolean(done), value);
}

/** A Promise, for Python to await. */
async function asyncStep(
  object: object,
  name: unknown,
  value: unknown,
  crossing: Crossing,
): Promise<Tuple> {
  const iterator = object as AsyncIterator<unknown, unknown, unknown>;
  if (name === "next") return stepOf(await iterator.next(value));
  const error = thrownInto(crossing, value);
  if (iterator.throw === undefined) throw error;
  return stepOf(await iterator.throw(error));
}

/** What a generator is to see thrown: the error of an exception of Python's. */
function thrownInto(crossing: Crossing, given: unknown): unknown {
  const traits = targetOf(given)?.held.traits ?? 0;
  return (traits & PyTrait.exception) !== 0 ? errorOf(crossing, given as object) : given;
}

// Headers has null for what is not there.
function lookUp(object: AnyMap, key: unknown): Tuple {
  const value: unknown = object.get(key);
  const mayLack = value === undefined || value === null;
  if (!mayLack) return pair(true, value);
  const asks = typeof (object as { has?: unknown }).has === "function";
  return pair(asks ? object.has(key) : value === null, value);
}

// Objects without a prototype have no toString.
function stringOf(object: object): string {
  try {
    return String(object);
  } catch {
    return Object.prototype.toString.call(object);
  }
}

// Python's __cause__; an error that stands for an exception is that.
function causeOf(error: object): unknown {
  try {
    const { cause } = error as { cause?: unknown };
    return types.isNativeError(cause) ? (exceptionOf(cause) ?? cause) : null;
  } catch {
    return null;
  }
}

// It may be a getter that throws, of an error that is being told.
function stackOf(error: object): string {
  try {
    const { stack } = error as Partial<Error>;
    return typeof stack === "string" ? stack : "";
  } catch {
    return "";
  }
}

const INDEX = /^(0|[1-9]\d*)$/;

/** As Python can write them; the numbers of items are none. */
function allNames(object: object): string[] {
  const names = new Set<string>();
  // Its own are its elements: as many as there are.
  const isMemory = ArrayBuffer.isView(object);
  for (
    let at = isMemory ? (Object.getPrototypeOf(object) as object | null) : object;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (!INDEX.test(name)) names.add(PYTHON_KEYWORDS.has(name) ? `${name}_` : name);
    }
  }
  return [...names];
}

/** Calls it once, and lets it go then. */
function once(value: unknown): Callable {
  const proxy = value as Callable & { destroy(reason?: string): void };
  return (...args) => {
    try {
      return proxy(...args);
    } finally {
      proxy.destroy("called once");
    }
  };
}
