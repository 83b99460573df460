// lib/bridge/proxy-sequence.ts: Array's methods that read, for Python's sequences.
import { handleFor, type Target } from "./target.js";

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

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Callback = (...args: unknown[]) => unknown;

/** Works on the items as they are when it is called: one crossing, not one an item. */
export function arrayMethod(target: Target, name: string): Method | undefined {
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
