// scripts/common/no-python.mjs: a PATH on which no Python of the machine can help.
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Fills `dir` with `python*` and `pip*` that fail, and gives a PATH that it is first on.
 * @param {string} dir
 */
export function pathWithoutPython(dir) {
  const minors = Array.from({ length: 12 }, (_, i) => `python3.${i + 5}`);
  for (const name of ["python", "python2", "python3", ...minors, "pip", "pip3"]) {
    const text = `#!/bin/sh\necho "${name}: a stub that fails" >&2\nexit 1\n`;
    writeFileSync(join(dir, name), text, { mode: 0o755 });
  }
  return [dir, process.env.PATH ?? ""].join(delimiter);
}
