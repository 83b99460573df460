// lib/run-environment.ts: the environment variables of a run.

/**
 * Sets the variables in `process.env`, which is the process's real environment:
 * Python, C code and children then agree. Gives the function that puts back what
 * was there; variables that were changed meanwhile stay as they are.
 */
export function withEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): () => void {
  const before = new Map<string, string | undefined>();
  for (const [name, value] of Object.entries(variables)) {
    before.set(name, process.env[name]);
    set(name, value);
  }
  return () => {
    for (const [name, value] of before) {
      if (process.env[name] === variables[name]) set(name, value);
    }
  };
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
