// lib/bundle/make.ts: the steps from checked options to a written bundle.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InmemError } from "../errors.js";
import { type ApplicationFiles, readApplicationFile, statApplicationFile } from "./application.js";
import { withDescribedForm } from "./described.js";
import { wheelsOfBundle } from "./earlier.js";
import { type EntryWish, filesOfModule } from "./entry-point.js";
import { fetchWheels } from "./fetch.js";
import { openForeign } from "./foreign.js";
import { largeFile } from "./large-content.js";
import type { BundleOptions, BundleProgress, BundleResult } from "./options.js";
import { OutputFile } from "./output-file.js";
import { BundlePlan, type PlannedFile } from "./plan.js";
import { makeRecipe, type Recipe } from "./recipe.js";
import { Selection } from "./selection.js";
import { openWheel, type Wheel } from "./wheel.js";
import { ownVersion, writeBundle } from "./write.js";

/** What `run FOLDER` knows already. */
export interface OwnOptions {
  readonly recipe?: Recipe | undefined;
  /** A bundle of the same wheels and options. */
  readonly earlier?: string | undefined;
}

/**
 * Does what bundle() promises; an abort ends it with whatever fails first.
 * @throws {InmemError} as bundle() does.
 */
export async function makeBundle(
  given: BundleOptions,
  own: OwnOptions = {},
): Promise<BundleResult> {
  const options = withDescribedForm(given);
  const recipe = own.recipe ?? makeRecipe(options);
  const plan = new BundlePlan(new Selection(options.exclude, options.prune));
  for (const file of applicationFiles(recipe.files)) plan.add(file);
  // First of all: an output that cannot be written should not cost a download.
  const output = await OutputFile.create(options.output, Boolean(options.executable));
  try {
    return await withTemporaryFolder(async (folder) => {
      const wheels = earlierWheels(own.earlier) ?? (await openWheels(recipe, options, folder));
      const version = versionFor(recipe);
      const installed = await addForeign({ from: options.from, version, folder }, plan, wheels);
      for (const wheel of wheels) addWheel(plan, wheel);
      if (recipe.entry) checkEntry(plan, recipe.entry);
      const content = { plan, wheels: [...wheels, ...installed], version, run: recipe.run };
      return writeBundle(options, content, output);
    });
  } finally {
    await output.discard();
  }
}

// What an earlier bundle has is there to save time: where it is damaged, nothing is saved.
function earlierWheels(path: string | undefined): Wheel[] | undefined {
  try {
    return path === undefined ? undefined : wheelsOfBundle(path);
  } catch {
    return undefined;
  }
}

async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "inmem-bundle-")).catch((cause: Error) => {
    const message = `cannot make a temporary folder: ${cause.message}`;
    throw new InmemError("ERR_INMEM_BUNDLER", message, { cause });
  });
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openWheels(
  recipe: Recipe,
  { onProgress, signal }: BundleOptions,
  folder: string,
): Promise<Wheel[]> {
  const tell = (progress: BundleProgress) => onProgress?.(progress);
  const paths = await fetchWheels(recipe, { folder, tell, signal });
  const wheels: Wheel[] = [];
  for (const path of paths) wheels.push(await openWheel(path, versionFor(recipe)));
  return wheels;
}

// A module that nobody brings would be told by the first run only.
function checkEntry(plan: BundlePlan, entry: EntryWish): void {
  if (entry.kind === "file") return;
  const names = filesOfModule(entry.module, entry.kind === "module");
  if (names.some((name) => plan.has(name) || plan.has(`${name}c`))) return;
  const [top = ""] = entry.module.split(".");
  const extension = plan
    .files()
    .some(({ name }) => name.startsWith(`${top}.`) && name.endsWith(".so"));
  if (extension) return;
  const message = `nothing brings the module ${entry.module} (expected ${names.slice(0, 2).join(" or ")} in a wheel or in the application)`;
  throw new InmemError("ERR_INMEM_CONFIG", message);
}

interface ForeignWish {
  readonly from: string | undefined;
  readonly version: string;
  readonly folder: string;
}

// Its wheels join the others; gives what is installed in it already.
async function addForeign(
  { from, version, folder }: ForeignWish,
  plan: BundlePlan,
  wheels: Wheel[],
): Promise<readonly Wheel[]> {
  if (from === undefined) return [];
  const foreign = await openForeign({ path: from, pythonVersion: version, folder });
  wheels.push(...foreign.wheels);
  for (const file of foreign.files) {
    // One that was given beside it wins.
    if (file.name !== "__main__.py" || !plan.has(file.name)) plan.add(file);
  }
  return foreign.distributions;
}

function addWheel(plan: BundlePlan, wheel: Wheel): void {
  const { name: distribution, fileName: origin = distribution, sha256 } = wheel.info;
  for (const file of wheel.files) plan.add({ ...file, origin, distribution, wheel: sha256 });
}

function versionFor({ target }: Recipe): string {
  return target?.pythonVersion ?? ownVersion();
}

function applicationFiles(files: ApplicationFiles): PlannedFile[] {
  return [...files].map(([name, source]) => {
    if (typeof source !== "string") {
      const content = Buffer.from(source);
      return { name, mode: 0o644, origin: `files[${name}]`, read: () => content };
    }
    const { mode: access, size: sizeBytes } = statApplicationFile(source);
    const mode = access & 0o111 ? 0o755 : 0o644;
    const large = largeFile(name, source, sizeBytes);
    const read = () => readApplicationFile(source);
    if (large) return { name, mode, origin: source, sizeBytes, large, read };
    // Read once: an editor may write it while the bundle is being made.
    const content = read();
    return { name, mode, origin: source, sizeBytes, read: () => content };
  });
}
