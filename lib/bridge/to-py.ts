// lib/bridge/to-py.ts: toPy(): a JavaScript value, in Python's own types.
import { types } from "node:util";
import { wrongType } from "../options.js";
import type { Crossing } from "./crossing.js";
import { isBytes, isTuple, tuple } from "./exact.js";
import { isPlain, lengthOf } from "./tape-writer.js";
import { targetOf } from "./target.js";
import { isObject } from "./values.js";
import { Bytes, FrozenSet, Tuple } from "./wrapped.js";

/** Asked by toPy() for each object that has no conversion. */
export type ToPyConverter = (
  value: unknown,
  convert: (value: unknown) => unknown,
  remember: (value: unknown, result: unknown) => void,
) => unknown;

/** How `toPy()` converts. The names are pyodide's. */
export interface ToPyOptions {
  /** How many levels of containers are converted. Default: all. */
  readonly depth?: number | undefined;
  /** Asked for each object that has no conversion; what it gives crosses as an argument does. */
  readonly defaultConverter?: ToPyConverter | undefined;
}

export function toPy(crossing: Crossing, value: unknown, options: ToPyOptions = {}): unknown {
  if (typeof options !== "object" || options === null) {
    throw wrongType("options", "an object", options);
  }
  const { depth = -1, defaultConverter } = options;
  if (!Number.isInteger(depth) || depth < -1) {
    throw new RangeError(`depth is a number of levels, or -1 for all, not ${depth}`);
  }
  if (defaultConverter !== undefined && typeof defaultConverter !== "function") {
    throw new TypeError(`defaultConverter is a function, not ${String(defaultConverter)}`);
  }
  if (typeof value === "symbol") {
    throw new TypeError(`a Symbol cannot become a Python object: ${String(value)}`);
  }
  if (!isObject(value) || targetOf(value) !== undefined) return value;
  // A tuple of Python's would be an Array here: it stays one that crosses as a tuple.
  if (defaultConverter !== undefined || isTuple(value)) {
    return new Walk(crossing, defaultConverter ?? itself).value(value, depth);
  }
  return isBytes(value) ? value : crossing.toPython(value, depth);
}

const itself: ToPyConverter = (value) => value;

/**
 * Container by container, since a function of the program decides: each is there, empty, before what
 * is in it, so that cycles and shared references find it.
 */
class Walk {
  readonly #crossing: Crossing;
  readonly #converter: ToPyConverter;
  readonly #known = new Map<unknown, unknown>();
  readonly #keys = new Set<object>();

  constructor(crossing: Crossing, converter: ToPyConverter) {
    this.#crossing = crossing;
    this.#converter = converter;
  }

  value(value: unknown, depth: number): unknown {
    if (!isObject(value) || targetOf(value) !== undefined) return value;
    if (this.#known.has(value)) return this.#known.get(value);
    if (depth === 0 || isBytes(value)) return value;
    if (isTuple(value)) return this.#keep(value, this.#tuple(value, depth - 1));
    if (Array.isArray(value)) return this.#list(value, depth - 1);
    if (types.isMap(value)) return this.#dict(value, [...value], depth - 1);
    if (types.isSet(value)) return this.#set(value, depth - 1);
    const isMoment = types.isDate(value) && !Number.isNaN(value.getTime());
    if (isMoment || ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
      return this.#keep(value, this.#crossing.toPython(value, depth));
    }
    if (isPlain(value)) return this.#dict(value, Object.entries(value), depth - 1);
    return this.#ask(value, depth);
  }

  #keep<Made>(of: object, made: Made): Made {
    this.#known.set(of, made);
    return made;
  }

  #ask(object: object, depth: number): unknown {
    const result = this.#converter(
      object,
      (inner) => this.value(inner, depth),
      (of, made) => void this.#known.set(of, made),
    );
    if (!this.#known.has(object)) this.#known.set(object, result);
    return this.#known.get(object);
  }

  #list(array: readonly unknown[], depth: number): unknown {
    const made = this.#keep(array, this.#crossing.toPython([], 1));
    const items: unknown[] = [];
    for (let i = 0, count = lengthOf(array); i < count; i++) {
      items.push(this.value(array[i], depth)); // holes are undefined
    }
    this.#crossing.python("fill_list", made, new Tuple(items));
    return made;
  }

  #tuple(items: readonly unknown[], depth: number): readonly unknown[] {
    return tuple(items.map((item) => this.value(item, depth)));
  }

  #dict(of: object, entries: readonly (readonly [unknown, unknown])[], depth: number): unknown {
    const made = this.#keep(of, this.#crossing.toPython({}, 1));
    const keys = entries.map(([key]) => this.#key(key, depth));
    const values = entries.map(([, value]) => this.value(value, depth));
    this.#crossing.python("fill_dict", made, new Tuple(keys), new Tuple(values));
    return made;
  }

  #set(set: ReadonlySet<unknown>, depth: number): unknown {
    const made = this.#keep(set, this.#crossing.toPython(new Set(), 1));
    const items = [...set].map((item) => this.#key(item, depth));
    this.#crossing.python("fill_set", made, new Tuple(items));
    return made;
  }

  /** It must not change: arrays become tuples there, sets frozen ones. */
  #key(key: unknown, depth: number): unknown {
    if (depth !== 0 && types.isUint8Array(key)) return new Bytes(key);
    const isArray = Array.isArray(key);
    if (depth === 0 || !(isArray || types.isSet(key))) return this.value(key, depth);
    if (this.#keys.has(key)) throw new RangeError("a key of a Map or item of a Set holds itself");
    this.#keys.add(key);
    const items = new Tuple([...key].map((item) => this.#key(item, depth - 1)));
    this.#keys.delete(key);
    return isArray ? items : new FrozenSet(items);
  }
}
