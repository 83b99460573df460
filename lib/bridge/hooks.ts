// lib/bridge/hooks.ts: warnings and exceptions that nobody can catch.
import { wrongType } from "../options.js";
import type { Crossing } from "./crossing.js";
import { errorOf } from "./errors.js";

export type UnraisableHook = (error: Error, doing: string) => void;

export interface PythonWarning {
  /** The class's name: `"DeprecationWarning"`. */
  readonly category: string;
  readonly message: string;
  readonly filename: string;
  readonly line: number;
}

export type WarningHook = (warning: PythonWarning) => void;

export function setUnraisableHook(crossing: Crossing, hook: UnraisableHook | null): void {
  check(hook);
  const told =
    hook === null
      ? null
      : (exception: object, doing: string) => hook(errorOf(crossing, exception), doing);
  crossing.python("call_in", "inmem._hooks", "set_unraisable", told);
}

export function setWarningHook(crossing: Crossing, hook: WarningHook | null): void {
  check(hook);
  const told =
    hook === null
      ? null
      : (category: string, message: string, filename: string, line: number) =>
          hook({ category, message, filename, line });
  crossing.python("call_in", "inmem._hooks", "set_warning", told);
}

function check(hook: unknown): void {
  if (hook !== null && typeof hook !== "function") {
    throw wrongType("hook", "a function or null", hook);
  }
}
