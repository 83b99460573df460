// lib/bridge/values.ts: which values are objects to the bridge.

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Crosses as a value. A Symbol does not, and is no object either. */
export function isScalar(value: unknown): boolean {
  switch (typeof value) {
    case "object":
      return value === null;
    case "function":
    case "symbol":
      return false;
    default:
      return true;
  }
}

/** What was thrown, as an object that Python can hold: JavaScript throws anything. */
export function thrownObject(thrown: unknown): object {
  return isObject(thrown) ? thrown : new Error(String(thrown), { cause: thrown });
}
