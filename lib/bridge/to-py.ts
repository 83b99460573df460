// lib/bridge/to-py.ts: toPy(): a JavaScript value, in Python's own types.
import { wrongType } from "../options.js";
import type { Crossing } from "./crossing.js";
import type { ToPyConversion, ToPyConverter } from "./tape-writer.js";
import { targetOf } from "./target.js";
import { isObject } from "./values.js";

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
  if (defaultConverter === undefined) return crossing.toPython(value, depth);
  const conversion: ToPyConversion = {
    converter: defaultConverter,
    convert: (inner) => toPyWith(crossing, inner, depth, conversion),
    known: new Map(),
  };
  return toPyWith(crossing, value, depth, conversion);
}

function toPyWith(
  crossing: Crossing,
  value: unknown,
  depth: number,
  conversion: ToPyConversion,
): unknown {
  return isObject(value) ? crossing.toPython(value, depth, conversion) : value;
}
