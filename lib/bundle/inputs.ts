// lib/bundle/inputs.ts: what bundle() was given, joined with the application's description.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { InmemError } from "../errors.js";
import { filesByGlob } from "./application.js";
import { type Description, findDescription, readDescription } from "./description.js";
import { type BundleInputs, ENTRIES } from "./options.js";

/** The inputs, and the folder in which an application's modules are looked for. */
export interface JoinedInputs {
  readonly inputs: BundleInputs;
  readonly folder: string;
  readonly description: Description | undefined;
}

/**
 * The inputs with what their description adds.
 * @throws {InmemError} ERR_INMEM_CONFIG
 */
export function joinInputs(given: BundleInputs): JoinedInputs {
  const { description: place, ...own } = given;
  if (place === undefined) return { inputs: own, folder: process.cwd(), description: undefined };
  const path = findDescription(place) ?? failNoDescription(place);
  const description = readDescription(path);
  const base = inputsOf(description);
  return { inputs: merge(base, own), folder: description.folder, description };
}

function failNoDescription(place: string): never {
  const message = existsSync(place)
    ? `${place} describes no application (expected an inmem.toml, or [tool.inmem-python] in a pyproject.toml)`
    : `cannot read ${place}: no such file or folder`;
  throw new InmemError("ERR_INMEM_CONFIG", message);
}

/** What a description says, as options of bundle(). */
export function inputsOf({ path, folder, keys }: Description): BundleInputs {
  const { index = {}, target = {} } = keys;
  const project = path.endsWith("pyproject.toml") ? projectInputs(path, folder, keys.package) : {};
  const inputs: BundleInputs = {
    requirements: keys.requirements ?? [],
    requirementFiles: [...(project.requirementFiles ?? []), ...(keys["requirement-files"] ?? [])],
    constraintFiles: keys["constraint-files"] ?? [],
    wheelFolders: keys["wheel-folders"] ?? [],
    projects: project.projects ?? [],
    extras: keys.extras ?? [],
    groups: keys.groups ?? [],
    args: keys.args ?? [],
    environment: environmentOf(keys),
    files: filesOf(folder, keys.files),
    extraIndexUrls: index["extra-urls"] ?? [],
    findLinks: index["find-links"] ?? [],
  };
  setDefined(inputs, {
    main: keys.main,
    module: keys.module,
    entry: keys.entry,
    indexUrl: index.url,
    noIndex: index.none,
    platform: target.platform,
    pythonVersion: target["python-version"],
  });
  return inputs;
}

function projectInputs(path: string, folder: string, wanted: boolean | undefined): BundleInputs {
  const { readProject } = require("./pyproject.js") as typeof import("./pyproject.js");
  const { isPackage, table } = readProject(path);
  if (wanted ?? isPackage) return { projects: [folder] };
  return "project" in table ? { requirementFiles: [path] } : {};
}

function environmentOf({ environment = {}, port }: Description["keys"]): Record<string, string> {
  return port === undefined ? environment : { PORT: String(port), ...environment };
}

function filesOf(folder: string, files: Description["keys"]["files"]): Record<string, string> {
  if (files === undefined) return {};
  if (!Array.isArray(files)) return files as Record<string, string>;
  return Object.fromEntries(filesByGlob(folder, files)) as Record<string, string>;
}

function merge(base: BundleInputs, own: BundleInputs): BundleInputs {
  const merged: Record<string, unknown> = { ...base };
  if (ENTRIES.some((key) => own[key] !== undefined)) for (const key of ENTRIES) delete merged[key];
  for (const [key, value] of Object.entries(own)) {
    const earlier = merged[key];
    if (value === undefined) continue;
    if (Array.isArray(earlier)) merged[key] = [...earlier, ...(value as unknown[])];
    else if (earlier && typeof earlier === "object") merged[key] = { ...earlier, ...value };
    else merged[key] = value;
  }
  return merged as BundleInputs;
}

function setDefined<T extends object>(target: T, values: { [K in keyof T]?: T[K] | undefined }) {
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) (target as Record<string, unknown>)[key] = value;
  }
}

/** The words of a command line, by what they are. */
export function sortWords(words: readonly string[]): BundleInputs {
  const sorted = {
    requirements: [] as string[],
    requirementFiles: [] as string[],
    projects: [] as string[],
    wheelFolders: [] as string[],
  };
  const single: { description?: string; main?: string; folder?: string } = {};
  const only = (key: keyof typeof single, word: string) => {
    if (single[key] !== undefined) {
      const message = `both ${single[key]} and ${word} (expected one ${key === "main" ? "program" : "application"})`;
      throw new InmemError("ERR_INMEM_CONFIG", message);
    }
    single[key] = word;
  };
  for (const word of words) {
    const stats = statSync(word, { throwIfNoEntry: false });
    if (stats?.isDirectory()) {
      const has = (name: string) => existsSync(join(word, name));
      if (findDescription(word)) only("description", word);
      else if (has("pyproject.toml") || has("setup.py")) sorted.projects.push(word);
      else if (hasWheels(word) && !has("__main__.py")) sorted.wheelFolders.push(word);
      else only("folder", word);
    } else if (stats && word.endsWith("inmem.toml")) only("description", word);
    else if (stats && /\.(toml|txt|in)$/.test(word)) sorted.requirementFiles.push(word);
    else if (stats && /\.pyw?$/.test(word)) only("main", word);
    else sorted.requirements.push(requirement(word, stats !== undefined));
  }
  return { ...sorted, ...single };
}

// pip would look on the index for a project of a mistyped file's name, and may find one.
function requirement(word: string, exists: boolean): string {
  const isFileName = /^[^\s@<>=!~;[\]]+\.(pyw?|txt|in|toml|pex|pyz)$/.test(word);
  if (!isFileName) return word;
  const project = word.replaceAll(".", "-");
  const message = exists
    ? `${word} is not a requirement (expected --from ${word}, to make a bundle of what another tool made)`
    : `cannot read ${word}: no such file (expected one; a project of that name on the index: ${project})`;
  throw new InmemError("ERR_INMEM_CONFIG", message);
}

function hasWheels(folder: string): boolean {
  const { readdirSync } = require("node:fs") as typeof import("node:fs");
  return readdirSync(folder).some((name) => name.endsWith(".whl"));
}
