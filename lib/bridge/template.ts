// lib/bridge/template.ts: Python code with JavaScript's values in it.
import type { Crossing } from "./crossing.js";

/** Compiles each template once: by its strings, which are the same at each evaluation. */
export class Template {
  readonly #crossing: Crossing;
  readonly #compiled = new WeakMap<TemplateStringsArray, object>();

  constructor(crossing: Crossing) {
    this.#crossing = crossing;
  }

  run(strings: TemplateStringsArray, values: readonly unknown[]): unknown {
    let code = this.#compiled.get(strings);
    if (code === undefined) {
      if (!Array.isArray(strings) || strings.length !== values.length + 1) {
        throw new TypeError("py is the tag of a template, not a function to be called");
      }
      // As written: the backslashes are Python's.
      code = this.#crossing.python("compile_template", ...strings.raw) as object;
      this.#compiled.set(strings, code);
    }
    return (code as (...values: readonly unknown[]) => unknown)(...values);
  }
}
