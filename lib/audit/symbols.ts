// lib/audit/symbols.ts: names of symbols, as the native binary gives them: a line each.
import type { AuditObject } from "./content.js";

export function linesOf(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

const defined = new WeakMap<AuditObject, ReadonlySet<string>>();

/** Names that others may bind to; made at the first use, since most objects are nobody's library. */
export function definedBy(object: AuditObject): ReadonlySet<string> {
  let names = defined.get(object);
  if (names === undefined) {
    names = new Set(linesOf(object.facts.defined));
    defined.set(object, names);
  }
  return names;
}
