// lib/bundle/recipe.ts: from inputs to what pip is asked for and what the application brings.
import { readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { binding } from "../binding.js";
import { InmemError } from "../errors.js";
import {
  type ApplicationFiles,
  filesOfFolder,
  filesOfModuleIn,
  readApplicationFile,
} from "./application.js";
import { runSettingsOf } from "./described.js";
import { type EntryWish, entryFiles, functionEntry, moduleEntry } from "./entry-point.js";
import { joinInputs } from "./inputs.js";
import { isLockFile } from "./lock-file.js";
import type { RunSettings } from "./manifest.js";
import type { BundleInputs } from "./options.js";
import type { PipAccess, PipPlaces } from "./pip-request.js";
import { projectRequirements, readProject } from "./pyproject.js";
import { scriptMetadata } from "./script-metadata.js";
import { type Target, targetFor } from "./target.js";

/** What is to be fetched, as pip's own words, and what is there already. */
export interface Recipe {
  readonly requirements: readonly string[];
  /** Files that pip reads itself. */
  readonly requirementFiles: readonly string[];
  readonly constraintFiles: readonly string[];
  readonly locks: readonly string[];
  readonly extras: readonly string[];
  readonly groups: readonly string[];
  /** Folders that pip builds; they are among the requirements, too. */
  readonly projects: readonly string[];
  /** Wheels that are taken as they are. */
  readonly wheels: readonly string[];
  /** Who asks for which Python. */
  readonly requires: readonly (readonly [origin: string, specifier: string])[];
  readonly places: PipPlaces;
  readonly access: PipAccess;
  readonly target: Target | undefined;
  readonly entry: EntryWish | undefined;
  /** The application's own files, its `__main__.py` among them. */
  readonly files: ApplicationFiles;
  readonly run: RunSettings | undefined;
}

/** @throws {InmemError} ERR_INMEM_CONFIG for what cannot be, whatever pip finds. */
export function makeRecipe(given: BundleInputs): Recipe {
  const { inputs, folder, description } = joinInputs(given);
  const { platform, pythonVersion, extras = [], groups = [], projects = [] } = inputs;
  const collected = collectRequirements(inputs);
  const entry = entryOf(inputs);
  const script = entry?.kind === "file" ? scriptOf(entry.source, entry.path) : undefined;
  return {
    ...collected,
    requirements: [...collected.requirements, ...(script?.requirements ?? [])],
    requires: [...collected.requires, ...(script?.requires ?? [])],
    constraintFiles: existing(inputs.constraintFiles ?? []),
    extras,
    groups,
    projects: projects.map((path) => resolve(path)),
    wheels: (inputs.wheelFolders ?? []).flatMap(wheelsOf),
    places: {
      indexUrl: inputs.indexUrl,
      extraIndexUrls: inputs.extraIndexUrls ?? [],
      findLinks: inputs.findLinks ?? [],
      noIndex: inputs.noIndex ?? false,
    },
    access: accessOf(inputs),
    target: targetFor({ platform, pythonVersion }, binding().versions().python),
    entry,
    files: applicationFiles(inputs, entry, folder),
    run: description && runSettingsOf(description),
  };
}

type Collected = Pick<Recipe, "requirements" | "requirementFiles" | "locks" | "requires">;

function collectRequirements(inputs: BundleInputs): Collected {
  const { extras = [], groups = [], projects = [] } = inputs;
  const requirements = [...(inputs.requirements ?? [])];
  const requires: [string, string][] = [];
  const plain: string[] = [];
  const locks: string[] = [];
  let unused = extras.length + groups.length > 0;
  for (const path of existing(inputs.requirementFiles ?? [])) {
    if (isLockFile(path)) {
      locks.push(path);
      unused = false;
    } else if (path.endsWith(".toml")) {
      const project = readProject(path);
      requirements.push(...projectRequirements(project, { extras, groups }));
      if (project.requiresPython) requires.push([path, project.requiresPython]);
      unused = false;
    } else plain.push(path);
  }
  for (const folder of projects) {
    requirements.push(...projectWords(resolve(folder), inputs));
    unused = false;
  }
  if (unused) {
    const message = `extras or groups (${[...extras, ...groups].join(", ")}) without a pyproject.toml, project or pylock.toml that could have them`;
    throw new InmemError("ERR_INMEM_CONFIG", message);
  }
  return { requirements, requirementFiles: plain, locks, requires };
}

// A project as pip's word for it; groups are not part of what it builds.
function projectWords(folder: string, { extras = [], groups = [] }: BundleInputs): string[] {
  const isThere = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false });
  if (!isThere("pyproject.toml") && !isThere("setup.py")) {
    const message = `${folder}: no pyproject.toml and no setup.py in it (expected a project)`;
    throw new InmemError("ERR_INMEM_CONFIG", message);
  }
  const word = extras.length > 0 ? `${folder}[${extras.join(",")}]` : folder;
  if (groups.length === 0) return [word];
  const project = readProject(join(folder, "pyproject.toml"));
  const { groupRequirements } = require("./pyproject.js") as typeof import("./pyproject.js");
  return [word, ...groupRequirements(project, groups)];
}

function entryOf({ main, module, entry }: BundleInputs): EntryWish | undefined {
  if (module !== undefined) return moduleEntry(module);
  if (entry !== undefined) return functionEntry(entry);
  if (main === undefined) return undefined;
  const source = readApplicationFile(main);
  return { kind: "file", source, fileName: basename(main), path: resolve(main) };
}

function scriptOf(source: Buffer, path: string): Pick<Recipe, "requirements" | "requires"> {
  const found = scriptMetadata(source.toString("utf8"), path);
  const python = found?.requiresPython;
  return {
    requirements: found?.requirements ?? [],
    requires: python === undefined ? [] : [[path, python]],
  };
}

function applicationFiles(
  inputs: BundleInputs,
  entry: EntryWish | undefined,
  folder: string,
): ApplicationFiles {
  const { folder: own, files = {}, args = [], environment = {} } = inputs;
  const all: ApplicationFiles = own === undefined ? new Map() : filesOfFolder(resolve(own));
  if (entry && entry.kind !== "file" && own === undefined) {
    for (const [name, path] of filesOfModuleIn(folder, entry.module)) all.set(name, path);
  }
  for (const [name, source] of Object.entries(files)) all.set(name, source);
  const settings = { args, environment };
  const started = entry ?? folderEntry(all, settings);
  for (const [name, content] of started ? entryFiles(started, settings) : []) {
    const earlier = all.get(name);
    const same = typeof earlier === "string" && content.equals(readApplicationFile(earlier));
    if (earlier !== undefined && !same) {
      const message = `the application has a ${name} already (${earlier}); the entry needs that name`;
      throw new InmemError("ERR_INMEM_CONFIG", message);
    }
    if (!same) all.set(name, content);
  }
  return all;
}

// A folder's own __main__.py, where something has to happen before it.
function folderEntry(
  files: ApplicationFiles,
  { args, environment }: { args: readonly string[]; environment: Readonly<Record<string, string>> },
): EntryWish | undefined {
  if (args.length === 0 && Object.keys(environment).length === 0) return undefined;
  const main = files.get("__main__.py");
  if (typeof main !== "string") {
    const message =
      "args or environment, but nothing that is started (expected main, module or entry)";
    throw new InmemError("ERR_INMEM_CONFIG", message);
  }
  files.delete("__main__.py");
  return { kind: "file", source: readApplicationFile(main), fileName: "__main__.py", path: main };
}

function wheelsOf(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InmemError("ERR_INMEM_CONFIG", `cannot read ${folder}: ${reason}`, { cause });
  }
  const wheels = names.filter((name) => name.endsWith(".whl")).sort();
  if (wheels.length > 0) return wheels.map((name) => resolve(folder, name));
  throw new InmemError("ERR_INMEM_CONFIG", `${folder}: no wheels in it (expected *.whl files)`);
}

function accessOf({ proxy, cert, clientCert }: BundleInputs): PipAccess {
  const file = (path: string | undefined) => path && existing([path])[0];
  return { proxy, cert: file(cert), clientCert: file(clientCert) };
}

function existing(paths: readonly string[]): string[] {
  return paths.map((path) => {
    if (!/^https?:/.test(path) && !statSync(path, { throwIfNoEntry: false })?.isFile()) {
      throw new InmemError("ERR_INMEM_CONFIG", `cannot read ${path}: no such file`);
    }
    return /^https?:/.test(path) ? path : resolve(path);
  });
}
