// test/helpers/shared-object.ts: shared objects for tests, compiled by the system's cc.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpDir } from "./tmp.js";

/** The suffix of this interpreter's extension modules. */
export const extensionSuffix = ".cpython-313-x86_64-linux-gnu.so";

let folder: string | undefined;

/** Compiles C or C++ into a shared object; gives its bytes. Arguments go to the compiler behind the source. */
export function sharedObject(
  name: string,
  code: string,
  args: readonly string[] = [],
  language: "c" | "c++" = "c",
): Buffer {
  if (folder === undefined || !existsSync(folder)) folder = tmpDir("cc");
  const [compiler, source] = language === "c" ? ["cc", `${name}.c`] : ["c++", `${name}.cc`];
  writeFileSync(join(folder, source), code);
  const words = ["-w", "-shared", "-fPIC", "-o", `${name}.so`, source, ...args];
  execFileSync(compiler, words, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  return readFileSync(join(folder, `${name}.so`));
}

/**
 * C code of an extension module with `value()`, which gives `value`. Declares
 * what it needs of CPython's stable ABI itself: no header of Python is needed.
 */
export function extensionSource(name: string, value: number | string, more = ""): string {
  return `
typedef struct { long refcnt; void *type; } PyObject;
typedef struct { PyObject base; void *init; long index; void *copy; } PyModuleDef_Base;
typedef struct { const char *name; PyObject *(*fn)(PyObject *, PyObject *); int flags; const char *doc; } PyMethodDef;
typedef struct { PyModuleDef_Base base; const char *name, *doc; long size; PyMethodDef *methods; void *slots, *traverse, *clear, *free; } PyModuleDef;
extern PyObject *PyModuleDef_Init(PyModuleDef *);
extern PyObject *PyLong_FromLong(long);
${more}
static PyObject *value(PyObject *self, PyObject *args) { return PyLong_FromLong(${value}); }
static PyMethodDef methods[] = {{"value", value, 4, 0}, {0, 0, 0, 0}};
static PyModuleDef def = {{{1, 0}, 0, 0, 0}, "${name}", 0, 0, methods};
PyObject *PyInit_${name}(void) { return PyModuleDef_Init(&def); }
`;
}

/** An extension module \`name\`, compiled. */
export function extension(name: string, value: number | string, more = ""): Buffer {
  return sharedObject(
    `${name}-${String(value).replace(/\W/g, "_")}`,
    extensionSource(name, value, more),
  );
}
