// lib/bundle/fetch.ts: the wheels of a recipe, fetched and built into a private folder.
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { InmemError } from "../errors.js";
import { readLocks } from "./lock-file.js";
import type { BundleProgress } from "./options.js";
import { pipDownload } from "./pip-download.js";
import type { PipRequest } from "./pip-request.js";
import type { Recipe } from "./recipe.js";

export interface FetchOptions {
  /** A private folder; all wheels end in it, or below it. */
  readonly folder: string;
  readonly tell: (progress: BundleProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Paths of the wheels that the recipe asks for, sorted by file name.
 * @throws {InmemError} as pipDownload() and readLocks() do; ERR_INMEM_REQUIREMENTS when two
 * inputs bring different versions of one distribution.
 */
export async function fetchWheels(recipe: Recipe, options: FetchOptions): Promise<string[]> {
  const { tell, signal } = options;
  const { requirements, requirementFiles } = recipe;
  const locked = await readLocks({ ...recipe, signal });
  const paths: string[] = [];
  const call = async (name: string, request: Partial<PipRequest>) => {
    const folder = join(options.folder, name, "wheels");
    await mkdir(join(options.folder, name), { recursive: true });
    const { constraintFiles, places, access, target } = recipe;
    const all = { constraintFiles, places, access, target, folder, noDependencies: false };
    const empty = { requirements: [], requirementFiles: [] };
    paths.push(...(await pipDownload({ ...all, ...empty, ...request }, tell, signal)));
  };
  if (requirements.length + requirementFiles.length > 0) {
    await call("chosen", { requirements, requirementFiles });
  }
  for (const [name, lines] of Object.entries(locked)) {
    if (lines.length === 0) continue;
    const file = join(options.folder, `${name}.txt`);
    await writeFile(file, `${lines.join("\n")}\n`);
    await call(name, { requirementFiles: [file], noDependencies: true, constraintFiles: [] });
  }
  if (recipe.wheels.length > 0) {
    // Through pip as well: it refuses what does not fit the target.
    await call("given", { requirements: recipe.wheels, noDependencies: true, constraintFiles: [] });
  }
  return withoutTwins(paths);
}

// A wheel that two inputs bring is one; two versions cannot both be there.
function withoutTwins(paths: readonly string[]): string[] {
  const byFile = new Map(paths.map((path) => [basename(path), path]));
  const byName = new Map<string, string>();
  for (const file of byFile.keys()) {
    const name = (file.split("-")[0] ?? "").toLowerCase().replace(/[-_.]+/g, "_");
    const earlier = byName.get(name);
    if (earlier !== undefined) {
      const message = `${earlier} and ${file} are of one distribution (expected one of them; the inputs disagree)`;
      throw new InmemError("ERR_INMEM_REQUIREMENTS", message);
    }
    byName.set(name, file);
  }
  return [...byFile.keys()].sort().map((file) => byFile.get(file) ?? "");
}
