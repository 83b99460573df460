// lib/bundle/check-options.ts: the options of bundle(), checked.
import {
  checkBooleans,
  checkedEntries,
  checkIsObject,
  checkNames,
  checkSignal,
  checkString,
  checkTexts,
  wrongType,
} from "../options.js";
import { checkCompression } from "./compression.js";
import { type BundleOptions, ENTRIES } from "./options.js";
import { PRUNINGS } from "./selection.js";

const LISTS = [
  "requirements",
  "requirementFiles",
  "constraintFiles",
  "extras",
  "groups",
  "projects",
  "wheelFolders",
  "args",
  "extraIndexUrls",
  "findLinks",
  "exclude",
] as const;
const TEXTS = [
  "description",
  "main",
  "module",
  "entry",
  "folder",
  "indexUrl",
  "proxy",
  "cert",
  "clientCert",
  "platform",
  "pythonVersion",
  "from",
] as const;
const BOOLEANS = ["noIndex", "compile", "source", "cache"] as const;
const OTHERS = [
  "output",
  "files",
  "environment",
  "optimize",
  "compress",
  "prune",
  "executable",
  "onProgress",
  "signal",
] as const;

const NAMES = [...LISTS, ...TEXTS, ...BOOLEANS, ...OTHERS];

/** At least one of them must be given, or an entry. */
const SOURCES = ["requirements", "requirementFiles", "projects", "wheelFolders"] as const;

/**
 * Checks what JavaScript callers may have mistyped.
 * @throws {TypeError} an unknown option, a wrong type, or nothing to bundle; {RangeError} a value, or
 * names that no bundle can have.
 */
export function checkOptions(options: BundleOptions): void {
  checkIsObject(options);
  checkNames(options, NAMES);
  checkTypes(options);
  checkInputs(options);
  checkForm(options);
}

function checkTypes(options: BundleOptions): void {
  const { output, signal, onProgress } = options;
  if (!isText(output)) throw wrongType("output", "a path", output);
  checkString("output", output);
  for (const key of LISTS) checkTexts(key, options[key]);
  checkTexts("prune", options.prune);
  for (const key of TEXTS) checkString(key, options[key]);
  checkBooleans(options, BOOLEANS);
  checkSignal(signal);
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw wrongType("onProgress", "a function", onProgress);
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function checkInputs(options: BundleOptions): void {
  checkFiles(options.files);
  checkEnvironment(options.environment);
  const entries = ENTRIES.filter((key) => options[key] !== undefined);
  if (entries.length > 1) throw new TypeError(`Expected one of ${entries.join(" and ")}`);
  const { main, folder, description, module, entry, files, from } = options;
  const given =
    SOURCES.some((key) => (options[key]?.length ?? 0) > 0) ||
    [main, folder, description, module, entry, files, from].some((value) => value !== undefined);
  if (!given) {
    throw new TypeError(
      `Expected at least one of ${SOURCES.join(", ")}, description, main, module, entry, folder, files and from`,
    );
  }
}

function checkFiles(files: BundleOptions["files"]): void {
  const expected = "an object of names and paths or contents";
  for (const [name, file] of checkedEntries("files", files, expected)) {
    checkName(name);
    if (!isText(file) && !(file instanceof Uint8Array)) {
      throw wrongType(`files["${name}"]`, "a path or bytes", file);
    }
  }
}

function checkName(name: string): void {
  const parts = name.split("/");
  if (parts.includes("") || parts.includes("..") || parts.includes(".") || /[\\\0]/.test(name)) {
    throw new RangeError(`Expected a relative path for a name in files but received "${name}"`);
  }
}

function checkEnvironment(environment: BundleOptions["environment"]): void {
  const expected = "an object of strings";
  for (const [name, value] of checkedEntries("environment", environment, expected)) {
    if (typeof value !== "string") throw wrongType(`environment.${name}`, "a string", value);
  }
}

function checkForm(options: BundleOptions): void {
  const { compile, source, optimize, compress, prune = [], executable } = options;
  if (compile === false && source === false) {
    throw new RangeError("Expected sources, byte code or both but received false for each");
  }
  if (optimize !== undefined && ![0, 1, 2].includes(optimize)) {
    throw new RangeError(`Expected 0, 1 or 2 for optimize but received ${String(optimize)}`);
  }
  if (compress !== undefined) checkCompression(compress);
  for (const name of prune) {
    if (PRUNINGS.includes(name)) continue;
    throw new RangeError(`Expected ${PRUNINGS.join(", ")} in prune but received "${name}"`);
  }
  if (executable === undefined || typeof executable === "boolean") return;
  if (!isText(executable)) throw wrongType("executable", "a boolean or a line", executable);
  if (/[\r\n\0]/.test(executable)) throw new RangeError("Expected one line for executable");
}
