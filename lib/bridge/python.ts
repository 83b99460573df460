// lib/bridge/python.ts: what start() gives: Python, for calls from JavaScript.
import type { Crossing } from "./crossing.js";
import type { PyProxy } from "./types.js";

export class Python {
  readonly #crossing: Crossing;

  constructor(crossing: Crossing) {
    this.#crossing = crossing;
  }

  /** Imports a module: the innermost of a dotted name. */
  pyimport<Module = PyProxy>(name: string): Module {
    return this.#crossing.python("import_module", name) as Module;
  }

  /** Runs code; gives the value of the last expression. */
  runPython(code: string): unknown {
    return this.#crossing.python("run", code);
  }

  get globals(): PyProxy {
    return this.#crossing.python("get_globals") as PyProxy;
  }

  /** A Python object of the value's own: arrays, objects, maps and sets are copied. */
  toPy(value: unknown, options?: { depth?: number }): unknown {
    return this.#crossing.toPython(value, options?.depth ?? -1);
  }
}
