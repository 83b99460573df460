// test/bad-input/libraries.test.ts: libraries that are cut off, called something else, or wanted and not there.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pypiWheel } from "../helpers/pypi-wheel.js";
import { failPython, launch, py, runPython } from "../helpers/python.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const so = (name: string) => `${name}${extensionSuffix}`;

/** A real library: markupsafe's, as PyPI has it. */
async function realLibrary(): Promise<Buffer> {
  const wheel = await pypiWheel({
    requirement: "markupsafe==3.0.3",
    platforms: ["manylinux2014_x86_64", "manylinux_2_28_x86_64"],
  });
  const output = join(tmpDir(), "real.so");
  const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, open(sys.argv[2], "wb") as output:
    output.write(wheel.read(next(n for n in wheel.namelist() if n.endswith(".so"))))
`;
  launch(["-c", script, wheel, output]);
  return readFileSync(output);
}

/** Where the file's part of the last loaded segment ends. */
function endOfSegments(elf: Buffer): number {
  const [start, size, count] = [
    Number(elf.readBigUInt64LE(32)),
    elf.readUInt16LE(54),
    elf.readUInt16LE(56),
  ];
  const headers = Array.from({ length: count }, (_, i) => elf.subarray(start + i * size));
  const loaded = headers.filter((header) => header.readUInt32LE(0) === 1);
  return Math.max(
    ...loaded.map((header) => Number(header.readBigUInt64LE(8) + header.readBigUInt64LE(32))),
  );
}

describe("a library that is cut off, in an archive that is good", () => {
  it.each([
    ["compressed", {}],
    ["stored and page-aligned", { method: 0, align: 4096 }],
  ])("%s: an error at every size, until all that is loaded is there", async (_, storage) => {
    const real = await realLibrary();
    const end = endOfSegments(real);
    const sizes = new Set([end - 1, end, real.length - 1, 63, 64, 65, 119, 120, 121]);
    for (let size = 0; size < real.length; size += 499) sizes.add(size);
    const cut = [...sizes].map((size) => ({
      name: `cut${size}.so`,
      data: real.subarray(0, size),
      ...storage,
    }));
    const program = py`
      import ctypes, json, os, sys
      results = {}
      names = sorted(name for name in os.environ["CUT"].split(","))
      for name in names:
          try:
              ctypes.CDLL(f"{sys.path[0]}/{name}")
              results[name] = "loaded"
          except OSError as error:
              results[name] = str(error)
      ctypes.CDLL(f"{sys.path[0]}/whole.so")
      print(json.dumps(results))
    `;
    const path = zipFile([
      { name: "__main__.py", data: program },
      ...cut,
      { name: "whole.so", data: real, ...storage },
    ]);
    const env = { CUT: cut.map(({ name }) => name).join(",") };
    const results = JSON.parse((await runPython(path, { env })).stdout) as Record<string, string>;
    expect(Object.keys(results)).toHaveLength(sizes.size);
    for (const size of sizes) {
      const name = `cut${size}.so`;
      if (size >= end) expect(results[name], name).toBe("loaded");
      else expect(results[name], name).toMatch(RegExp(`/${name}: .+\\(expected .+\\)`));
    }
  });
});

describe("sonames", () => {
  const answer = "int answer(void) { return 42; }";
  const needing = (name: string, library: string) =>
    sharedObject(name, extensionSource(name, "answer()", "extern int answer(void);"), [
      "-L.",
      `-l:${library}.so`,
    ]);
  const importing = (name: string) => `import ${name}; print(${name}.value())`;

  it("a file whose name is not its soname, in a .libs folder: found by its soname", async () => {
    const library = sharedObject("librenamed", answer, ["-Wl,-soname,libreal.so.1"]);
    const files = {
      "__main__.py": importing("byname"),
      [so("byname")]: needing("byname", "librenamed"),
      "byname.libs/libother-1234.so": library,
    };
    expect((await runPython(files)).stdout).toBe("42\n");
  });

  it("a file that has the needed name, but another soname: taken, as ld.so does", async () => {
    const right = sharedObject("libwanted", answer, ["-Wl,-soname,libwanted.so.1"]);
    const wrong = sharedObject("libunwanted", "int answer(void) { return 43; }", [
      "-Wl,-soname,libquite-another.so.7",
    ]);
    expect(right).not.toEqual(wrong);
    const files = {
      "__main__.py": importing("misnamed"),
      [so("misnamed")]: needing("misnamed", "libwanted"),
      "libwanted.so.1": wrong,
    };
    expect((await runPython(files)).stdout).toBe("43\n");
  });

  it("another version of it: the error names the need, and where it was looked for", async () => {
    sharedObject("libaged", answer, ["-Wl,-soname,libaged.so.1"]);
    const files = {
      "__main__.py": importing("aging"),
      [so("aging")]: needing("aging", "libaged"),
      "libaged.so.2": sharedObject("libaged2", answer, ["-Wl,-soname,libaged.so.2"]),
      "aging.libs/libaged.so.2": sharedObject("libaged2", answer, ["-Wl,-soname,libaged.so.2"]),
    };
    const { error } = await failPython(files);
    expect(error.code).toBe("ERR_INMEM_MISSING_LIBRARY");
    expect(error.message).toMatch(/aging.*: needs libaged\.so\.1, which is not there/);
    expect(error.message).toContain("aging.libs/libaged.so.1");
    expect(error.message).toContain("add the wheel that carries it");
  });

  it("a library without the symbol that is wanted of it", async () => {
    sharedObject("libpoor", answer, ["-Wl,-soname,libpoor.so.1"]);
    const files = {
      "__main__.py": importing("wanting"),
      [so("wanting")]: needing("wanting", "libpoor"),
      "libpoor.so.1": sharedObject("libpoor2", "int other(void) { return 1; }", [
        "-Wl,-soname,libpoor.so.1",
      ]),
    };
    const { error } = await failPython(files);
    expect(error.code).toBe("ERR_INMEM_UNDEFINED_SYMBOL");
    expect(error.message).toMatch(/wanting.*undefined symbol: answer/);
  });

  it("a dependency's dependency that is cut off: the error names that file", async () => {
    const deep = sharedObject("libdeep", answer, ["-Wl,-soname,libdeep.so.1"]);
    const middle = sharedObject(
      "libmiddle",
      "extern int answer(void); int middle(void) { return answer(); }",
      ["-Wl,-soname,libmiddle.so.1", "-L.", "-l:libdeep.so"],
    );
    const top = sharedObject(
      "top",
      extensionSource("top", "middle()", "extern int middle(void);"),
      ["-L.", "-l:libmiddle.so"],
    );
    const files = {
      "__main__.py": importing("top"),
      [so("top")]: top,
      "libmiddle.so.1": middle,
      "libdeep.so.1": deep.subarray(0, 3000),
    };
    const { error } = await failPython(files);
    expect(error.code).toBe("ERR_INMEM_BAD_ELF");
    expect(error.message).toMatch(/libdeep\.so\.1: .*expected/);
    const mended = { ...files, "libdeep.so.1": deep };
    expect((await runPython(mended)).stdout).toBe("42\n");
  });
});

describe("libpython", () => {
  const linked = (name: string, soname: string, value: string, declared: string) => {
    sharedObject(
      soname,
      `int imaginary(void) { return 1; } long PyLong_AsLong(void *o) { return 666; }`,
      [`-Wl,-soname,${soname}`],
    );
    return sharedObject(name, extensionSource(name, value, declared), ["-L.", `-l:${soname}.so`]);
  };

  it("of this version is the addon itself, not the host's and not the bundle's", async () => {
    const soname = "libpython3.13.so.1.0";
    const value = "PyLong_AsLong(PyLong_FromLong(5))";
    const files = {
      "__main__.py": py`
        import ctypes, linked
        print(linked.value())
        print(ctypes.PyDLL("${soname}").Py_IsInitialized())
        print([line for line in open("/proc/self/maps") if "libpython" in line])
      `,
      [so("linked")]: linked("linked", soname, value, "extern long PyLong_AsLong(PyObject *);"),
      [soname]: sharedObject("impostor", "long PyLong_AsLong(void *o) { return 667; }", [
        `-Wl,-soname,${soname}`,
      ]),
    };
    expect((await runPython(files)).stdout).toBe("5\n1\n[]\n");
  });

  it("of another version: the error says so", async () => {
    const declared = "extern int imaginary(void);";
    const files = {
      "__main__.py": "import older; print(older.value())",
      [so("older")]: linked("older", "libpython3.12.so.1.0", "imaginary()", declared),
    };
    const { error } = await failPython(files);
    expect(error.code).toBe("ERR_INMEM_WRONG_PYTHON");
    expect(error.message).toMatch(/older.*needs libpython3\.12\.so\.1\.0.*expected libpython3\.13/);
  });
});
