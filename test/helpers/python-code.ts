// test/helpers/python-code.ts: pieces of Python over values of JavaScript's, by start().
import { api } from "./python.js";

type Call = (...args: unknown[]) => unknown;

const py = await api.start();

/** Calls a Python function of one expression over `x`, `y`. */
export function of(expression: string, ...values: unknown[]): unknown {
  const names = ["x", "y", "z"].slice(0, values.length).join(", ");
  return (py.runPython(`lambda ${names}: (${expression})`) as Call)(...values);
}

/** Runs statements with `x`, and gives their `result`. */
export function ran(statements: string, x: unknown): unknown {
  const indented = statements.replaceAll("\n", "\n    ");
  const run = py.runPython(`def statements(x):\n    ${indented}\nstatements`) as Call;
  return run(x);
}
