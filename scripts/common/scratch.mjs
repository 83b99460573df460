// scripts/common/scratch.mjs: temporary folders of scripts and tests, and what killed ones left of theirs.
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ABANDONED_MS = 24 * 60 * 60 * 1000;
/** Those of mkdtemp that have a name; the addon's own have none, and may be in use for weeks. */
const NAMED = /^inmem-[a-z-]+-\w{6}$/;

let isSwept = false;

/** A folder that is gone after `use`. */
export async function withScratch(name, use) {
  if (!isSwept) removeAbandoned();
  isSwept = true;
  const folder = mkdtempSync(join(tmpdir(), `inmem-${name}-`));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes what nothing was made in for a day: whoever made it was killed. Another process may do so at the same time. */
export function removeAbandoned(parent = tmpdir()) {
  for (const name of readdirSync(parent).filter((entry) => NAMED.test(entry))) {
    const path = join(parent, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    const isOurs = found?.isDirectory() && found.uid === process.getuid();
    if (isOurs && Date.now() - found.mtimeMs > ABANDONED_MS) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}
