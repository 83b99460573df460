// lib/bridge/js-operations.ts: what Python does with JavaScript objects.
import type { Crossing } from "./crossing.js";
import { JsOp } from "./native.js";

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
  table[JsOp.new] = (_, object, args, keywords) =>
    new (object as Constructor)(...withKeywords(args, keywords));
  table[JsOp.get] = (_, object, [name]) => memberOf(object, name as string);
  table[JsOp.set] = (_, object, [name, value]) => {
    (object as Members)[name as string] = value;
  };
  table[JsOp.delete] = (_, object, [name]) => {
    delete (object as Members)[name as string];
  };
  return table;
})();

// JavaScript's way to have arguments with names: an object, last.
function withKeywords(
  args: unknown[],
  keywords: Record<string, unknown> | undefined,
): readonly unknown[] {
  return keywords === undefined ? args : [...args, keywords];
}

function memberOf(object: object, name: string): unknown {
  const value = (object as Members)[name];
  if (value === undefined && !(name in object)) {
    throw new ReferenceError(`no attribute ${name}`);
  }
  return value;
}
