// lib/run-environment.ts: the environment variables of a run.
import type { Binding } from "./binding.js";

/**
 * Sets the variables in the process's real environment: Python, C code, children
 * and, on the main thread, `process.env` then agree. (A worker's `process.env` is a
 * copy of Node's.) Gives the function that puts back what was there.
 */
export function withEnvironment(
  binding: Binding,
  variables: Readonly<Record<string, string | undefined>>,
): () => void {
  const pairs = Object.entries(variables);
  if (pairs.length === 0) return () => undefined;
  const before = binding.changeEnvironment(pairs);
  return () => void binding.changeEnvironment(before);
}
