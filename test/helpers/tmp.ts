// test/helpers/tmp.ts: temporary folders that are gone after the test file.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

afterAll(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A new empty folder, removed after the tests of this file. */
export function tmpDir(name = "test"): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), `inmem-${name}-`)));
  made.push(dir);
  return dir;
}

/** A file with this content in a new folder; gives its path. */
export function tmpFile(name: string, content: string | Uint8Array): string {
  const path = join(tmpDir(), name);
  writeFileSync(path, content);
  return path;
}
