// test/bad-input/shared-objects.test.ts: extension modules that cannot be loaded: which, why, what was expected.
import { describe, expect, it } from "vitest";
import { api, failPython, py, runPython } from "../helpers/python.js";
import {
  extension,
  extensionSource,
  extensionSuffix,
  sharedObject,
} from "../helpers/shared-object.js";
import { zipFile } from "../helpers/zip.js";

const so = (name: string) => `${name}${extensionSuffix}`;

/** A bundle that imports `name`, whose file is `file`. */
async function refused(
  file: Record<string, Uint8Array>,
  name: string,
  code: string | RegExp,
  ...words: (string | RegExp)[]
) {
  const path = zipFile({ "__main__.py": `print("begin", flush=True)\nimport ${name}`, ...file });
  const { error, stdout } = await failPython(path);
  expect(stdout).toBe("begin\n");
  expect(error).toBeInstanceOf(api.PythonError);
  expect(`${error.code}: ${error.message}`).toMatch(code);
  expect(error.type).toBe("ImportError");
  expect(error.message).toContain(path);
  for (const word of words) expect(error.message).toMatch(word);
  // A program may catch it and go on.
  const caught = zipFile({
    "__main__.py": `try: import ${name}\nexcept ImportError as e: print("caught", getattr(e, "inmem_code", "none"))`,
    ...file,
  });
  expect((await runPython(caught)).stdout).toMatch(/^caught ERR_INMEM_/);
  expect((await runPython("print('next')")).stdout).toBe("next\n");
}

describe("an extension", () => {
  const good = extension("good", 1);

  it.each([
    "cpython-312-x86_64-linux-gnu",
    "cpython-314-x86_64-linux-gnu",
    "cpython-313t-x86_64-linux-gnu",
    "cpython-313-aarch64-linux-gnu",
    "pypy310-pp73-x86_64-linux-gnu",
  ])("for %s is for another Python", (tag) =>
    refused(
      { [`good.${tag}.so`]: good },
      "good",
      /^ERR_INMEM_WRONG_PYTHON/,
      tag,
      /expected.*cpython-313-x86_64-linux-gnu/,
    ),
  );

  it("in a package for another Python is named too", () =>
    refused(
      {
        "p/__init__.py": Buffer.from("from . import good"),
        "p/good.cpython-312-x86_64-linux-gnu.so": good,
      },
      "p",
      /ERR_INMEM_WRONG_PYTHON/,
      /p\/good\.cpython-312/,
    ));

  it("for another machine", async () => {
    const arm = Buffer.from(good);
    arm.writeUInt16LE(183, 18); // EM_AARCH64
    await refused({ [so("good")]: arm }, "good", /^ERR_INMEM_WRONG_MACHINE/, /good/, /expected/i);
    const small = Buffer.from(good);
    small[4] = 1; // ELFCLASS32
    await refused({ [so("good")]: small }, "good", /^ERR_INMEM_WRONG_MACHINE/);
    const big = Buffer.from(good);
    big[5] = 2; // big-endian
    await refused({ [so("good")]: big }, "good", /^ERR_INMEM_(WRONG_MACHINE|BAD_ELF)/);
  });

  it("that is no ELF file: empty, text, Mach-O, PE", async () => {
    for (const bytes of ["", "text", "\xcf\xfa\xed\xfe\x07\0\0\x01", "MZ\x90\0"]) {
      await refused(
        { [so("good")]: Buffer.from(bytes, "latin1") },
        "good",
        /^ERR_INMEM_BAD_ELF/,
        /good/,
      );
    }
  });

  it("with an undefined symbol", async () => {
    const more = "extern long no_such_function_anywhere(void);";
    const bytes = extension("needy", "no_such_function_anywhere()", more);
    await refused(
      { [so("needy")]: bytes },
      "needy",
      /^ERR_INMEM_UNDEFINED_SYMBOL/,
      /no_such_function_anywhere/,
      /needy/,
    );
  });

  it("that needs a library that is nowhere", async () => {
    sharedObject("libghost", "int ghost(void) { return 1; }", ["-Wl,-soname,libghost.so.9"]);
    const source = extensionSource("haunted", "ghost()", "extern int ghost(void);");
    const bytes = sharedObject("haunted", source, ["-L.", "-l:libghost.so"]);
    await refused(
      { [so("haunted")]: bytes },
      "haunted",
      /^ERR_INMEM_MISSING_LIBRARY/,
      /libghost\.so\.9/,
      /haunted/,
    );
  });

  it("without PyInit_", async () => {
    const bytes = sharedObject("plain", "int unrelated(void) { return 1; }");
    const path = zipFile({ "__main__.py": "import plain", [so("plain")]: bytes });
    const { error } = await failPython(path);
    expect(error.type).toBe("ImportError");
    expect(error.message).toContain("PyInit_plain");
    expect((await runPython("print('next')")).stdout).toBe("next\n");
  });

  it("whose PyInit_ fails: the exception is its own", async () => {
    const source = `
      extern void *PyExc_RuntimeError; extern void PyErr_SetString(void *, const char *);
      void *PyInit_failing(void) { PyErr_SetString(PyExc_RuntimeError, "init failed"); return 0; }
      void *PyInit_silent(void) { return 0; }`;
    const bytes = sharedObject("failing", source);
    const { error } = await failPython({ "__main__.py": "import failing", [so("failing")]: bytes });
    expect([error.type, error.message]).toEqual(["RuntimeError", "init failed"]);
    const silent = await failPython({ "__main__.py": "import silent", [so("silent")]: bytes });
    expect(silent.error.type).toBe("SystemError");
  });

  it("that fails once can be mended: another bundle's good one loads in the same process", async () => {
    const bad = extension("mended", 5).subarray(0, 500);
    const { error } = await failPython({ "__main__.py": "import mended", [so("mended")]: bad });
    expect(error.code).toMatch(/^ERR_INMEM_(BAD_ELF|LOAD_FAILED)/);
    const files = {
      "__main__.py": "import mended; print(mended.value())",
      [so("mended")]: extension("mended", 5),
    };
    expect((await runPython(files)).stdout).toBe("5\n");
  });

  it("with a wrong CRC", async () => {
    const { makeZip } = await import("../helpers/zip.js");
    const bytes = makeZip([
      { name: "__main__.py", data: "import good" },
      { name: so("good"), data: good, crc: 0xbad },
    ]);
    const { error } = await failPython(bytes);
    expect(error.code).toBe("ERR_INMEM_BAD_CRC");
    expect(error.message).toContain(so("good"));
  });

  it.each([0, 1, 16, 63, 64, 100, 120, 500, 1000, 4096, 5000, 8000, 12_000])(
    "truncated at %i bytes is an error, never a crash",
    async (size) => {
      const bytes = good.subarray(0, Math.min(size, good.length - 1));
      await refused(
        { [so("good")]: bytes },
        "good",
        /^ERR_INMEM_(BAD_ELF|LOAD_FAILED|BAD_DATA)/,
        /good/,
      );
    },
  );
});

describe("the process after failed loads", () => {
  it("leaves no descriptor open", async () => {
    const bad = extension("leaky", 5).subarray(0, 3000);
    const count = async () =>
      Number((await runPython("import os; print(len(os.listdir('/proc/self/fd')))")).stdout);
    await failPython({ "__main__.py": "import leaky", [so("leaky")]: bad });
    const before = await count();
    for (let i = 0; i < 10; i++) {
      await failPython({
        "__main__.py": `#${i}\nimport leaky`,
        [so("leaky")]: bad.subarray(0, 3000 - i),
      });
    }
    expect(await count()).toBeLessThanOrEqual(before + 1);
  });

  it("a late ctypes.CDLL of a virtual path fails or works, never crashes", async () => {
    const lib = sharedObject("libplain", "int answer(void) { return 42; }");
    const path = zipFile({
      "__main__.py": py`
        import ctypes, sys
        print(ctypes.CDLL(sys.path[0] + "/libplain.so").answer())
        try: ctypes.CDLL(sys.path[0] + "/absent.so")
        except OSError as e: print("OSError")
      `,
      "libplain.so": lib,
    });
    expect((await runPython(path)).stdout).toBe("42\nOSError\n");
  });
});

describe("a failure that nobody has asked for", () => {
  it("is not told of the next object", async () => {
    // Its library loads; that it has no PyInit_bare is CPython's to say.
    const bare = sharedObject("bare", "int bare(void) { return 1; }");
    const main = py`
      import ctypes, os
      here = os.path.dirname(__file__)
      try: ctypes.CDLL(here + "/broken.so")
      except OSError as error: print("broken.so" in str(error))
      try: import bare
      except ImportError as error: print(getattr(error, "inmem_code", "none"), "PyInit_bare" in str(error))
    `;
    const path = zipFile({
      "__main__.py": main,
      "broken.so": Buffer.from("no ELF"),
      [so("bare")]: bare,
    });
    expect((await runPython(path)).stdout).toBe("True\nnone True\n");
  });
});
