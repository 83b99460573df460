// lib/list-variable.ts: lists in INMEM_* variables, as native/interpreter/settings.h spells them.

/** Joined by ':', with a backslash before each ':' and '\' of an item. */
export function joinList(items: readonly string[]): string {
  return items.map((item) => item.replace(/[:\\]/g, "\\$&")).join(":");
}
