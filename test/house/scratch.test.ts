// test/house/scratch.test.ts: temporary folders that killed runs left behind go, and no others.
import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { removeAbandoned, withScratch } from "../../scripts/common/scratch.mjs";
import { tmpDir } from "../helpers/tmp.js";

it("removes those of more than a day ago", () => {
  const parent = tmpDir();
  const dayAgo = Date.now() / 1000 - 25 * 60 * 60;
  const make = (name: string, isOld: boolean) => {
    const path = join(parent, name);
    mkdirSync(join(path, "in"), { recursive: true });
    if (isOld) utimesSync(path, dayAgo, dayAgo);
  };
  make("inmem-fence-aB3xYz", true);
  make("inmem-no-python-aB3xYz", true);
  make("inmem-fence-000000", false);
  make("inmem-aB3xYz", true); // the addon's
  make("other-fence-aB3xYz", true);
  symlinkSync(join(parent, "other-fence-aB3xYz"), join(parent, "inmem-link-aB3xYz"));
  removeAbandoned(parent);
  expect(readdirSync(parent).sort()).toEqual([
    "inmem-aB3xYz",
    "inmem-fence-000000",
    "inmem-link-aB3xYz",
    "other-fence-aB3xYz",
  ]);
});

it("removes its own at once, also after a failure", async () => {
  let made = "";
  const work = withScratch("test", async (folder: string) => {
    made = folder;
    throw new Error("no");
  });
  await expect(work).rejects.toThrow("no");
  expect(basename(made)).toMatch(/^inmem-test-/);
  expect(existsSync(made)).toBe(false);
});
