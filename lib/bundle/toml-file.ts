// lib/bundle/toml-file.ts: TOML files, read with errors that name the file.
import { readFileSync } from "node:fs";
import { InmemError } from "../errors.js";

// Its types are those of an ES module, its code is there for require() as well.
const { parse, TomlError } = require("smol-toml") as {
  parse(text: string): TomlTable;
  TomlError: new () => Error & { readonly line: number; readonly column: number };
};

export type TomlTable = Record<string, unknown>;

/** @throws {InmemError} ERR_INMEM_CONFIG when it cannot be read or is no TOML. */
export function readToml(path: string): TomlTable {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InmemError("ERR_INMEM_CONFIG", `cannot read ${path}: ${reason}`, { cause });
  }
  return parseToml(text, path);
}

/** @throws {InmemError} ERR_INMEM_CONFIG telling `origin`, line and column. */
export function parseToml(text: string, origin: string): TomlTable {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [reason = ""] = cause.message.replace(/^Invalid TOML document: /, "").split("\n");
    const message = `${origin}:${cause.line}:${cause.column}: ${reason} (expected TOML 1.0)`;
    throw new InmemError("ERR_INMEM_CONFIG", message, { cause });
  }
}

/** The table at these keys; undefined where there is none. */
export function tableAt(table: TomlTable, ...keys: readonly string[]): TomlTable | undefined {
  let at: unknown = table;
  for (const key of keys) at = isTable(at) ? at[key] : undefined;
  return isTable(at) ? at : undefined;
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The strings of an array that may be absent.
 * @throws {InmemError} ERR_INMEM_CONFIG for anything else.
 */
export function stringsAt(table: TomlTable | undefined, key: string, origin: string): string[] {
  const value = table?.[key];
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new InmemError("ERR_INMEM_CONFIG", `${origin}: ${key} must be an array of strings`);
}
