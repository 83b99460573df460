// test/bundle/form.test.ts: how a bundle is written: compression, byte code, what is left out, #!.
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { compressionTable, parseCompression } from "../../lib/bundle/compression.js";
import type { Manifest } from "../../lib/bundle/manifest.js";
import { Selection } from "../../lib/bundle/selection.js";
import type { BundleOptions } from "../../lib/bundle.js";
import { runPython } from "../helpers/python.js";
import { commandLine, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { dist, fakeSharedObject, has, readRawEntries, writeWheel } from "./support.js";

const MAIN = `
import sys, parts, inspect
assert __debug__
print(parts.f.__doc__, parts.text())
`;

const PARTS = `
def f():
    "documented"
    assert False, "checked"

def text():
    return __loader__.get_data(__file__.rpartition("/")[0] + "/data.txt").decode()[:4]
`;

function make(folder: string, options: Omit<BundleOptions, "output">) {
  return dist.bundle().bundle({ output: join(folder, "out.pyz"), ...options });
}

async function madeWith(options: Omit<BundleOptions, "output" | "requirements" | "main">) {
  const folder = tmpDir();
  const wheel = await writeWheel(folder, "parts", {
    "parts/__init__.py": PARTS.repeat(3),
    "parts/data.txt": "text".repeat(255),
    "parts/large.txt": "text".repeat(256),
    "parts/lib.so": fakeSharedObject(),
    "parts/tests/test_x.py": "",
    "parts/include/x.h": "",
    "parts/libx.a": "",
    "parts/libx.so.debug": "",
  });
  writeFileSync(join(folder, "app.py"), MAIN);
  const result = await make(folder, {
    requirements: [wheel],
    main: join(folder, "app.py"),
    ...options,
  });
  const entries = readRawEntries(result.output);
  const methods = Object.fromEntries(entries.map(({ name, method }) => [name, method]));
  return { result, entries, methods, names: entries.map(({ name }) => name) };
}

describe("the form of a bundle", () => {
  beforeEach(() => {
    vi.stubEnv("PIP_NO_INDEX", "1");
    return () => vi.unstubAllEnvs();
  });

  it("has a method for each kind, and runs with any of them", async () => {
    const usual = await madeWith({});
    expect(usual.methods).toMatchObject({
      "parts/__init__.py": 8,
      "parts/__init__.pyc": 0,
      "parts/data.txt": 0,
      "parts/large.txt": 8,
      "parts/lib.so": 0,
      "inmem.json": 0,
    });
    const zstd = await madeWith({ compress: "zstd" });
    expect(zstd.methods).toMatchObject({
      "parts/__init__.py": 93,
      "parts/__init__.pyc": 93,
      "parts/data.txt": 93,
      "parts/lib.so": 93,
      "inmem.json": 0,
    });
    const mixed = await madeWith({ compress: { library: "deflate", resource: "stored" } });
    expect(mixed.methods).toMatchObject({
      "parts/__init__.py": 8,
      "parts/data.txt": 0,
      "parts/lib.so": 8,
    });
    for (const { result } of [usual, zstd, mixed]) {
      const { stdout } = await runPython(result.output);
      expect(stdout).toBe("documented text\n");
    }
    if (has("unzip")) execFileSync("unzip", ["-tqq", mixed.result.output]);
    if (has("python3")) execFileSync("python3", ["-m", "zipfile", "-t", mixed.result.output]);
  });

  it("takes deflate's data from the wheel as it is", async () => {
    const folder = tmpDir();
    const wheel = await writeWheel(folder, "parts", { "parts/data.txt": "text".repeat(1000) });
    const result = await make(folder, { requirements: [wheel] });
    const dataOf = (path: string) =>
      readRawEntries(path).find(({ name }) => name === "parts/data.txt")?.data;
    expect(dataOf(result.output)?.equals(dataOf(wheel) as Buffer)).toBe(true);
  });

  it("has sources alone where byte code is not wanted", async () => {
    const { result, names } = await madeWith({ compile: false });
    expect(names).toContain("parts/__init__.py");
    expect(names.filter((name) => name.endsWith(".pyc"))).toEqual([]);
    expect(result.uncompiled).toEqual([]);
    expect((await runPython(result.output)).stdout).toBe("documented text\n");
  });

  it("has byte code instead of sources, where they compile", async () => {
    const { result, names, entries } = await madeWith({ source: false, optimize: 2 });
    expect(names).not.toContain("parts/__init__.py");
    expect(names).not.toContain("__main__.py");
    expect(names).toContain("parts/__init__.pyc");
    const manifest = JSON.parse(entries.at(-1)?.data.toString() ?? "") as Manifest;
    expect(manifest.entry.module).toBe("__main__");
    // -OO took documentation, and assertions with __debug__'s.
    expect((await runPython(result.output)).stdout).toBe("None text\n");
    expect((await runPython((await madeWith({ optimize: 1 })).result.output)).stdout).toBe(
      "documented text\n",
    );
  });

  it("leaves out what it is told to", async () => {
    const pruned = await madeWith({ prune: ["tests", "headers", "static", "debug"] });
    expect(pruned.names.filter((name) => /test|include|libx/.test(name))).toEqual([]);
    expect(pruned.result.excluded).toBe(4);
    expect(pruned.names).toContain("parts/lib.so");
    const excluded = await madeWith({ exclude: ["*.so", "parts/tests", "nothing*"] });
    expect(excluded.names).not.toContain("parts/lib.so");
    expect(excluded.names).not.toContain("parts/tests/test_x.py");
    expect(excluded.names).toContain("parts/libx.so.debug");
    expect(excluded.result.unusedExcludes).toEqual(["nothing*"]);
  });

  it("is a program of its own where that is asked for", async () => {
    const folder = tmpDir();
    writeFileSync(join(folder, "app.py"), "import sys; print('ran', sys.argv[1:])");
    const starter = join(folder, "start");
    writeFileSync(starter, `#!/bin/sh\nexec "${process.execPath}" "${commandLine}" run "$@"\n`, {
      mode: 0o755,
    });
    const result = await make(folder, { main: join(folder, "app.py"), executable: starter });
    expect(statSync(result.output).mode & 0o111).not.toBe(0);
    expect(execFileSync(result.output, ["a"], { encoding: "utf8" })).toBe("ran ['a']\n");
    if (has("unzip")) execFileSync("unzip", ["-tqq", result.output]);
    if (has("python3")) {
      expect(execFileSync("python3", [result.output], { encoding: "utf8" })).toBe("ran []\n");
    }
    await make(folder, { main: join(folder, "app.py"), executable: true });
    const start = readFileSync(result.output).toString("latin1", 0, 40);
    expect(start).toMatch(/^#!\/usr\/bin\/env -S inmem-python run\nPK/);
  });

  it("is asked for on the command line", async () => {
    const folder = tmpDir();
    writeFileSync(join(folder, "app.py"), "'''text'''\nprint(__doc__)");
    const words = ["bundle", "--main", "app.py", "-o", "app.pyz", "--no-source", "--optimize=2"];
    const more = ["--compress", "bytecode=deflate", "--exclude", "nothing", "--prune=tests,debug"];
    const made = await spawnCommand([...words, ...more], { cwd: folder });
    expect(made).toMatchObject({ code: 0, stderr: "note: --exclude nothing matches no file\n" });
    const names = readRawEntries(join(folder, "app.pyz")).map(({ name }) => name);
    expect(names).toEqual(["__main__.pyc", "inmem.json"]);
    for (const wrong of [
      ["--compress", "lzma"],
      ["--prune", "docs"],
      ["--optimize", "3"],
      ["--no-compile", "byte code"],
    ]) {
      const refused = await spawnCommand([...words, ...wrong], { cwd: folder });
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(wrong[1]);
    }
  });

  it("refuses what there is not", async () => {
    const output = join(tmpDir(), "x.pyz");
    const wrong: object[] = [
      { compress: "lzma" },
      { compress: { modules: "zstd" } },
      { compress: { module: "lzma" } },
      { optimize: 3 },
      { prune: ["docs"] },
      { executable: "two\nlines" },
      { compile: false, source: false },
    ];
    for (const options of wrong) {
      const asked = { output, main: "app.py", ...options };
      await expect(dist.bundle().bundle(asked)).rejects.toThrow(RangeError);
    }
  });
});

describe("parseCompression", () => {
  it("knows one method for all, and kinds", () => {
    expect(compressionTable(parseCompression("zstd")).pth).toBe("zstd");
    expect(parseCompression("library=zstd,module=stored")).toEqual({
      library: "zstd",
      module: "stored",
    });
    expect(() => parseCompression("lib=zstd")).toThrow('unknown kind "lib"');
  });
});

describe("Selection", () => {
  it("leaves an application's own tests and metadata of distributions alone", () => {
    const selection = new Selection([], ["tests", "headers"]);
    expect(selection.keeps("tests/test_x.py", false)).toBe(true);
    expect(selection.keeps("pkg/tests/test_x.py", false)).toBe(true);
    expect(selection.keeps("x-1.dist-info/licenses/tests/a.h", true)).toBe(true);
    expect(selection.keeps("pkg/tests/test_x.py", true)).toBe(false);
    expect(selection.keeps("tests/__init__.py", true)).toBe(true); // a package of that name
    expect(selection.keeps("pkg/a/b.hpp", true)).toBe(false);
  });
});
