// lib/bridge/proxy-sequence.ts: Array's methods, for Python's sequences.
import { handleFor, python, type Target } from "./target.js";
import { Tuple } from "./wrapped.js";

/** Whether they take a callback, which gets the proxy as the array that it is called for. */
const takesCallback: ReadonlyMap<string, boolean> = new Map(
  Object.entries({
    at: false,
    concat: false,
    entries: false,
    every: true,
    filter: true,
    find: true,
    findIndex: true,
    findLast: true,
    findLastIndex: true,
    flat: false,
    flatMap: true,
    forEach: true,
    includes: false,
    indexOf: false,
    join: false,
    keys: false,
    lastIndexOf: false,
    map: true,
    reduce: true,
    reduceRight: true,
    slice: false,
    some: true,
    toReversed: false,
    toSorted: false,
    toSpliced: false,
    values: false,
    with: false,
  }),
);

/** Those that change: Python does it, to the object itself. Which of the arguments are positions. */
const changes: ReadonlyMap<string, readonly number[]> = new Map(
  Object.entries({
    copyWithin: [0, 1, 2],
    fill: [1, 2],
    push: [],
    shift: [],
    splice: [0, 1],
    unshift: [],
  }),
);

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Callback = (...args: unknown[]) => unknown;

/** Array's method of this name; undefined: it has none that we have. */
export function arrayMethod(target: Target, name: string): Method | undefined {
  return changes.has(name) ? changingMethod(target, name) : readingMethod(target, name);
}

function changingMethod(target: Target, name: string): Method {
  return (...args) => {
    for (const i of changes.get(name) ?? []) {
      if (i < args.length) args[i] = args[i] === undefined ? null : Number(args[i]);
    }
    const result = python(target, "array_change", name, new Tuple(args));
    if (name === "fill" || name === "copyWithin") return target.proxy;
    return name === "shift" ? (result as [unknown?])[0] : result;
  };
}

/** Works on the items as they are when it is called: one crossing, not one an item. */
function readingMethod(target: Target, name: string): Method | undefined {
  const method = takesCallback.has(name)
    ? (Array.prototype as unknown as Record<string, Method | undefined>)[name]
    : undefined; // of a newer Node
  if (method === undefined) return undefined;
  return (...args) => {
    const items = target.crossing.items(handleFor(target));
    const [callback] = args;
    if (takesCallback.get(name) === true && typeof callback === "function") {
      args[0] = function (this: unknown, ...given: unknown[]) {
        given[given.length - 1] = target.proxy;
        return Reflect.apply(callback as Callback, this, given);
      };
    }
    return method.apply(items, args);
  };
}
