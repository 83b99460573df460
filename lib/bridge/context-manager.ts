// lib/bridge/context-manager.ts: `with` for JavaScript.
import { types } from "node:util";
import type { Crossing } from "./crossing.js";
import { toRaise } from "./errors.js";
import { targetOf } from "./target.js";

/** @throws what `use` throws, unless the manager's __exit__ says that it is dealt with. */
export function withManager(
  crossing: Crossing,
  manager: unknown,
  use: (value: unknown) => unknown,
): unknown {
  if (targetOf(manager) === undefined) {
    throw new TypeError("with() takes a Python object that is a context manager");
  }
  if (typeof use !== "function") throw new TypeError("with() takes a function to call");
  const [value, exit] = crossing.python("enter", manager) as [unknown, unknown];
  const leave = (error: unknown): undefined => {
    if (crossing.python("leave", manager, exit, toRaise(error)) !== true) throw error;
    return undefined;
  };
  const leaveWell = (result: unknown): unknown => {
    crossing.python("leave_well", manager, exit);
    return result;
  };
  let result: unknown;
  try {
    result = use(value);
  } catch (error) {
    return leave(error);
  }
  return types.isPromise(result) ? result.then(leaveWell, leave) : leaveWell(result);
}
