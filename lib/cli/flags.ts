// lib/cli/flags.ts: how values of options are taken.
import { InvalidArgumentError } from "commander";

/** For an option that may be given more than once. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

/** For an option whose value is a number of seconds. */
export function parseSeconds(value: string): number {
  const seconds = Number(value);
  if (value.trim() !== "" && seconds >= 0) return seconds;
  throw new InvalidArgumentError("expected a number of seconds, 0 or more");
}
