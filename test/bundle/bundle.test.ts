// test/bundle/bundle.test.ts: bundles from wheels, made by the package's own pip and compiler.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { sortWords } from "../../lib/bundle/inputs.js";
import type { Manifest } from "../../lib/bundle/manifest.js";
import type { BundleOptions } from "../../lib/bundle.js";
import { commandLine } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";
import { contentOf, dist, fakeSharedObject, has, readRawEntries, writeWheel } from "./support.js";

const BUNDLER = { code: "ERR_INMEM_BUNDLER" };
const REQUIREMENTS = { code: "ERR_INMEM_REQUIREMENTS" };

describe("bundle()", () => {
  // Wheels of our own making, found beside the test: no network.
  beforeEach(() => {
    vi.stubEnv("PIP_NO_INDEX", "1");
    return () => vi.unstubAllEnvs();
  });

  it("packs an application without any requirement", async () => {
    const folder = tmpDir();
    const result = await make(folder, { main: writeMain(folder, "print('alone')") });
    expect(result).toMatchObject({ entries: 3, sharedObjects: 0, wheels: [], uncompiled: [] });
    const names = readRawEntries(result.output).map((entry) => entry.name);
    expect(names).toEqual(["__main__.py", "__main__.pyc", "inmem.json"]);
    expect(runLauncher([result.output])).toBe("alone\n");
    if (has("python3")) {
      expect(execFileSync("python3", [result.output], { encoding: "utf8" })).toBe("alone\n");
    }
  });

  it("puts purelib and platlib at the root and the rest below the prefix", async () => {
    const folder = tmpDir();
    const wheel = await writeWheel(folder, "parts", {
      "parts/__init__.py": "A = 1\n",
      "parts/lib.so": fakeSharedObject(),
      "parts-1.0.data/purelib/pure.py": "B = 2\n",
      "parts-1.0.data/platlib/plat/__init__.py": "",
      "parts-1.0.data/scripts/tool.py": "#!python\n",
      "parts-1.0.data/data/share/x.txt": "x",
      "parts-1.0.data/headers/x.h": "// x",
    });
    const result = await make(folder, { requirements: [wheel] });
    const names = readRawEntries(result.output).map((entry) => entry.name);
    expect(names).toEqual([
      "inmem.prefix/bin/tool.py",
      "inmem.prefix/include/site/python3.13/parts/x.h",
      "inmem.prefix/share/x.txt",
      "parts-1.0.dist-info/METADATA",
      "parts-1.0.dist-info/RECORD",
      "parts-1.0.dist-info/WHEEL",
      "parts/__init__.py",
      "parts/__init__.pyc",
      "parts/lib.so",
      "plat/__init__.py",
      "plat/__init__.pyc",
      "pure.py",
      "pure.pyc",
      "inmem.json",
    ]);
    expect(result).toMatchObject({ sharedObjects: 1, wheels: [{ name: "parts", version: "1.0" }] });
  });

  it("describes itself in inmem.json", async () => {
    const folder = tmpDir();
    const wheel = await writeWheel(folder, "told", { "told.py": "" });
    const result = await make(folder, { requirements: [wheel], main: writeMain(folder, "1") });
    const entries = readRawEntries(result.output);
    const manifest = JSON.parse(contentOf(entries, "inmem.json").toString()) as Manifest;
    expect(manifest).toMatchObject({
      format: 1,
      python: { tag: "cp313" },
      platform: { tags: [] },
      entry: { module: "__main__", scripts: {} },
    });
    expect(manifest.distributions).toEqual([
      {
        name: "told",
        version: "1.0",
        fileName: "told-1.0-py3-none-any.whl",
        tags: "py3-none-any",
        sha256: sha256(readFileSync(wheel)),
      },
    ]);
    const told = Object.entries(manifest.entries).map(([name, { sha256, size }]) => [
      name,
      sha256,
      size,
    ]);
    const found = entries
      .filter(({ name }) => name !== "inmem.json")
      .map(({ name }) => contentOf(entries, name))
      .map((content, i) => [entries[i]?.name, sha256(content), content.length]);
    expect(told).toEqual(found);
    expect(manifest.entries["told.py"]).toMatchObject({ kind: "module", distribution: "told" });
    expect(manifest.entries["told.pyc"]).toMatchObject({ kind: "bytecode", distribution: "told" });
    expect(manifest.entries["__main__.py"]).not.toHaveProperty("distribution");
  });

  it("compiles with unchecked hashes, and does without where source does not compile", async () => {
    const folder = tmpDir();
    const source = "def f():\n    return '\\d'\n"; // a SyntaxWarning that nobody should see
    const wheel = await writeWheel(folder, "mixed", {
      "mixed/good.py": source,
      "mixed/template.py": "{{ not python }",
      "mixed/nul.py": "a\0b",
    });
    const result = await make(folder, { requirements: [wheel] });
    expect(result.uncompiled).toEqual([
      expect.stringMatching(/^mixed\/nul\.py: SyntaxError: /),
      expect.stringMatching(/^mixed\/template\.py: SyntaxError: /),
    ]);
    const entries = readRawEntries(result.output);
    expect(entries.map(({ name }) => name)).not.toContain("mixed/template.pyc");
    const pyc = contentOf(entries, "mixed/good.pyc");
    const script =
      "import importlib.util, sys; s = sys.stdin.buffer.read();" +
      "print((importlib.util.MAGIC_NUMBER + b'\\1\\0\\0\\0' + importlib.util.source_hash(s)).hex())";
    const header = runLauncher(["-c", script], source).trim();
    expect(pyc.subarray(0, 16).toString("hex")).toBe(header);
    expect(pyc.includes("mixed/good.py")).toBe(true);
  });

  it("gives the same bytes from another folder, day, time zone, locale, umask and processor count", async () => {
    const folder = tmpDir();
    // So many that several Pythons compile them, where there are several processors.
    const names = Array.from({ length: 220 }, (_, i) => `many/m${i}.py`);
    const wheel = await writeWheel(folder, "many", {
      ...Object.fromEntries(
        names.map((name, i) => [
          name,
          `S = {'a', 'b', ${i}}\nx = (${i}, 1.5)\ndef f${i % 3}(): ...`,
        ]),
      ),
      "many/lib.so": fakeSharedObject(),
    });
    const main = writeMain(folder, "import many.m1");
    const first = await make(folder, { requirements: [wheel], main });
    const other = join(folder, "other");
    mkdirSync(other);
    const clock = join(folder, "clock.cjs");
    writeFileSync(clock, "Date.now = () => 1e12; performance.now = () => 5;");
    utimesSync(main, 1, 1);
    const output = join(other, "second.pyz");
    const words = ["-r", clock, commandLine, "bundle", "-q", "--main", main, "-o", output, wheel];
    const script = 'umask 077; exec taskset -c 0 "$0" "$@"';
    execFileSync("sh", ["-c", script, process.execPath, ...words], {
      cwd: other,
      env: {
        ...process.env,
        TZ: "Asia/Kathmandu",
        LC_ALL: "C",
        PYTHONHASHSEED: "7",
        XDG_CACHE_HOME: other,
      },
    });
    expect(readFileSync(output).equals(readFileSync(first.output))).toBe(true);
  });

  it("refuses two wheels that bring different files of one name", async () => {
    const folder = tmpDir();
    const one = await writeWheel(folder, "one", { "same.py": "1", "ns/__init__.py": "" });
    const two = await writeWheel(folder, "two", { "same.py": "2", "ns/__init__.py": "" });
    await expect(make(folder, { requirements: [one, two] })).rejects.toMatchObject({
      ...BUNDLER,
      message: expect.stringMatching(/one-1\.0.*\.whl and two-1\.0.*\.whl both bring same\.py/),
    });
    expect(readdirSync(folder).filter((name) => name.includes("pyz"))).toEqual([]);
  });

  it("refuses a file that is not what RECORD says", async () => {
    const folder = tmpDir();
    const good = await writeWheel(folder, "x", { "x.py": "1" });
    const other = await writeWheel(tmpDir(), "x", { "x.py": "2" });
    const record = readRawEntries(other).find(({ name }) => name.endsWith("/RECORD"));
    const entries = readRawEntries(good).map(({ name }) => [
      name,
      contentOf(readRawEntries(good), name),
    ]);
    const changed = Object.fromEntries(entries);
    changed[record?.name ?? ""] = contentOf(readRawEntries(other), record?.name ?? "");
    writeFileSync(good, makeZip(changed));
    await expect(make(folder, { requirements: [good] })).rejects.toMatchObject({
      ...BUNDLER,
      message: expect.stringMatching(/^x-1\.0-.*\.whl: x\.py has the SHA-256 \w+ \(expected/),
    });
  });

  it("tells pip's reasons, and leaves an earlier bundle as it was", async () => {
    const folder = tmpDir();
    writeFileSync(join(folder, "out.pyz"), "earlier");
    await expect(make(folder, { requirements: ["no-such-thing==1"] })).rejects.toMatchObject({
      ...REQUIREMENTS,
      message: expect.stringContaining("No matching distribution found for no-such-thing==1"),
    });
    expect(readFileSync(join(folder, "out.pyz"), "utf8")).toBe("earlier");
    expect(readdirSync(folder)).toEqual(["out.pyz"]);
  });

  it("tells which requirements exclude each other", async () => {
    const folder = tmpDir();
    vi.stubEnv("PIP_FIND_LINKS", folder);
    await writeWheel(folder, "one", { "one.py": "" });
    const file = join(folder, "requirements.txt");
    writeFileSync(file, "one<2\none>=2\n");
    const options = { requirementFiles: [file] };
    await expect(make(folder, options)).rejects.toMatchObject({
      ...REQUIREMENTS,
      message: expect.stringMatching(/one<2.*one>=2/s),
    });
  });

  it("takes a requirements file as a word, too, and no word for a mistyped file's name", () => {
    const file = join(tmpDir(), "requirements.txt");
    writeFileSync(file, "one\n");
    expect(sortWords([file, "web.py>=0.6", "web-py"])).toMatchObject({
      requirementFiles: [file],
      requirements: ["web.py>=0.6", "web-py"],
    });
    for (const word of ["web.py", "requirements.txt", "app.pex", "some/pylock.toml"]) {
      expect(() => sortWords([word])).toThrow(`cannot read ${word}`);
    }
  });

  it("takes a word as a requirement only, never as an option of pip", async () => {
    const folder = tmpDir();
    await expect(make(folder, { requirements: ["--help"] })).rejects.toMatchObject(REQUIREMENTS);
  });

  it("refuses a wheel that is none", async () => {
    const folder = tmpDir();
    const path = join(folder, "broken-1.0-py3-none-any.whl");
    writeFileSync(path, "not a zip");
    await expect(make(folder, { requirements: [path] })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_INMEM_(BUNDLER|NOT_ZIP)$/),
    });
  });

  it("refuses options that make no sense", async () => {
    const { bundle } = dist.bundle();
    await expect(bundle({ output: "x" })).rejects.toThrow(TypeError);
    await expect(bundle({ output: "", main: "x" })).rejects.toThrow(TypeError);
    const files = { "../x": "y" };
    await expect(bundle({ output: "x", files })).rejects.toThrow(RangeError);
  });

  it.each([
    [undefined, "Expected an object for options"],
    [{ main: "a.py", requirement: ["numpy"] }, "unknown option requirement (expected "],
    [{ main: "a.py", exclude: "x" }, "Expected an array of strings for exclude"],
    [{ main: "a.py", prune: "tests" }, "Expected an array of strings for prune"],
    [{ main: "a.py", signal: {} }, "Expected an AbortSignal for signal"],
    [{ main: "a.py", onProgress: 1 }, "Expected a function for onProgress"],
    [{ main: "a.py", source: "no" }, "Expected a boolean for source"],
    [{ main: "a.py", executable: 5 }, "Expected a boolean or a line for executable"],
    [{ files: ["a"] }, "Expected an object of names and paths or contents for files"],
    [{ files: { a: 1 } }, 'Expected a path or bytes for files["a"]'],
    [{ main: "a.py", environment: ["A=1"] }, "Expected an object of strings for environment"],
    [{ main: 5 }, "Expected a non-empty string for main but received 5 of type number"],
  ])("refuses %j by name", async (options, message) => {
    const asked = options && ({ output: "x", ...options } as unknown as BundleOptions);
    const error = await dist
      .bundle()
      .bundle(asked as BundleOptions)
      .catch((cause) => cause);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
  });

  it("leaves nothing behind when aborted, whenever that is", async () => {
    const folder = tmpDir();
    vi.stubEnv("TMPDIR", join(folder, "tmp"));
    mkdirSync(join(folder, "tmp"));
    const names = Array.from({ length: 200 }, (_, i) => `many/m${i}.py`);
    const wheel = await writeWheel(
      folder,
      "many",
      Object.fromEntries(names.map((name) => [name, "x = 1\n".repeat(500)])),
    );
    const before = readdirSync(folder);
    for (const moment of ["resolve", "pack"]) {
      const abort = new AbortController();
      const onProgress: BundleOptions["onProgress"] = ({ phase }) => {
        if (phase === moment) abort.abort(new Error("enough"));
      };
      const making = make(folder, { requirements: [wheel], signal: abort.signal, onProgress });
      await expect(making).rejects.toMatchObject({
        code: "ERR_INMEM_ABORTED",
        cause: { message: "enough" },
      });
      expect(readdirSync(folder)).toEqual(before);
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    }
  });

  it("leaves nothing behind when the command gets SIGTERM", async () => {
    const folder = tmpDir();
    mkdirSync(join(folder, "tmp"));
    const names = Array.from({ length: 400 }, (_, i) => `many/m${i}.py`);
    const wheel = await writeWheel(
      folder,
      "many",
      Object.fromEntries(names.map((name) => [name, "x = [1, 2]\n".repeat(500)])),
    );
    const before = readdirSync(folder);
    const env = { ...process.env, TMPDIR: join(folder, "tmp") };
    for (const delay of [100, 400, 900]) {
      const args = [commandLine, "bundle", "-o", join(folder, "out.pyz"), wheel];
      const child = spawn(process.execPath, args, { env, stdio: "ignore" });
      const timer = setTimeout(() => child.kill("SIGTERM"), delay);
      const status = await new Promise((resolve) => child.once("exit", resolve));
      clearTimeout(timer);
      if (status === 0) break; // it was faster
      // null: it came before Node could take it.
      expect([143, null]).toContain(status);
      expect(readdirSync(folder)).toEqual(before);
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    }
  });
});

function make(folder: string, options: Omit<BundleOptions, "output">) {
  return dist.bundle().bundle({ output: join(folder, "out.pyz"), ...options });
}

function writeMain(folder: string, source: string): string {
  const path = join(folder, "app.py");
  writeFileSync(path, source);
  return path;
}

function runLauncher(args: readonly string[], input = ""): string {
  const path = dist.binding().launcherPath();
  return execFileSync(path, args, { encoding: "utf8", input });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
