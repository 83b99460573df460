// test/bad-input/constructors.test.ts: libraries whose constructors do what constructors should not.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const so = (name: string) => `${name}${extensionSuffix}`;

/** A bundle in a process of its own: what it does may end that. */
async function run(files: Record<string, string | Uint8Array>, ...options: string[]) {
  const { code, signal, stdout, stderr, timedOut } = await spawnCommand([
    "run",
    ...options,
    zipFile(files),
  ]);
  expect(timedOut).toBe(false);
  return { code, signal, stdout, stderr };
}

/** An extension whose constructor runs `body`; `more` are declarations. */
function withConstructor(name: string, body: string, more: string): Buffer {
  const code = `${more}\n__attribute__((constructor)) static void begin(void) { ${body} }`;
  return sharedObject(name, extensionSource(name, 7, code));
}

const importing = (name: string) => py`
  import sys
  print("begin", flush=True)
  try:
      import ${name}
      print("value", ${name}.value())
  except ImportError as error:
      print(getattr(error, "inmem_code", "no code"), error)
`;

describe("a constructor that throws", () => {
  /** An extension that needs a C++ library whose constructor does this. */
  function throwing(what: string): Record<string, Uint8Array> {
    const code = `#include <stdexcept>
      struct Thrower { Thrower() { ${what} } } thrower;
      extern "C" int thrown() { return 7; }`;
    const library = sharedObject("libthrower", code, ["-Wl,-soname,libthrower.so.1"], "c++");
    const source = extensionSource("needs", "thrown()", "extern int thrown(void);");
    const extension = sharedObject("needs", source, ["-L.", "-l:libthrower.so"]);
    return { [so("needs")]: extension, "libthrower.so.1": library };
  }

  it("a std::exception: the error tells its text", async () => {
    const { code, signal, stdout } = await run({
      "__main__.py": importing("needs"),
      ...throwing('throw std::runtime_error("no licence found");'),
    });
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout).toMatch(
      /^begin\nERR_INMEM_LOAD_FAILED .*libthrower.*constructor.*no licence found/,
    );
  });

  it("anything else: the error tells that", async () => {
    const { code, signal, stdout } = await run({
      "__main__.py": importing("needs"),
      ...throwing("throw 42;"),
    });
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout).toMatch(/^begin\nERR_INMEM_LOAD_FAILED .*libthrower.*constructor/);
  });

  it("again at the next import: no half-loaded object is given out", async () => {
    const program = importing("needs") + importing("needs");
    const { code, signal, stdout } = await run({
      "__main__.py": program,
      ...throwing("throw 42;"),
    });
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout.match(/ERR_INMEM_LOAD_FAILED/g)).toHaveLength(2);
    expect(stdout).not.toContain("value");
  });
});

describe("a constructor that ends the process", () => {
  it.each(["exit(7)", "_exit(7)"])("%s: the status is its own", async (call) => {
    const bytes = withConstructor(
      "leaver",
      `${call};`,
      "extern void exit(int); extern void _exit(int);",
    );
    const { code, signal, stdout } = await run({
      "__main__.py": importing("leaver"),
      [so("leaver")]: bytes,
    });
    expect({ code, signal, stdout }).toEqual({ code: 7, signal: null, stdout: "begin\n" });
  });
});

describe("a constructor that loads something else", () => {
  const declare = `
    extern void *PyImport_ImportModule(const char *); extern void PyErr_Print(void);
    extern void *dlopen(const char *, int); extern char *dlerror(void);
    extern int printf(const char *, ...); extern int fflush(void *);`;

  it("imports an extension of the bundle with a closure of its own", async () => {
    const low = sharedObject("libctorlow", "int low(void) { return 5; }", [
      "-Wl,-soname,libctorlow.so.1",
    ]);
    const inner = sharedObject(
      "inner",
      extensionSource("inner", "low()", "extern int low(void);"),
      ["-L.", "-l:libctorlow.so"],
    );
    const outer = withConstructor(
      "outer",
      `if (!PyImport_ImportModule("inner")) PyErr_Print();`,
      declare,
    );
    const { code, stdout, stderr } = await run({
      "__main__.py": `${importing("outer")}\nimport inner; print("inner", inner.value(), "inner" in sys.modules)`,
      [so("outer")]: outer,
      [so("inner")]: inner,
      "libctorlow.so.1": low,
    });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "begin\nvalue 7\ninner 5 True\n",
      stderr: "",
    });
  });

  it("imports itself: an error, no endless loop and no deadlock", async () => {
    const bytes = withConstructor(
      "selfish",
      `if (!PyImport_ImportModule("selfish")) PyErr_Print();`,
      declare,
    );
    const { code, signal, stdout } = await run({
      "__main__.py": importing("selfish"),
      [so("selfish")]: bytes,
    });
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout).toContain("value 7\n");
  });

  it("a dependency's constructor imports the extension that needs it", async () => {
    const dependency = sharedObject(
      "libeager",
      `${declare}
       int eager(void) { return 3; }
       __attribute__((constructor)) static void begin(void) {
         if (!PyImport_ImportModule("needy")) PyErr_Print(); }`,
      ["-Wl,-soname,libeager.so.1"],
    );
    const needy = sharedObject(
      "needy",
      extensionSource("needy", "eager()", "extern int eager(void);"),
      ["-L.", "-l:libeager.so"],
    );
    const { code, signal, stdout } = await run({
      "__main__.py": importing("needy"),
      [so("needy")]: needy,
      "libeager.so.1": dependency,
    });
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout).toMatch(/value 3\n$/);
  });
});

describe("two threads", () => {
  it("import the same closure at once: loaded once, and both can call it", async () => {
    const counting = `
      static int begun;
      __attribute__((constructor)) static void begin(void) {
        struct { long s, ns; } nap = {0, 50000000}; extern int nanosleep(void *, void *);
        nanosleep(&nap, 0); begun++; }
      int begun_times(void) { return begun; }`;
    const low = sharedObject("libcounting", counting, ["-Wl,-soname,libcounting.so.1"]);
    const top = (name: string) =>
      sharedObject(name, extensionSource(name, "begun_times()", "extern int begun_times(void);"), [
        "-L.",
        "-l:libcounting.so",
      ]);
    const program = py`
      import ctypes, importlib, sys, threading
      barrier = threading.Barrier(6)
      results = []
      def load(name):
          barrier.wait()
          if name.endswith(".so.1"):
              results.append(ctypes.CDLL(f"{sys.path[0]}/{name}").begun_times())
          else:
              results.append(importlib.import_module(name).value())
      names = ["first", "first", "second", "second", "libcounting.so.1", "libcounting.so.1"]
      threads = [threading.Thread(target=load, args=(name,)) for name in names]
      for thread in threads: thread.start()
      for thread in threads: thread.join()
      print(results)
    `;
    const { code, stdout, stderr } = await run(
      {
        "__main__.py": program,
        [so("first")]: top("first"),
        [so("second")]: top("second"),
        "libcounting.so.1": low,
      },
      "--report=json",
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "[1, 1, 1, 1, 1, 1]\n" });
    const { objects } = JSON.parse(stderr) as { objects: { path: string }[] };
    expect(objects).toHaveLength(3);
  });
});
