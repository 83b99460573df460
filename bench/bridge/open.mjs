// bench/bridge/open.mjs: starts the bridge that a child was told to measure.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What the benchmark told this child. */
export const options = JSON.parse(process.argv[2]);

/** The operations of that side: see sides/. `operations` is the path of the Python part. */
export async function openSide() {
  const operations = join(import.meta.dirname, "operations.py");
  const { open } = await import(`./sides/${options.side}.mjs`);
  return open({ ...options, operations, source: readFileSync(operations, "utf8") });
}

/** The operation `name`, or an error that says who lacks it. */
export function need(side, name) {
  if (!side[name]) throw new Error(`${options.side} has no ${name}`);
  return side[name];
}

/** One JSON line, and the end, whatever still runs. */
export function tell(side, sample) {
  process.stdout.write(`${JSON.stringify(sample)}\n`, () => {
    side.close?.();
    process.exit();
  });
}
