// lib/bundle/description.ts: inmem.toml and [tool.inmem-python]: one file that describes an application.
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import { packageRoot } from "../binding.js";
import { InmemError } from "../errors.js";
import type { Compression } from "./compression.js";
import { hintFor } from "./nearest.js";
import { ENTRIES } from "./options.js";
import type { Pruning } from "./selection.js";
import { isTable, readToml, type TomlTable, tableAt } from "./toml-file.js";

export const DESCRIPTION_NAME = "inmem.toml";
const PROJECT_NAME = "pyproject.toml";

/** The keys of the schema (schema/inmem.schema.json), all paths absolute. */
export interface Description {
  /** The file that was asked for. */
  readonly path: string;
  /** Its folder. */
  readonly folder: string;
  /** All files that were read, for the key of the cache. */
  readonly sources: readonly string[];
  readonly keys: DescriptionKeys;
}

/** As they stand in the file. */
export interface DescriptionKeys {
  readonly name?: string;
  readonly output?: string;
  readonly requirements?: readonly string[];
  readonly "requirement-files"?: readonly string[];
  readonly "constraint-files"?: readonly string[];
  readonly "wheel-folders"?: readonly string[];
  readonly package?: boolean;
  readonly extras?: readonly string[];
  readonly groups?: readonly string[];
  readonly main?: string;
  readonly module?: string;
  readonly entry?: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  readonly port?: number;
  readonly "exported-port"?: number;
  readonly files?: readonly string[] | Readonly<Record<string, string>>;
  readonly exclude?: readonly string[];
  readonly prune?: readonly Pruning[];
  readonly compile?: boolean;
  readonly optimize?: 0 | 1 | 2;
  readonly source?: boolean;
  readonly compress?: Compression;
  readonly target?: { readonly platform?: string; readonly "python-version"?: string };
  readonly index?: {
    readonly url?: string;
    readonly "extra-urls"?: readonly string[];
    readonly "find-links"?: readonly string[];
    readonly none?: boolean;
  };
}

/** The file that describes the application in this folder; undefined: there is none. */
export function findDescription(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const isFolder = statSync(path).isDirectory();
  const own = isFolder ? join(path, DESCRIPTION_NAME) : path;
  if (basename(own) === DESCRIPTION_NAME && existsSync(own)) return own;
  const project = isFolder ? join(path, PROJECT_NAME) : path;
  if (basename(project) !== PROJECT_NAME || !existsSync(project)) return undefined;
  return ownTable(project) === undefined ? undefined : project;
}

/**
 * Reads a description with all that it includes.
 * @throws {InmemError} ERR_INMEM_CONFIG: unreadable, no TOML, unknown keys,
 * values of a wrong type, files that include each other.
 */
export function readDescription(file: string): Description {
  const path = resolve(file);
  const sources: string[] = [];
  const keys = readWithIncludes(path, [], sources);
  return { path, folder: dirname(path), sources, keys };
}

function readWithIncludes(path: string, chain: readonly string[], sources: string[]): TomlTable {
  if (chain.includes(path)) {
    const circle = [...chain.slice(chain.indexOf(path)), path].join(" -> ");
    fail(`files that include each other: ${circle}`);
  }
  const table = ownTable(path) ?? fail(`${path}: no [tool.inmem-python] in it`);
  check(table, path);
  if (!sources.includes(path)) sources.push(path);
  const { include = [], ...own } = absolutePaths(table, dirname(path));
  const bases = (include as string[]).map((name) => {
    if (!existsSync(name)) fail(`${path} includes ${name}, which does not exist`);
    return readWithIncludes(name, [...chain, path], sources);
  });
  return [...bases, own].reduce(merge, {});
}

function ownTable(path: string): TomlTable | undefined {
  const table = readToml(path);
  return basename(path) === PROJECT_NAME ? tableAt(table, "tool", "inmem-python") : table;
}

// What comes later goes on with lists, and replaces what else there is.
function merge(base: TomlTable, over: TomlTable): TomlTable {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const earlier = merged[key];
    if (Array.isArray(earlier) && Array.isArray(value)) merged[key] = [...earlier, ...value];
    else if (isTable(earlier) && isTable(value)) merged[key] = merge(earlier, value);
    else merged[key] = value;
  }
  // One entry: a description that names another has replaced its base's.
  for (const key of ENTRIES) {
    if (key in over) for (const other of ENTRIES) if (!(other in over)) delete merged[other];
  }
  return merged;
}

/** Keys whose values are paths, relative to the file that has them. */
const PATHS = [
  "output",
  "include",
  "requirement-files",
  "constraint-files",
  "wheel-folders",
  "main",
];

function absolutePaths(table: TomlTable, folder: string): TomlTable {
  const absolute = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(absolute);
    return resolve(folder, value as string);
  };
  const result = { ...table };
  for (const key of PATHS) if (key in table) result[key] = absolute(table[key]);
  // "./libs/own" and "../other" are pip's paths; "numpy" is not one.
  if (Array.isArray(table["requirements"])) {
    result["requirements"] = table["requirements"].map((word: string) =>
      /^\.\.?(\/|$)/.test(word) ? resolve(folder, word) : word,
    );
  }
  if (isTable(table["files"])) {
    result["files"] = Object.fromEntries(
      Object.entries(table["files"]).map(([name, path]) => [name, absolute(path)]),
    );
  } else if (Array.isArray(table["files"])) result["files"] = table["files"].map(absolute);
  const index = table["index"];
  if (isTable(index) && Array.isArray(index["find-links"])) {
    const links = index["find-links"] as string[];
    const places = links.map((link) => (/^[a-z+]+:/.test(link) ? link : absolute(link)));
    result["index"] = { ...index, "find-links": places };
  }
  return result;
}

function check(table: TomlTable, path: string): void {
  const schema = readSchema();
  refuseUnknown(table, schema, path, "");
  const { valid, errors } = new Validator(schema, "2020-12", false).validate(table);
  if (!valid) fail(`${path}: ${wrongValues(errors, table, schema).join("; ")}`);
  if (table["compile"] === false && table["source"] === false) {
    fail(`${path}: compile and source are both false (expected sources, byte code or both)`);
  }
  const entries = ENTRIES.filter((key) => key in table);
  if (entries.length > 1) fail(`${path}: ${entries.join(" and ")} (expected one of them)`);
}

function readSchema(): Schema {
  const path = join(packageRoot, "schema", "inmem.schema.json");
  return JSON.parse(readFileSync(path, "utf8")) as Schema;
}

function refuseUnknown(table: TomlTable, schema: Schema, path: string, prefix: string): void {
  const known = Object.keys((schema["properties"] as object | undefined) ?? {});
  if (schema["additionalProperties"] !== false) return;
  for (const [key, value] of Object.entries(table)) {
    if (!known.includes(key)) {
      const hint = hintFor(key, known) || `; the keys are ${known.join(", ")}`;
      fail(`${path}: unknown key ${prefix}${key}${hint}`);
    }
    const inner = (schema["properties"] as Record<string, Schema>)[key];
    if (inner && isTable(value)) refuseUnknown(value, inner, path, `${prefix}${key}.`);
  }
}

// The validator tells each schema around a wrong value, and the value's own last.
function wrongValues(errors: readonly OutputUnit[], table: TomlTable, schema: Schema): string[] {
  const deepest = errors.filter(
    ({ keyword }) =>
      !["properties", "$ref", "items", "oneOf", "additionalProperties"].includes(keyword),
  );
  const told = (deepest.length > 0 ? deepest : errors).map((unit) => {
    const keys = keysOf(unit.instanceLocation);
    const reason =
      unit.keyword === "pattern" ? misfit(unit, table, schema) : unit.error.replace(/\.$/, "");
    return `${keys.join(".")}: ${reason}`;
  });
  return [...new Set(told)];
}

// The validator names neither the text nor what it should be like.
function misfit(unit: OutputUnit, table: TomlTable, schema: Schema): string {
  const at = (root: object, keys: readonly string[]) =>
    keys.reduce<unknown>((value, key) => (value as TomlTable | undefined)?.[key], root);
  const value = at(table, keysOf(unit.instanceLocation));
  const rule = at(schema, keysOf(unit.keywordLocation).slice(0, -1)) as Schema;
  const examples = ((rule["examples"] as string[] | undefined) ?? []).join(", ");
  return `${JSON.stringify(value)} does not match ${rule["pattern"]} (expected something like ${examples})`;
}

/** The keys of a JSON pointer, `#/a/b`. */
function keysOf(pointer: string): string[] {
  return pointer.split("/").slice(1);
}

function fail(message: string): never {
  throw new InmemError("ERR_INMEM_CONFIG", message);
}
