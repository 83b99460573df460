// lib/bridge/to-js.ts: toJs(): a Python object's value, in JavaScript's own types.
import { types } from "node:util";
import type { Numbers } from "./tape-reader.js";
import { handleFor, python, type Target, targetOf } from "./target.js";
import type { PyProxy, ToJsConverter, ToJsOptions } from "./types.js";

/** Options as the program gave them, each looked at. */
interface Options extends Omit<ToJsOptions, "depth"> {
  readonly depth: number;
}

export function toJs(target: Target, given: unknown): unknown {
  const options = optionsOf(given);
  const { dict_converter, default_converter, eager_converter } = options;
  if (dict_converter || default_converter || eager_converter) {
    return new Walk(target, options).value(target.proxy, options.depth);
  }
  // Looked at after the tape has been read: that calls Python, or the program.
  const proxies = new Set<object>();
  const value = target.crossing.toJs(handleFor(target), options.depth, false, {
    proxy: (handle, traits) => {
      const proxy = target.crossing.proxy(handle, traits);
      proxies.add(proxy);
      return proxy;
    },
    object: (number) => target.crossing.object(number),
  } satisfies Numbers);
  for (const proxy of proxies) left(proxy, options);
  return value;
}

/** The copy of what stands first in a list: Python gives it so, since much is converted on its way. */
export function firstToJs(list: object, given: unknown): unknown {
  const target = targetOf(list) as Target;
  const options = optionsOf(given);
  const { crossing } = target;
  const { depth, dict_converter, default_converter, eager_converter } = options;
  if (dict_converter ?? default_converter ?? eager_converter) {
    const [value] = crossing.toJs(handleFor(target), 1, true, crossing) as unknown[];
    return new Walk(target, options).value(value, depth);
  }
  return (toJs(target, { ...options, depth: depth < 0 ? depth : depth + 1 }) as unknown[])[0];
}

function optionsOf(given: unknown): Options {
  if (given !== undefined && (typeof given !== "object" || given === null)) {
    throw new TypeError(`toJs() takes an object of options, not ${String(given)}`);
  }
  const options = { depth: -1, ...given } as Options;
  if (!Number.isInteger(options.depth) || options.depth < -1) {
    throw new RangeError(`depth is a number of levels, or -1 for all, not ${options.depth}`);
  }
  for (const name of ["dict_converter", "default_converter", "eager_converter"] as const) {
    const converter: unknown = options[name];
    if (converter !== undefined && typeof converter !== "function") {
      throw new TypeError(`${name} is a function, not ${String(converter)}`);
    }
  }
  return { ...options, depth: Math.min(options.depth, 2 ** 30) };
}

/** For JSON.stringify(): objects and arrays; what has no conversion is an error. */
export function toJson(target: Target): unknown {
  const options = { depth: -1, create_pyproxies: false, dict_converter: objectOf };
  const value = new Walk(target, options, true).value(target.proxy, -1);
  return types.isDate(value) ? value.toJSON() : value; // nobody asks that one again
}

/** @throws where two keys would be one: `{1: ..., "1": ...}`. */
function objectOf(entries: Iterable<[key: unknown, value: unknown]>): Record<string, unknown> {
  const list = [...entries];
  const object = Object.fromEntries(list) as Record<string, unknown>;
  if (Object.keys(object).length === list.length) return object;
  throw new RangeError("two keys of a dict would be the same in an object: one would be lost");
}

/** What has no conversion stays a proxy, where the caller allows that. */
function left(proxy: object, options: Options): object {
  if (options.create_pyproxies === false) {
    const target = targetOf(proxy) as Target;
    throw new TypeError(
      `an object of type ${String(python(target, "type_name"))} has no conversion, and create_pyproxies is false`,
    );
  }
  const list = options.pyproxies;
  if (list !== undefined && !list.includes(proxy as PyProxy)) list.push(proxy as PyProxy);
  return proxy;
}

/** Stands for a dict until its converter has been called. */
const unfinished = Symbol("unfinished");

/** Container by container, since functions of the program decide. */
class Walk {
  readonly #crossing: Target["crossing"];
  readonly #options: Options;
  readonly #known = new Map<unknown, unknown>();
  readonly #eager = new Set<unknown>();
  readonly #forJson: boolean;

  /** @param forJson a Set would be `{}` there: it becomes an array. */
  constructor(target: Target, options: Options, forJson = false) {
    this.#crossing = target.crossing;
    this.#options = options;
    this.#forJson = forJson;
  }

  value(value: unknown, depth: number): unknown {
    const target = targetOf(value);
    if (target === undefined) return value;
    if (this.#known.has(value)) return this.#again(value);
    const { eager_converter, default_converter } = this.#options;
    // Asked by its own converter for the same object, it goes on as if there were none.
    if (eager_converter !== undefined && !this.#eager.has(value)) {
      this.#eager.add(value);
      return this.#ask(eager_converter, value as PyProxy, depth);
    }
    if (depth === 0) return this.#left(target.proxy);
    const one = this.#crossing.toJs(handleFor(target), 1, true, this.#crossing);
    if (Array.isArray(one)) return this.#array(value, one, depth - 1);
    if (one instanceof Map) return this.#dict(value, [...one] as [unknown, unknown][], depth - 1);
    if (one instanceof Set) {
      return this.#forJson
        ? this.#array(value, [...one], depth - 1)
        : this.#set(value, one, depth - 1);
    }
    if (targetOf(one) === undefined) return one;
    if (default_converter === undefined) return this.#left(target.proxy);
    return this.#ask(default_converter, value as PyProxy, depth);
  }

  #left(proxy: object): object {
    if (!this.#forJson) return left(proxy, this.#options);
    const type = String(python(targetOf(proxy) as Target, "type_name"));
    throw new TypeError(`an object of type ${type} has no conversion to JSON`);
  }

  #again(value: unknown): unknown {
    const result = this.#known.get(value);
    if (result === unfinished) {
      throw new RangeError("a dict that holds itself cannot be given to dict_converter");
    }
    return result;
  }

  #ask(converter: ToJsConverter, value: PyProxy, depth: number): unknown {
    const result = converter(
      value,
      (inner) => this.value(inner, depth),
      (of, made) => void this.#known.set(of, made),
    );
    if (!this.#known.has(value)) this.#known.set(value, result);
    return result;
  }

  #array(of: unknown, items: unknown[], depth: number): unknown[] {
    this.#known.set(of, items);
    for (let i = 0; i < items.length; i++) items[i] = this.value(items[i], depth);
    return items;
  }

  #dict(of: unknown, entries: [unknown, unknown][], depth: number): unknown {
    const { dict_converter } = this.#options;
    const map = new Map<unknown, unknown>();
    this.#known.set(of, dict_converter === undefined ? map : unfinished);
    for (const entry of entries) {
      entry[0] = this.value(entry[0], depth);
      entry[1] = this.value(entry[1], depth);
      if (dict_converter === undefined) map.set(entry[0], entry[1]);
    }
    if (dict_converter === undefined) return map;
    // It keeps the last of two keys that are one to an object.
    const isCommon = (dict_converter as unknown) === Object.fromEntries;
    const result = isCommon ? objectOf(entries) : dict_converter(entries);
    this.#known.set(of, result);
    return result;
  }

  #set(of: unknown, items: Set<unknown>, depth: number): Set<unknown> {
    const set = new Set<unknown>();
    this.#known.set(of, set);
    for (const item of items) set.add(this.value(item, depth));
    return set;
  }
}
