// lib/bridge/proxy-sequence.ts: Array's methods that read, for Python's sequences.
import { handleFor, type Target } from "./target.js";

const names = [
  "at",
  "concat",
  "entries",
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "flat",
  "flatMap",
  "forEach",
  "includes",
  "indexOf",
  "join",
  "keys",
  "lastIndexOf",
  "map",
  "reduce",
  "reduceRight",
  "slice",
  "some",
  "toReversed",
  "toSorted",
  "toSpliced",
  "values",
  "with",
] as const;
const methods = new Set<string>(names);

/** Callbacks get the proxy as the array that they are called for. */
const withCallback = new Set<string>([
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "flatMap",
  "forEach",
  "map",
  "reduce",
  "reduceRight",
  "some",
]);

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Callback = (...args: unknown[]) => unknown;

/** Works on the items as they are when it is called: one crossing, not one an item. */
export function arrayMethod(target: Target, name: string): Method | undefined {
  const method = methods.has(name)
    ? (Array.prototype as unknown as Record<string, Method | undefined>)[name]
    : undefined; // of a newer Node
  if (method === undefined) return undefined;
  return (...args) => {
    const items = target.crossing.items(handleFor(target));
    const [callback] = args;
    if (withCallback.has(name) && typeof callback === "function") {
      args[0] = function (this: unknown, ...given: unknown[]) {
        given[given.length - 1] = target.proxy;
        return Reflect.apply(callback as Callback, this, given);
      };
    }
    return method.apply(items, args);
  };
}
