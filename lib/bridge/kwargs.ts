// lib/bridge/kwargs.ts: keyword arguments in a plain call.
import type { PyKwargs } from "./call-types.js";

/** What kwargs() gives: nothing else is taken for keyword arguments. */
export class Kwargs {
  constructor(readonly values: Readonly<Record<string, unknown>>) {
    Object.freeze(this);
  }
}

/**
 * Keyword arguments, as the last argument of a call: `f(1, kwargs({ key: 2 }))`.
 *
 * @throws TypeError where `values` is no object of names and values.
 */
export function kwargs<Keywords extends object>(values: Keywords): PyKwargs<Keywords> {
  return new Kwargs(namesOf(values)) as unknown as PyKwargs<Keywords>;
}

/** What keyword arguments may be given as: an object literal, or one like it. */
export function namesOf(values: unknown): Readonly<Record<string, unknown>> {
  if (values instanceof Kwargs) return values.values;
  const isObject = typeof values === "object" && values !== null;
  if (!isObject || Array.isArray(values) || Symbol.iterator in values) {
    throw new TypeError(
      `keyword arguments are an object of names and values, not ${isObject ? "an iterable" : String(values)}`,
    );
  }
  return values as Readonly<Record<string, unknown>>;
}
