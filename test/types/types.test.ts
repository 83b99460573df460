// test/types/types.test.ts: declarations of an application: what TypeScript takes by them, and what it refuses.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { packageRoot, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";
import { onlyTyped, right, wrong } from "./statements.js";
import { misjudged } from "./support.js";

const folder = join(packageRoot, "test", "types", "fixtures", "app");
const source = (name: string) => readFileSync(join(folder, name));
const files = { "app.py": source("app.py"), "models.py": source("models.py") };

let declarations: string;

beforeAll(async () => {
  const result = await api.types({ bundle: makeZip(files), modules: ["app"] });
  expect(result.warnings).toEqual([]);
  declarations = result.types;
});

describe("what an application declares", () => {
  it("says nothing of any", () => {
    const code = declarations.replaceAll(/\/\*[\s\S]*?\*\/|"[^"]*"/g, "");
    expect(code).not.toMatch(/\bany\b/);
  });

  it("keeps docstrings, whatever is in them", () => {
    expect(declarations).toContain("  /**\n   * Adds.\n   *\n   * Two numbers *\\/ here.\n   */\n");
  });

  it("is judged by TypeScript as Python would judge it", () => {
    const judged = misjudged(declarations, { right: [...right, ...onlyTyped], wrong });
    expect(judged).toEqual({ refused: [], taken: [], elsewhere: [] });
  });
});

describe("what cannot be read", () => {
  it("is told with file and line, and the rest is written", async () => {
    const broken = { ...files, "broken.py": "x = 1\n\ndef f(:\n", "nul.py": "x = 1\0\n" };
    const result = await api.types({ bundle: makeZip(broken) });
    expect(result.modules).toEqual(["app", "broken", "models", "nul"]);
    expect(result.warnings).toEqual([
      { file: "broken.py", line: 3, message: expect.stringContaining("invalid syntax") },
      { file: "nul.py", line: 1, message: expect.stringContaining("null bytes") },
    ]);
    expect(result.types).toContain("export const add: ");
  });

  it("is a clear error for a module that is not there, and wrong options are", async () => {
    const bundle = makeZip(files);
    await expect(api.types({ bundle, modules: ["ap"] })).rejects.toMatchObject({
      code: "ERR_INMEM_NOT_FOUND",
      message: "a bundle in memory: there is no module ap (expected one of app, models)",
    });
    const empty = makeZip({ "x.txt": "" });
    await expect(api.types({ bundle: empty })).rejects.toMatchObject({
      code: "ERR_INMEM_NOT_FOUND",
    });
    const wrongOptions: [object | null, typeof TypeError | typeof RangeError][] = [
      [null, TypeError],
      [{}, TypeError],
      [{ bundle: 3 }, TypeError],
      [{ bundle, modules: "app" }, TypeError],
      [{ bundle, output: "app.ts" }, TypeError],
      [{ bundle, signal: {} }, TypeError],
      [{ bundle, module: ["app"] }, TypeError],
    ];
    for (const [options, kind] of wrongOptions) {
      await expect(api.types(options as { bundle: string })).rejects.toBeInstanceOf(kind);
    }
  });

  it("is an archive's own error where the bundle is none", async () => {
    const bundle = Buffer.from("no zip");
    await expect(api.types({ bundle })).rejects.toMatchObject({ code: "ERR_INMEM_NOT_ZIP" });
    await expect(api.types({ bundle: "/absent.pyz" })).rejects.toMatchObject({
      code: "ERR_INMEM_NOT_FOUND",
    });
  });

  it("ends when it is told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(api.types({ bundle: makeZip(files), signal })).rejects.toThrow("enough");
  });
});

describe("inmem-python types", () => {
  it("writes a file, and tells what it wrote and what it did not understand", async () => {
    const dir = tmpDir();
    writeFileSync(join(dir, "app.pyz"), makeZip({ ...files, "broken.py": "def" }));
    const one = await spawnCommand(["types", "app.pyz", "app", "-o", "app.d.ts"], { cwd: dir });
    expect(one).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^app\.d\.ts: 1 module, \d+ names\n$/),
    });
    expect(readFileSync(join(dir, "app.d.ts"), "utf8").split("\n").slice(1)).toEqual(
      declarations.split("\n").slice(1),
    );
    const all = await spawnCommand(["types", "app.pyz", "--json"], { cwd: dir });
    expect(JSON.parse(all.stdout)).toMatchObject({
      modules: ["app", "broken", "models"],
      warnings: [{ file: "broken.py", line: 1 }],
      types: expect.stringContaining('"models": typeof $models;'),
    });
    const quiet = await spawnCommand(["types", "app.pyz", "-q", "-o", "all.d.ts"], { cwd: dir });
    expect(quiet).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "warning: broken.py:1: not Python that can be read: invalid syntax\n",
    });
  });

  it("fails with a code where there is nothing to write, or no place for it", async () => {
    const dir = tmpDir();
    writeFileSync(join(dir, "app.pyz"), makeZip(files));
    const absent = await spawnCommand(["types", "app.pyz", "absent"], { cwd: dir });
    expect(absent).toMatchObject({ code: 2, stdout: "" });
    expect(absent.stderr).toContain("ERR_INMEM_NOT_FOUND: app.pyz: there is no module absent");
    const lost = await spawnCommand(["types", "app.pyz", "-o", "no/x.d.ts"], { cwd: dir });
    expect(lost.code).toBe(2);
    expect(lost.stderr).toContain("no/x.d.ts: cannot be written");
  });
});
