// test/loader/by-hand.test.ts: libraries opened by ctypes, cffi and C code: dlopen, dladdr, and what was loaded first.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pypiWheel } from "../helpers/pypi-wheel.js";
import { api, jsonOf, py } from "../helpers/python.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { zipFile } from "../helpers/zip.js";

const soname = (name: string) => `-Wl,-soname,${name}`;

/** A library with `NAME_count()`, which counts its calls: two copies would each begin at 1. */
const counter = (name: string) =>
  sharedObject(name, `static int calls; int ${name}_count(void) { return ++calls; }`, [
    soname(`${name}.so.1`),
  ]);

/** Loaded objects of this name. */
const copies = (name: string) =>
  api.sharedObjects().filter(({ path }) => path.endsWith(`/${name}`)).length;

describe("weak references", () => {
  it("are null where only Node defines the symbol, as outside Node", async () => {
    const library = sharedObject(
      "libask",
      `__attribute__((weak)) int main(); __attribute__((weak)) int SSL_new();
       __attribute__((weak)) int atoi(const char *);
       int asked(void) { return (main != 0) + 2 * (SSL_new != 0) + 4 * (atoi != 0); }`,
    );
    const bundle = zipFile({
      "__main__.py": py`
        import ctypes, json, os
        print(json.dumps(ctypes.CDLL(os.path.join(os.path.dirname(__file__), "libask.so")).asked()))
      `,
      "libask.so": library,
    });
    expect(await jsonOf(bundle)).toBe(4);
    const asked = api.sharedObjects().find(({ path }) => path.endsWith("/libask.so"));
    expect(asked?.rebindings.map(({ symbol, to }) => [symbol, to])).toContainEqual(["SSL_new", ""]);
    expect(asked?.violations).toBe(0);
  });
});

describe("weak references to the C library that Node has stubs and copies of", () => {
  it("are not null: C++ asks by one whether there are threads", async () => {
    const library = sharedObject(
      "libthreads",
      `__attribute__((weak)) int __pthread_key_create(); __attribute__((weak)) void *malloc();
       __attribute__((weak)) extern char **environ;
       int asked(void) { return (__pthread_key_create != 0) + 2 * (malloc != 0) + 4 * (&environ != 0)
         + 8 * (environ != 0); }`,
    );
    const bundle = zipFile({
      "__main__.py": py`
        import ctypes, json, os
        path = os.path.join(os.path.dirname(__file__), "libthreads.so")
        print(json.dumps(ctypes.CDLL(path).asked()))
      `,
      "libthreads.so": library,
    });
    expect(await jsonOf(bundle)).toBe(15);
  });
});

describe("ctypes", () => {
  it("CDLL of a virtual path: a library with what it needs", async () => {
    const inner = sharedObject("libinner", "int inner(void) { return 20; }", [
      soname("libinner.so.3"),
    ]);
    const outer = sharedObject(
      "libouter",
      "extern int inner(void); int outer(void) { return inner() + 1; }",
      ["-L.", "-l:libinner.so", "-Wl,-rpath,$ORIGIN/deep"],
    );
    const bundle = zipFile({
      "__main__.py": py`
        import ctypes, json, os
        path = os.path.join(os.path.dirname(__file__), "lib/libouter.so")
        library = ctypes.CDLL(path)
        print(json.dumps([path, library.outer(), library._name]))
      `,
      "lib/libouter.so": outer,
      "lib/deep/libinner.so.3": inner,
    });
    const path = `${bundle}/lib/libouter.so`;
    expect(await jsonOf(bundle)).toEqual([path, 21, path]);
    expect(copies("libinner.so.3")).toBe(1);
  });

  it("CDLL of a path that leads nowhere: OSError tells of it", async () => {
    const bundle = zipFile({
      "__main__.py": py`
        import ctypes, json, os
        texts = []
        for name in ["lib/absent.so", "lib/text.so"]:
            try:
                ctypes.CDLL(os.path.join(os.path.dirname(__file__), name))
            except OSError as error:
                texts.append(str(error))
        print(json.dumps(texts))
      `,
      "lib/text.so": "not ELF at all",
    });
    const [absent, text] = await jsonOf<string[]>(bundle);
    expect(absent).toMatch(/lib\/absent\.so: no such entry/);
    expect(text).toMatch(/lib\/text\.so: .*ELF/);
  });

  it("CDLL(None) is the program itself, and dlsym of a host function works", async () => {
    const program = "import ctypes, os, json; c = ctypes.CDLL(None)";
    expect(await jsonOf(`${program}\nprint(json.dumps(c.getpid() == os.getpid()))`)).toBe(true);
  });

  it("a library first by ctypes and later needed by an extension is one", async () => {
    const user = (name: string) =>
      sharedObject(
        name,
        extensionSource(name, "libfirst_count()", "extern int libfirst_count(void);"),
        ["-L.", "-l:libfirst.so", "-Wl,-rpath,$ORIGIN/libs"],
      );
    const first = counter("libfirst");
    const bundle = zipFile({
      "__main__.py": py`
        import ctypes, json, os
        library = ctypes.CDLL(os.path.join(os.path.dirname(__file__), "libs/libfirst.so.1"))
        counts = [library.libfirst_count()]
        import needsfirst
        print(json.dumps(counts + [needsfirst.value(), library.libfirst_count()]))
      `,
      [`needsfirst${extensionSuffix}`]: user("needsfirst"),
      "libs/libfirst.so.1": first,
    });
    expect(await jsonOf(bundle)).toEqual([1, 2, 3]);
    expect(copies("libfirst.so.1")).toBe(1);
  });

  it("and the reverse, by path and by bare soname", async () => {
    const second = counter("libsecond");
    const user = sharedObject(
      "needssecond",
      extensionSource("needssecond", "libsecond_count()", "extern int libsecond_count(void);"),
      ["-L.", "-l:libsecond.so", "-Wl,-rpath,$ORIGIN/libs"],
    );
    const bundle = zipFile({
      "__main__.py": py`
        import ctypes, json, os, needssecond
        counts = [needssecond.value()]
        for name in [os.path.join(os.path.dirname(__file__), "libs/libsecond.so.1"), "libsecond.so.1"]:
            counts.append(ctypes.CDLL(name).libsecond_count())
        print(json.dumps(counts))
      `,
      [`needssecond${extensionSuffix}`]: user,
      "libs/libsecond.so.1": second,
    });
    expect(await jsonOf(bundle)).toEqual([1, 2, 3]);
    expect(copies("libsecond.so.1")).toBe(1);
  });
});

describe("cffi", () => {
  it("dlopen before and after an extension needs the library", { timeout: 120_000 }, async () => {
    const wheel = await pypiWheel({
      requirement: "cffi==2.0.0",
      platforms: ["manylinux2014_x86_64"],
    });
    const backend = `_cffi_backend${extensionSuffix}`;
    const library = counter("libforcffi");
    const user = (name: string) =>
      sharedObject(
        name,
        extensionSource(name, "libforcffi_count()", "extern int libforcffi_count(void);"),
        ["-L.", "-l:libforcffi.so", "-Wl,-rpath,$ORIGIN/libs"],
      );
    const bundle = zipFile({
      [backend]: execFileSync("unzip", ["-p", wheel, backend]),
      "__main__.py": py`
        import json, os
        import _cffi_backend as cffi
        root = os.path.dirname(__file__)
        count = cffi.new_function_type((), cffi.new_primitive_type("int"))
        def opened(name):  # what FFI.dlopen does
            return cffi.load_library(name, 0).load_function(count, "libforcffi_count")
        counts = [opened(os.path.join(root, "libs/libforcffi.so.1"))()]
        import needscffi
        counts.append(needscffi.value())
        counts.append(opened("libforcffi.so.1")())
        print(json.dumps(counts))
      `,
      [`needscffi${extensionSuffix}`]: user("needscffi"),
      "libs/libforcffi.so.1": library,
    });
    expect(await jsonOf(bundle)).toEqual([1, 2, 3]);
    expect(copies("libforcffi.so.1")).toBe(1);
  });
});

describe("dlopen and dladdr by C code of a bundle", () => {
  // A library with plugins beside it, as GDAL, Qt or OpenSSL have them.
  const host = sharedObject(
    "libhost",
    `#define _GNU_SOURCE
     #include <dlfcn.h>
     #include <string.h>
     static char path[4096];
     const char *where(void) {
       Dl_info info;
       return dladdr((void *)where, &info) ? info.dli_fname : "nothing";
     }
     static int value_of(void *handle) {
       int (*value)(void) = handle ? (int (*)(void))dlsym(handle, "plugin_value") : 0;
       return value ? value() : -1;
     }
     int open_plugin(const char *name) { return value_of(dlopen(name, RTLD_NOW)); }
     int open_beside(const char *name) {
       strcpy(path, where());
       strcpy(strrchr(path, '/') + 1, name);
       return open_plugin(path);
     }
     int open_twice(const char *name) { return dlopen(name, RTLD_NOW) == dlopen(name, RTLD_NOW); }
     int loaded(const char *name) { return dlopen(name, RTLD_NOW | RTLD_NOLOAD) != 0; }
     const char *plugin_where(const char *name) {
       Dl_info info;
       void *symbol = dlsym(dlopen(name, RTLD_NOW), "plugin_value");
       return symbol && dladdr(symbol, &info) ? info.dli_fname : "nothing";
     }
     const char *error_of(const char *name) {
       return dlopen(name, RTLD_NOW) ? "no error" : dlerror();
     }
     int main_program(void) {
       void *self = dlopen(0, RTLD_NOW);
       return self && dlsym(self, "getpid") == dlsym(RTLD_DEFAULT, "getpid");
     }
     int by_handle(const char *name) {
       void *handle = dlopen(name, RTLD_NOW);
       int value = value_of(handle);
       return dlclose(handle) == 0 && value_of(handle) == value ? value : -2;
     }`,
    ["-Wl,-rpath,$ORIGIN/more"],
  );
  const plugin = (value: number, name: string) =>
    sharedObject(`plugin${value}`, `int plugin_value(void) { return ${value}; }`, [soname(name)]);
  const program = py`
    import ctypes, json, os, sys
    host = ctypes.CDLL(os.path.join(os.path.dirname(__file__), "pkg/libhost.so"))
    for name in ["where", "plugin_where", "error_of"]:
        getattr(host, name).restype = ctypes.c_char_p
    words = [word.encode() for word in sys.argv[2:]]
    result = getattr(host, sys.argv[1])(*words)
    print(json.dumps(result.decode() if isinstance(result, bytes) else result))
  `;
  const bundle = zipFile({
    "__main__.py": program,
    "pkg/libhost.so": host,
    "pkg/plugin1.so": plugin(1, "plugin1.so"),
    "pkg/plugins/plugin2.so": plugin(2, "other-name.so"),
    "pkg/plugin3.so": plugin(3, "plugin3.so"),
    "pkg/more/plugin4.so": plugin(4, "plugin4.so"),
    "elsewhere/plugin5.so": plugin(5, "plugin5.so"),
    "pkg/broken.so": "not ELF at all",
  });
  const call = (...args: string[]) => jsonOf<number | string>(bundle, { args });

  it("dladdr answers the virtual path", async () => {
    expect(await call("where")).toBe(`${bundle}/pkg/libhost.so`);
  });

  it("beside itself, by dladdr's path", async () => {
    expect(await call("open_beside", "plugin1.so")).toBe(1);
    expect(await call("open_beside", "plugins/plugin2.so")).toBe(2);
    expect(await call("open_beside", "../elsewhere/plugin5.so")).toBe(5);
  });

  const origin = "{ORIGIN}";

  it("by $ORIGIN", async () => {
    expect(await call("open_plugin", "$ORIGIN/plugin3.so")).toBe(3);
    expect(await call("open_plugin", `$${origin}/plugins/plugin2.so`)).toBe(2);
    expect(await call("plugin_where", "$ORIGIN/plugin3.so")).toBe(`${bundle}/pkg/plugin3.so`);
  });

  it("by bare name, over its RUNPATH", async () => {
    expect(await call("open_plugin", "plugin4.so")).toBe(4);
    expect(await call("plugin_where", "plugin4.so")).toBe(`${bundle}/pkg/more/plugin4.so`);
  });

  it("by bare name: the C library's own are the host's", async () => {
    expect(await call("loaded", "libm.so.6")).toBe(1);
  });

  it("the same handle each time, that survives dlclose", async () => {
    expect(await call("open_twice", "$ORIGIN/plugin3.so")).toBe(1);
    expect(await call("by_handle", "$ORIGIN/plugin3.so")).toBe(3);
  });

  it("dlopen(NULL) is the program", async () => {
    expect(await call("main_program")).toBe(1);
  });

  it("dlerror tells which entry and why", async () => {
    expect(await call("error_of", "$ORIGIN/broken.so")).toMatch(/pkg\/broken\.so: .*ELF/);
    expect(await call("error_of", `${bundle}/pkg/absent.so`)).toMatch(/absent\.so: no such entry/);
    expect(await call("error_of", "libnowhere.so.9")).toMatch(/libnowhere\.so\.9/);
  });

  it("RTLD_NOLOAD of what is not loaded gives null", async () => {
    const other = zipFile({
      "__main__.py": program,
      "pkg/libhost.so": Buffer.concat([host, Buffer.from("\n")]),
      "pkg/idle.so": plugin(6, "idle.so"),
    });
    const ask = (...args: string[]) => jsonOf(other, { args });
    expect(await ask("loaded", `${other}/pkg/idle.so`)).toBe(0);
    expect(await ask("open_beside", "idle.so")).toBe(6);
    expect(await ask("loaded", `${other}/pkg/idle.so`)).toBe(1);
  });

  it("of bundles that are Buffers: the path leads back to them", async () => {
    const bytes = readFileSync(bundle);
    expect(await jsonOf(bytes, { args: ["open_beside", "plugins/plugin2.so"] })).toBe(2);
  });
});
