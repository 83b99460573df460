// test/bundle/manifest.test.ts: inmem.json is what its schema says, and the schema refuses what is not.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Schema, Validator } from "@cfworker/json-schema";
import { expect, it, vi } from "vitest";
import { ENTRY_KINDS } from "../../lib/bundle/kind.js";
import { readManifest } from "../../lib/bundle/manifest.js";
import { packageRoot } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { dist, fakeSharedObject, readRawEntries, writeWheel } from "./support.js";

const path = join(packageRoot, "schema", "bundle-manifest.schema.json");
const schema = JSON.parse(readFileSync(path, "utf8"));
const isValid = (value: unknown) =>
  new Validator(schema as Schema, "2020-12").validate(value).valid;

it("fits its schema, and nothing else does", async () => {
  vi.stubEnv("PIP_NO_INDEX", "1");
  const folder = tmpDir();
  const wheel = await writeWheel(folder, "parts", {
    "parts/__init__.py": "",
    "parts/lib.so": fakeSharedObject(),
    "parts-1.0.data/scripts/tool": "#!python\n",
    "parts-1.0.dist-info/entry_points.txt": "[console_scripts]\nparts = parts:main\n",
  });
  const output = join(folder, "out.pyz");
  await dist.bundle().bundle({ requirements: [wheel], output });
  vi.unstubAllEnvs();
  const manifest = JSON.parse(readRawEntries(output).at(-1)?.data.toString() ?? "");
  expect(isValid(manifest)).toBe(true);
  const run = { terminal: false, port: 1, exportedPort: 65535 };
  expect(isValid({ ...manifest, run })).toBe(true);
  for (const wrong of [
    { format: 2 },
    { python: {} },
    { run: {} },
    { run: { terminal: true } },
    { run: { port: 0 } },
    { platform: { tags: "any" } },
    { entry: { module: 1, scripts: {} } },
    { entries: { x: { sha256: "0", size: 1, kind: "module" } } },
    { entries: { x: { sha256: "0".repeat(64), size: 1, kind: "toy" } } },
    { distributions: [{ name: "x" }] },
    { layout: { prefixSize: 0 } },
  ]) {
    expect([wrong, isValid({ ...manifest, ...wrong })]).toEqual([wrong, false]);
  }
  expect(schema.properties.entries.additionalProperties.properties.kind.enum).toEqual(ENTRY_KINDS);
});

it("is read from any archive: what is not as it should be is left out", () => {
  const read = (value: unknown) => readManifest(Buffer.from(JSON.stringify(value)));
  const nothing = { python: undefined, kinds: new Map(), wheelHashes: new Map() };
  expect(readManifest(undefined)).toEqual(nothing);
  expect(readManifest(Buffer.from("{"))).toEqual(nothing);
  for (const value of [null, 1, "x", [], { python: 3, entries: [1], distributions: {} }]) {
    expect(read(value)).toEqual(nothing);
  }
  const entries = { "a.py": { kind: "module" }, b: null, c: { kind: "toy" }, d: 1 };
  const sha256 = "0f".repeat(32);
  const distributions = [null, { name: "x", sha256 }, { name: "y" }, { name: "z", sha256: "0" }];
  expect(read({ python: { tag: "cp312" }, entries, distributions })).toEqual({
    python: "cp312",
    kinds: new Map([["a.py", "module"]]),
    wheelHashes: new Map([["x", sha256]]),
  });
});
