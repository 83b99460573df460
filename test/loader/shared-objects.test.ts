// test/loader/shared-objects.test.ts: sharedObjects() tells the truth; loadSharedObject() loads by hand.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { SharedObject } from "../../lib/index.js";
import { api, py, runPython } from "../helpers/python.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { tmpDir, tmpFile } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const pageBytes = 4096;

/** What readelf says of these bytes. */
function readelf(option: string, bytes: Uint8Array): string {
  const path = tmpFile("object.so", bytes);
  return execFileSync("readelf", ["-W", option, path], { encoding: "utf8" });
}

/** Start addresses of the mappings that /proc/self/maps shows under this name. */
function mappedAt(name: string): { begin: number; offset: number }[] {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes(name))
    .map((line) => ({
      begin: Number.parseInt(line, 16),
      offset: Number.parseInt(line.split(" ")[2] ?? "", 16),
    }));
}

function find(ending: string): SharedObject {
  const object = api.sharedObjects().find(({ path }) => path.endsWith(ending));
  if (!object) throw new Error(`${ending} is not loaded`);
  return object;
}

describe("sharedObjects()", () => {
  let bundle: string;
  let library: Buffer;
  let stored: Buffer;
  const started = performance.now();

  beforeAll(async () => {
    library = sharedObject(
      "libanswer",
      `static long table[5000] = {7}; __attribute__((constructor)) static void begin(void)
       { table[1] = 35; } long answer(void) { return table[0] + table[1]; }`,
      ["-Wl,-soname,libanswer.so.2", "-Wl,--build-id"],
    );
    const source = extensionSource("asks", "answer()", "extern long answer(void);");
    stored = sharedObject("asks", source, [
      "-L.",
      "-l:libanswer.so",
      "-Wl,-rpath,$ORIGIN/asks.libs",
      "-Wl,--build-id=none",
    ]);
    bundle = zipFile([
      { name: "__main__.py", data: "import asks; print(asks.value())" },
      { name: `asks${extensionSuffix}`, data: stored, align: pageBytes },
      { name: "asks.libs/libanswer.so.2", data: library, method: 8 },
    ]);
    expect(api.sharedObjects()).toEqual([]);
    expect(await runPython(bundle)).toMatchObject({ exitCode: 0, stdout: "42\n" });
  });

  it("virtual paths and sonames, needs first", () => {
    const objects = api.sharedObjects();
    expect(objects.map(({ path }) => path)).toEqual([
      `${bundle}/asks.libs/libanswer.so.2`,
      `${bundle}/asks${extensionSuffix}`,
    ]);
    expect(objects.map(({ soname }) => soname)).toEqual(["libanswer.so.2", ""]);
  });

  it("the build id is readelf's, and empty where there is none", () => {
    const { buildId } = find("libanswer.so.2");
    expect(buildId).toMatch(/^[0-9a-f]{40}$/);
    expect(readelf("-n", library)).toContain(`Build ID: ${buildId}`);
    expect(readelf("-n", stored)).not.toContain("Build ID");
    expect(find(extensionSuffix).buildId).toBe("");
  });

  it("the base is where /proc/self/maps shows the first page", () => {
    for (const object of api.sharedObjects()) {
      expect(object.memfdName).not.toBe("");
      // The first page of a mapped object is the bundle's own.
      const name = object.tier === "mapped" ? bundle : `/memfd:${object.memfdName}`;
      expect(mappedAt(name).map(({ begin }) => begin)).toContain(object.base);
    }
  });

  it("the size in memory is that of the PT_LOADs, in whole pages", () => {
    const ends = [...readelf("-l", library).matchAll(/^ +LOAD +\S+ (\S+) \S+ \S+ (\S+)/gm)].map(
      ([, address, bytes]) => Number(address) + Number(bytes),
    );
    const end = Math.max(...ends);
    const { memoryBytes } = find("libanswer.so.2");
    expect(memoryBytes).toBeGreaterThanOrEqual(end);
    expect(memoryBytes).toBeLessThan(end + pageBytes);
  });

  it("tier, reason, and which bytes were copied and mapped", () => {
    const copied = find("libanswer.so.2");
    expect(copied).toMatchObject({
      tier: "memfd",
      sizeBytes: library.length,
      copiedBytes: library.length,
      mappedBytes: 0,
    });
    expect(copied.reason).toMatch(/compressed/);
    const mapped = find(extensionSuffix);
    expect(mapped).toMatchObject({ tier: "mapped", sizeBytes: stored.length });
    expect(mapped.reason).not.toBe("");
    expect(mapped.copiedBytes).toBeLessThan(stored.length);
    expect(mapped.mappedBytes).toBeGreaterThan(0);
    // What is said to be mapped from the bundle is so in fact.
    expect(mappedAt(bundle).length).toBeGreaterThan(0);
  });

  it("times are those of this test", () => {
    for (const object of api.sharedObjects()) {
      expect(object.milliseconds).toBeGreaterThan(0);
      expect(object.bindingMilliseconds).toBeGreaterThan(0);
      expect(object.bindingMilliseconds).toBeLessThanOrEqual(object.milliseconds);
      expect(object.constructorMilliseconds).toBeGreaterThanOrEqual(0);
      expect(object.milliseconds + object.constructorMilliseconds).toBeLessThan(
        performance.now() - started,
      );
    }
  });

  it("no violations; what Node would have captured is listed", async () => {
    // Node exports a zlib of its own.
    const zlib = sharedObject(
      "libownz",
      `const char *zlibVersion(void) { return "own"; }
       const char *version(void) { return zlibVersion(); }`,
    );
    const own = zipFile({
      "__main__.py": py`
        import ctypes
        version = ctypes.CDLL(__file__.replace("__main__.py", "libownz.so")).version
        version.restype = ctypes.c_char_p
        print(version().decode())
      `,
      "libownz.so": zlib,
    });
    expect(await runPython(own)).toMatchObject({ stdout: "own\n" });
    expect(api.sharedObjects().map(({ violations }) => violations)).toEqual([0, 0, 0]);
    const [rebinding] = find("libownz.so").rebindings;
    expect(rebinding).toMatchObject({ symbol: "zlibVersion", to: `${own}/libownz.so` });
    expect(rebinding?.from).toBe(process.execPath);
  });

  it("a second run of the same bundle loads nothing again", async () => {
    const before = api.sharedObjects();
    await runPython(bundle);
    expect(api.sharedObjects()).toEqual(before);
  });
});

describe("loadSharedObject()", () => {
  const library = (name: string, more = "") =>
    sharedObject(name, `int ${name}_value(void) { return 7; } ${more}`, [
      `-Wl,-soname,${name}.so.1`,
    ]);

  /** The value of an expression with ctypes as `c` in a run. */
  async function python(expression: string): Promise<string> {
    const { stdout } = await runPython(`import ctypes as c\nprint(${expression})`);
    return stdout.trim();
  }

  it("out of an archive that was never run, with what it needs", () => {
    const needed = sharedObject("libneeded", "int needed(void) { return 3; }", [
      "-Wl,-soname,libneeded.so.1",
    ]);
    const user = sharedObject(
      "libuser",
      "extern int needed(void); int user(void) { return needed(); }",
      ["-L.", "-l:libneeded.so", "-Wl,-rpath,$ORIGIN"],
    );
    const archive = zipFile({ "lib/libuser.so": user, "lib/libneeded.so.1": needed }, "some.zip");
    const object = api.loadSharedObject(`${archive}/lib/libuser.so`);
    expect(object.path).toBe(`${archive}/lib/libuser.so`);
    expect(object.violations).toBe(0);
    expect(find("libneeded.so.1").path).toBe(`${archive}/lib/libneeded.so.1`);
    expect(mappedAt(object.memfdName).map(({ begin }) => begin)).toContain(object.base);
  });

  it("the same object when it is asked for again, also by a relative path", () => {
    const archive = zipFile({ "libagain.so": library("libagain") });
    const first = api.loadSharedObject(`${archive}/libagain.so`);
    const count = api.sharedObjects().length;
    expect(api.loadSharedObject(`${archive}/libagain.so`)).toEqual(first);
    const before = process.cwd();
    try {
      process.chdir(join(archive, ".."));
      expect(api.loadSharedObject("app.pyz/libagain.so")).toEqual(first);
    } finally {
      process.chdir(before);
    }
    expect(api.sharedObjects()).toHaveLength(count);
  });

  it("out of a Buffer, whose bytes may change afterwards", async () => {
    const bytes = readFileSync(zipFile({ "lib/libbuffer.so": library("libbuffer") }));
    const object = api.loadSharedObject("lib/libbuffer.so", { archive: bytes, global: true });
    bytes.fill(0);
    expect(object.path).toMatch(/\/lib\/libbuffer\.so$/);
    expect(object.tier).toBe("memfd");
    expect(await python("c.CDLL(None).libbuffer_value()")).toBe("7");
  });

  it("global: its symbols are for everybody, and without it for nobody", async () => {
    const archive = zipFile({
      "liblocal.so": library("liblocal"),
      "libglobal.so": library("libglobal"),
    });
    api.loadSharedObject(`${archive}/liblocal.so`);
    api.loadSharedObject(`${archive}/libglobal.so`, { global: true });
    expect(await python("hasattr(c.CDLL(None), 'liblocal_value')")).toBe("False");
    expect(await python("c.CDLL(None).libglobal_value()")).toBe("7");
    // Local first, global later.
    api.loadSharedObject(`${archive}/liblocal.so`, { global: true });
    expect(await python("c.CDLL(None).liblocal_value()")).toBe("7");
  });

  it("its constructors run, once", async () => {
    const constructed = library(
      "libbegun",
      "int count; __attribute__((constructor)) static void begin(void) { ++count; }",
    );
    const archive = zipFile({ "libbegun.so": constructed });
    api.loadSharedObject(`${archive}/libbegun.so`, { global: true });
    api.loadSharedObject(`${archive}/libbegun.so`, { global: true });
    expect(await python("c.c_int.in_dll(c.CDLL(None), 'count').value")).toBe("1");
  });

  it("while a run is going, whose GIL it waits for", async () => {
    const archive = zipFile({ "libbusy.so": library("libbusy") });
    let object: SharedObject | undefined;
    const program = py`
      import sys
      print("begin", flush=True)
      n = 0
      while sys.stdin.read(1) != "x": n += 1
      print("end")
    `;
    const { Readable } = await import("node:stream");
    const stdin = new Readable({ read() {} });
    const output: string[] = [];
    const { exitCode } = await api.run(
      Buffer.from(readFileSync(zipFile({ "__main__.py": program }))),
      {
        stdin,
        stdout: (chunk) => {
          output.push(chunk.toString());
          if (object !== undefined) return;
          object = api.loadSharedObject(`${archive}/libbusy.so`);
          stdin.push("x");
          stdin.push(null);
        },
      },
    );
    expect(exitCode).toBe(0);
    expect(output.join("")).toBe("begin\nend\n");
    expect(object?.path).toBe(`${archive}/libbusy.so`);
  });

  describe("misuse and bad input", () => {
    const load = api.loadSharedObject as (...words: unknown[]) => unknown;

    it.each([
      ["no path", []],
      ["an empty path", [""]],
      ["a number", [5]],
      ["NUL in the path", ["/tmp/a\0b"]],
      ["options that are null", ["/tmp/a", null]],
      ["an archive that is a string", ["a", { archive: "b" }]],
      ["global that is a number", ["/tmp/a", { global: 1 }]],
    ])("%s: TypeError", (_, words) => {
      expect(() => load(...words)).toThrow(TypeError);
    });

    it("nothing at the path, a file itself, a folder, no such entry", () => {
      const archive = zipFile({ "libthere.so": "" });
      const code = "ERR_INMEM_NOT_FOUND";
      for (const path of [
        "/nowhere/at/all.so",
        archive,
        tmpDir(),
        `${archive}/libabsent.so`,
        `${archive}/libthere.so/more`,
      ]) {
        expect(() => load(path), path).toThrow(expect.objectContaining({ code }));
      }
    });

    it("no archive, and no shared object in one", () => {
      const noZip = tmpFile("no.zip", "these bytes are no zip");
      expect(() => load(`${noZip}/a.so`)).toThrow(
        expect.objectContaining({ code: "ERR_INMEM_NOT_ZIP" }),
      );
      const archive = zipFile({ "liba.so": "no ELF", "libempty.so": "" });
      for (const name of ["liba.so", "libempty.so"]) {
        expect(() => load(`${archive}/${name}`), name).toThrow(
          expect.objectContaining({ code: "ERR_INMEM_BAD_ELF" }),
        );
      }
      expect(() => load("a.so", { archive: new Uint8Array() })).toThrow(api.InmemError);
    });
  });
});
