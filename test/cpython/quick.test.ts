// test/cpython/quick.test.ts: a few of CPython's own tests end from memory as they do on disk.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ensureTestsBundle } from "../../scripts/cpython-tests/bundle.mjs";
import { differences, readRows, rowFor } from "../../scripts/cpython-tests/compare.mjs";
import { runFile } from "../../scripts/cpython-tests/sides.mjs";
import { builtPython } from "../../scripts/wheels/prepare.mjs";

const files = ["test_json", "test_linecache", "test_glob", "test_pkgutil"];
const pythonDir = builtPython();
const settings = {
  python: join(pythonDir, "disk", "bin", "python3"),
  bundle: await ensureTestsBundle(pythonDir),
  timeoutSeconds: 120,
  rows: readRows(),
};

describe.each(files)("%s", (file) => {
  const disk = runFile("disk", file, settings);

  test.each(["launcher", "node"] as const)("%s", { timeout: 240_000 }, async (side) => {
    const expected = await disk;
    expect(Object.keys(expected.tests).length).toBeGreaterThan(5);
    const found = differences(file, expected, await runFile(side, file, settings));
    expect(found.filter((difference) => !rowFor(settings.rows, side, difference.test))).toEqual([]);
  });
});
