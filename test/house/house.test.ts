// test/house/house.test.ts: what the house promises of itself: versions pinned, no addresses, generated files fresh.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generateErrors, readErrorTable } from "../../scripts/generate-errors.mjs";
import { packageRoot } from "../helpers/spawn-node.js";

const read = (name: string) => readFileSync(join(packageRoot, name), "utf8");

describe("package.json", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json"));

  it.each(Object.entries<string>({ ...dependencies, ...devDependencies }))(
    "pins %s",
    (_, version) => {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    },
  );
});

describe("package-lock.json", () => {
  it("records hashes and no download addresses", () => {
    const { packages } = JSON.parse(read("package-lock.json"));
    for (const [path, entry] of Object.entries<Record<string, unknown>>(packages)) {
      if (path === "") continue;
      expect(entry, path).not.toHaveProperty("resolved");
      expect(entry["integrity"], path).toMatch(/^sha512-/);
    }
  });
});

describe("the error table", () => {
  it("is what lib/error-codes.ts and docs/errors.md were made from", () => {
    expect(generateErrors({ check: true })).toEqual([]);
  });

  it("refuses a row that it does not understand, and a code that stands twice", () => {
    const row = (code: string) => `INMEM_ERROR(kA, "${code}", "means", "do")\n`;
    expect(readErrorTable(row("ERR_INMEM_A"))).toHaveLength(1);
    expect(() => readErrorTable("INMEM_ERROR(kA, CODE, x, y)\n")).toThrow(/can be read/);
    expect(() => readErrorTable(row("ERR_INMEM_A").repeat(2))).toThrow(/stands there twice/);
  });
});
