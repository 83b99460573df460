// lib/bundle/pyproject.ts: what a pyproject.toml asks for: dependencies, extras, dependency groups.
import { dirname } from "node:path";
import { InmemError } from "../errors.js";
import { normalizedName } from "./distribution-name.js";
import { hintFor } from "./nearest.js";
import { isTable, readToml, stringsAt, type TomlTable, tableAt } from "./toml-file.js";

/** What is wanted of a project's pyproject.toml. */
export interface ProjectWish {
  readonly extras: readonly string[];
  readonly groups: readonly string[];
}

/** A project as its pyproject.toml tells it. */
export interface Project {
  readonly path: string;
  readonly folder: string;
  readonly name: string | undefined;
  readonly requiresPython: string | undefined;
  /** Does it say how it is built? */
  readonly isPackage: boolean;
  readonly table: TomlTable;
}

/** @throws {InmemError} ERR_INMEM_CONFIG when it cannot be read. */
export function readProject(path: string): Project {
  const table = readToml(path);
  const project = tableAt(table, "project");
  const text = (key: string) => {
    const value = project?.[key];
    return typeof value === "string" ? value : undefined;
  };
  return {
    path,
    folder: dirname(path),
    name: text("name"),
    requiresPython: text("requires-python"),
    isPackage: tableAt(table, "build-system") !== undefined,
    table,
  };
}

/**
 * `[project] dependencies` and what the wanted extras and groups add; the project itself is not in it.
 * @throws {InmemError} ERR_INMEM_CONFIG: unknown extras or groups, groups or extras that include
 * each other, dependencies that only the project's build can tell.
 */
export function projectRequirements(project: Project, wish: ProjectWish): string[] {
  const { path, table } = project;
  const metadata = tableAt(table, "project");
  if (!metadata && wish.groups.length === 0) {
    fail(`${path}: no [project] in it (expected its dependencies, or a group of them: --group)`);
  }
  const dynamic = stringsAt(metadata, "dynamic", path);
  if (dynamic.includes("dependencies")) {
    fail(`${path}: its dependencies are dynamic: give the project's folder, so that it is built`);
  }
  const wanted = [
    ...stringsAt(metadata, "dependencies", path),
    ...wish.extras.flatMap((name) => extra(project, name, [])),
    ...groupRequirements(project, wish.groups),
  ];
  return [...new Set(wanted)];
}

/** The requirements of dependency groups (PEP 735), `include-group` followed. */
export function groupRequirements(project: Project, groups: readonly string[]): string[] {
  return groups.flatMap((name) => group(project, name, []));
}

function extra(project: Project, name: string, chain: readonly string[]): string[] {
  const { path, table } = project;
  const all = tableAt(table, "project", "optional-dependencies") ?? {};
  const key = find(all, name) ?? fail(`${path}: no extra ${name}${known(all, name)}`);
  if (chain.includes(key)) fail(circle(path, "extras", [...chain, key]));
  return stringsAt(all, key, path).flatMap((requirement) => {
    // "own-name[other,extras]": extras of the same project.
    const [, itself = "", list = ""] = /^\s*([\w.-]+)\s*\[([^\]]*)\]\s*$/.exec(requirement) ?? [];
    if (!project.name || normalizedName(itself) !== normalizedName(project.name))
      return [requirement];
    const others = list.split(",").map((word) => word.trim());
    return others.flatMap((other) => extra(project, other, [...chain, key]));
  });
}

function group(project: Project, name: string, chain: readonly string[]): string[] {
  const { path, table } = project;
  const all = tableAt(table, "dependency-groups") ?? {};
  const key = find(all, name) ?? fail(`${path}: no dependency group ${name}${known(all, name)}`);
  if (chain.includes(key)) fail(circle(path, "dependency groups", [...chain, key]));
  const items = all[key];
  if (!Array.isArray(items)) fail(`${path}: dependency group ${key} must be an array`);
  return items.flatMap((item: unknown) => {
    if (typeof item === "string") return [item];
    const other = isTable(item) && Object.keys(item).length === 1 && item["include-group"];
    if (typeof other === "string") return group(project, other, [...chain, key]);
    return fail(
      `${path}: dependency group ${key} holds ${JSON.stringify(item)} (expected a requirement or { include-group = "NAME" })`,
    );
  });
}

function find(table: TomlTable, name: string): string | undefined {
  const keys = Object.keys(table).filter((key) => normalizedName(key) === normalizedName(name));
  return keys[0];
}

function known(table: TomlTable, name: string): string {
  const names = Object.keys(table);
  if (names.length === 0) return " (there are none)";
  return `${hintFor(name, names)} (there are: ${names.join(", ")})`;
}

function circle(path: string, what: string, chain: readonly string[]): string {
  const from = chain.indexOf(chain.at(-1) ?? "");
  return `${path}: ${what} that include each other: ${chain.slice(from).join(" -> ")}`;
}

function fail(message: string): never {
  throw new InmemError("ERR_INMEM_CONFIG", message);
}
