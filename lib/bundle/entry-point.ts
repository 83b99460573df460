// lib/bundle/entry-point.ts: the __main__.py that starts an application.
import { InmemError } from "../errors.js";

/** What is started: one of three. */
export type EntryWish =
  | {
      readonly kind: "file";
      readonly source: Buffer;
      readonly fileName: string;
      readonly path: string;
    }
  | { readonly kind: "module"; readonly module: string }
  | { readonly kind: "function"; readonly module: string; readonly name: string };

/** What an application starts with, beside what the command line gives. */
export interface EntrySettings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The files that make it so: name in the bundle, and content. */
export type EntryFiles = ReadonlyMap<string, Buffer>;

const NAME = /^[A-Za-z_]\w*$/;

/** @throws {InmemError} ERR_INMEM_CONFIG when it is not "package.module". */
export function moduleEntry(module: string): EntryWish {
  checkDotted(module, "module", "package.module");
  return { kind: "module", module };
}

/** @throws {InmemError} ERR_INMEM_CONFIG when it is not "package.module:function". */
export function functionEntry(text: string): EntryWish {
  const [module = "", name = "", ...rest] = text.split(":");
  const expected = "package.module:function";
  if (rest.length > 0 || name === "") refuse("entry", text, expected);
  checkDotted(module, "entry", expected, text);
  checkDotted(name, "entry", expected, text);
  return { kind: "function", module, name };
}

/** `__main__.py`, and the application's own file where that cannot be it. */
export function entryFiles(wish: EntryWish, settings: EntrySettings): EntryFiles {
  const before = settingLines(settings);
  if (wish.kind === "file") {
    if (before.length === 0) return new Map([["__main__.py", wish.source]]);
    const module = moduleNameOf(wish.fileName);
    return new Map([
      ["__main__.py", mainFile(before, [runModule(module)])],
      [`${module}.py`, wish.source],
    ]);
  }
  if (wish.kind === "module")
    return new Map([["__main__.py", mainFile(before, [runModule(wish.module)])]]);
  const [first = ""] = wish.name.split(".");
  const lines = [`from ${wish.module} import ${first}`, "", `sys.exit(${wish.name}())`];
  return new Map([["__main__.py", mainFile(before, lines)]]);
}

/** Names of which one must be in the bundle for a module to be found. */
export function filesOfModule(module: string, isRun: boolean): string[] {
  const path = module.replaceAll(".", "/");
  const packageFile = isRun ? `${path}/__main__.py` : `${path}/__init__.py`;
  return [`${path}.py`, packageFile, `${path}.pyc`];
}

function settingLines({ args, environment }: EntrySettings): string[] {
  const variables = Object.entries(environment).map(
    ([name, value]) => `os.environ.setdefault(${pythonText(name)}, ${pythonText(value)})`,
  );
  const words = args.map(pythonText).join(", ");
  return [...variables, ...(args.length > 0 ? [`sys.argv[1:1] = [${words}]`] : [])];
}

function mainFile(before: readonly string[], start: readonly string[]): Buffer {
  const imports = ["os", "runpy", "sys"].filter((name) =>
    [...before, ...start].some((line) => line.includes(`${name}.`)),
  );
  const lines = [
    "# Made by inmem-python bundle.",
    ...imports.map((name) => `import ${name}`),
    "",
    ...before,
    ...start,
    "",
  ];
  return Buffer.from(lines.join("\n"));
}

function runModule(module: string): string {
  return `runpy.run_module(${pythonText(module)}, run_name="__main__", alter_sys=True)`;
}

function moduleNameOf(fileName: string): string {
  const stem = fileName.replace(/\.pyw?$/, "");
  return stem.includes(".") || stem === "__main__" || stem === "" ? "_application" : stem;
}

// JSON's text is Python's too, but for lone surrogates and what lies beyond 16 bits.
function pythonText(text: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  if (/[\ud800-\udfff]/.test(text)) {
    const points = [...text].map((char) => char.codePointAt(0) ?? 0);
    return `"${points.map((point) => `\\U${point.toString(16).padStart(8, "0")}`).join("")}"`;
  }
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escaped);
}

function checkDotted(name: string, what: string, expected: string, all = name): void {
  if (!name.split(".").every((part) => NAME.test(part))) refuse(what, all, expected);
}

function refuse(what: string, found: string, expected: string): never {
  throw new InmemError("ERR_INMEM_CONFIG", `${what} "${found}" (expected ${expected})`);
}
