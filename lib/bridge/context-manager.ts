// lib/bridge/context-manager.ts: `with` for JavaScript.
import { types } from "node:util";
import type { Crossing } from "./crossing.js";
import { toRaise } from "./errors.js";
import { asItIs, targetOf } from "./target.js";

/** One task of asyncio enters, waits for `use`, and leaves. Rejects as withManager() throws. */
export async function withAsyncManager(
  crossing: Crossing,
  manager: unknown,
  use: (value: unknown) => unknown,
): Promise<unknown> {
  if (targetOf(manager) === undefined) {
    throw new TypeError(
      "withAsync() takes a Python object that is an asynchronous context manager",
    );
  }
  if (typeof use !== "function") throw new TypeError("withAsync() takes a function to call");
  // Neither crosses: they are given back as they are.
  let result: unknown;
  let thrown: unknown;
  const body = async (value: unknown, isMore: boolean): Promise<unknown> => {
    if (isMore) asItIs(value);
    try {
      result = await use(value);
      return undefined;
    } catch (error) {
      thrown = error;
      return [toRaise(error)];
    }
  };
  const run = crossing.functionNamed("with_async");
  const end = await crossing.async.call(run, [manager, body]);
  if (end === "thrown") throw thrown;
  return end === "done" ? result : undefined;
}

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
