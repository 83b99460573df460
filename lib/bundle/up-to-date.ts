// lib/bundle/up-to-date.ts: the bundle of a described application, made when something has changed.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { InmemError } from "../errors.js";
import { ABANDONED_MS, cacheFolder, touch } from "./cache-folder.js";
import { contentKeys } from "./content-key.js";
import { formOf } from "./described.js";
import { findDescription, readDescription } from "./description.js";
import { makeBundle } from "./make.js";
import type { BundleProgress } from "./options.js";
import { makeRecipe } from "./recipe.js";

export interface UpToDate {
  /** Path of the bundle. */
  readonly path: string;
  /** How it came: as it was, with the wheels of an earlier one, or all anew. */
  readonly made: "unchanged" | "repacked" | "new";
}

export interface UpToDateOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BundleProgress) => void;
  /** Asks pip anew, whatever is there. */
  readonly refresh?: boolean;
}

/** Bundles of one application that are kept: this one, and what it was before. */
const KEPT = 2;

/**
 * The bundle of the application that `place` (a folder or file) describes, below the cache.
 * @throws {InmemError} as bundle() does.
 */
export async function upToDateBundle(
  place: string,
  { signal, onProgress, refresh = false }: UpToDateOptions,
): Promise<UpToDate> {
  const file = findDescription(place);
  if (file === undefined) {
    throw new InmemError("ERR_INMEM_CONFIG", `${place} describes no application`);
  }
  const description = readDescription(file);
  const recipe = makeRecipe({ description: file });
  const keys = contentKeys(recipe, formOf(description));
  const name = description.keys.name ?? basename(description.folder);
  const folder = buildsFolder(name, description.path);
  const build = join(folder, `${keys.wheels}-${keys.bundle}`);
  const path = join(build, `${name}.pyz`);
  if (!refresh && existsSync(path)) {
    touch(build);
    return { path, made: "unchanged" };
  }
  await mkdir(build, { recursive: true }).catch((cause) => failNoCache(build, cause));
  const earlier = refresh ? undefined : earlierBundle(folder, keys.wheels, name);
  const options = {
    description: file,
    output: path,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  };
  await makeBundle(options, { recipe, earlier });
  prune(folder, basename(build), basename(path));
  return { path, made: earlier === undefined ? "new" : "repacked" };
}

function failNoCache(folder: string, cause: NodeJS.ErrnoException): never {
  const message = `cannot make ${folder}: ${cause.code ?? cause.message}; bundles of described applications are kept below the user's cache (expected a folder that can be written: set XDG_CACHE_HOME, or \`inmem-python bundle\` to a path of your own)`;
  throw new InmemError("ERR_INMEM_BUNDLER", message, { cause });
}

function buildsFolder(name: string, path: string): string {
  const id = createHash("sha256").update(path).digest("hex").slice(0, 12);
  return cacheFolder("bundles", `${name}-${id}`);
}

/** By their age, the newest first. Another process may be removing some. */
function builds(folder: string): string[] {
  const ages = new Map(readdirSync(folder).map((name) => [name, changedAt(join(folder, name))]));
  const age = (name: string) => ages.get(name) ?? 0;
  return [...ages.keys()].sort((a, b) => age(b) - age(a));
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function earlierBundle(folder: string, wheels: string, name: string): string | undefined {
  return builds(folder)
    .filter((build) => build.startsWith(`${wheels}-`))
    .map((build) => join(folder, build, `${name}.pyz`))
    .find((path) => existsSync(path));
}

// Who runs one that goes has it open or mapped: it stays theirs. One without a bundle is being
// made by another process, unless that ended long ago.
function prune(folder: string, current: string, bundle: string): void {
  const others = builds(folder).filter((name) => name !== current);
  const made = others.filter((name) => existsSync(join(folder, name, bundle)));
  const left = others.filter(
    (name) => !made.includes(name) && Date.now() - changedAt(join(folder, name)) > ABANDONED_MS,
  );
  for (const name of [...made.slice(KEPT - 1), ...left]) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}
