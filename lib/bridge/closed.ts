// lib/bridge/closed.ts: interpreters of their own that have ended, and what is of another.
import { InmemError } from "../errors.js";
import { forget } from "./at-exit.js";
import type { Crossing } from "./crossing.js";
import { Closing, type NativeBridge } from "./native.js";

function closedError(): InmemError {
  return new InmemError(
    "ERR_INMEM_INTERPRETER_CLOSED",
    "this Python has been closed (expected it open: close() comes last; start() makes another one)",
  );
}

export function otherInterpreter(): InmemError {
  return new InmemError(
    "ERR_INMEM_OTHER_INTERPRETER",
    "a Python object of one interpreter was given to another (expected a value, or an object of that one: toJs() copies)",
  );
}

function noThread(): InmemError {
  return new InmemError(
    "ERR_INMEM_INTERPRETER",
    "this Python cannot be closed now: the system gives no thread to end it on, for want of memory or by a limit (expected one; it stays open, close() may be called again)",
  );
}

/** Ends an interpreter of its own; whatever waits for it fails. Once, or until it resolves. */
export function closeCrossing(crossing: Crossing): Promise<void> {
  const { native, outputs, async } = crossing;
  return new Promise((resolve, reject) => {
    const close = (): void => {
      const closing = native.close(resolve);
      // In a callback of Python's: when that has ended.
      if (closing === Closing.inPython) setImmediate(close);
      if (closing === Closing.noThread) reject(noThread());
      if (closing !== Closing.begun) return;
      forget(crossing);
      closeNative(native);
      for (const output of outputs.values()) output.flush();
      async.failAll(closedError());
    };
    close();
  });
}

/** What lets go has nothing to let go of any more; all else fails. */
function closeNative(native: NativeBridge): void {
  const quiet: Partial<NativeBridge> = {
    release: () => undefined,
    drain: () => undefined,
    refuse: () => undefined,
    takeReleased: () => new Uint32Array(0),
  };
  const refuse = (): never => {
    throw closedError();
  };
  const closed = Object.keys(native).map((name) => [name, refuse]);
  Object.assign(native, Object.fromEntries(closed), quiet);
}
