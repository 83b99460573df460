// lib/bundle/make.ts: the steps from checked options to a written bundle.
import { statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binding } from "../binding.js";
import { InmemError } from "../errors.js";
import { type ApplicationFiles, readApplicationFile } from "./application.js";
import { wheelsOfBundle } from "./earlier.js";
import { packEntry } from "./entry.js";
import { type EntryWish, filesOfModule } from "./entry-point.js";
import { fetchWheels } from "./fetch.js";
import { isModuleName } from "./kind.js";
import {
  encodeManifest,
  interpreterTag,
  MANIFEST_NAME,
  type Manifest,
  platformsOf,
} from "./manifest.js";
import type { BundleOptions, BundleProgress, BundleResult } from "./options.js";
import { OutputFile } from "./output-file.js";
import { type PackReport, packFiles } from "./packer.js";
import { BundlePlan, type PlannedFile } from "./plan.js";
import { PycPool } from "./pyc-pool.js";
import { makeRecipe, type Recipe } from "./recipe.js";
import { openWheel, type Wheel } from "./wheel.js";
import { ZipWriter } from "./zip-writer.js";

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
  options: BundleOptions,
  own: OwnOptions = {},
): Promise<BundleResult> {
  const recipe = own.recipe ?? makeRecipe(options);
  const plan = new BundlePlan();
  for (const file of applicationFiles(recipe.files)) plan.add(file);
  // First of all: an output that cannot be written should not cost a download.
  const output = await OutputFile.create(options.output);
  try {
    return await withTemporaryFolder(async (folder) => {
      const wheels = own.earlier
        ? wheelsOfBundle(own.earlier)
        : await openWheels(recipe, options, folder);
      for (const wheel of wheels) addWheel(plan, wheel);
      if (recipe.entry) checkEntry(plan, recipe.entry);
      return writeBundle(options, { plan, wheels, version: versionFor(recipe) }, output);
    });
  } finally {
    await output.discard();
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

function addWheel(plan: BundlePlan, wheel: Wheel): void {
  const { fileName: origin, name: distribution } = wheel.info;
  for (const file of wheel.files) plan.add({ ...file, origin, distribution });
}

/** What is written. */
interface Content {
  readonly plan: BundlePlan;
  readonly wheels: readonly Wheel[];
  /** `"3.13"`: whom the bundle is for. */
  readonly version: string;
}

async function writeBundle(
  options: BundleOptions,
  content: Content,
  output: OutputFile,
): Promise<BundleResult> {
  const { plan, wheels, version } = content;
  const { onProgress, signal } = options;
  const writer = new ZipWriter(output);
  const total = plan.files().filter(({ name, packed }) => isModuleName(name) && !packed).length;
  let compiled = 0;
  const pool = new PycPool(signal, () =>
    onProgress?.({ phase: "compile", done: ++compiled, total }),
  );
  const onEntry = (done: number, total: number) => onProgress?.({ phase: "pack", done, total });
  const compiler = version === ownVersion() ? pool : undefined;
  const report = await packFiles({ plan, writer, compiler, onEntry, signal }).finally(() =>
    pool.close(),
  );
  const infos = wheels.map((wheel) => wheel.info);
  const manifest = encodeManifest(describe(content, report));
  await writer.add(await packEntry(MANIFEST_NAME, 0o644, manifest));
  await writer.finish();
  signal?.throwIfAborted();
  await output.commit();
  const { sharedObjects, uncompiled } = report;
  return {
    output: output.path,
    sizeBytes: writer.sizeBytes,
    entries: writer.count,
    sharedObjects,
    wheels: infos,
    uncompiled,
  };
}

function describe({ plan, wheels, version }: Content, report: PackReport): Manifest {
  const infos = wheels.map((wheel) => wheel.info);
  return {
    format: 1,
    python: { tag: interpreterTag(version) },
    platform: { tags: platformsOf(infos) },
    entry: { module: plan.has("__main__.py") ? "__main__" : null, scripts: scriptsOf(wheels) },
    distributions: infos,
    entries: Object.fromEntries(report.entries),
  };
}

// The first distribution that has a name keeps it, as at run time.
function scriptsOf(wheels: readonly Wheel[]): Record<string, string> {
  const all = wheels.flatMap(({ scripts }) => [...scripts]).reverse();
  return Object.fromEntries([...new Map(all)].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function versionFor({ target }: Recipe): string {
  return target?.pythonVersion ?? ownVersion();
}

/** `"3.13"` */
function ownVersion(): string {
  return binding().versions().python.split(".").slice(0, 2).join(".");
}

function applicationFiles(files: ApplicationFiles): PlannedFile[] {
  return [...files].map(([name, source]) => {
    if (typeof source !== "string") {
      const content = Buffer.from(source);
      return { name, mode: 0o644, origin: `files[${name}]`, read: () => content };
    }
    // Read once: an editor may write it while the bundle is being made.
    const content = readApplicationFile(source);
    const mode = statSync(source).mode & 0o111 ? 0o755 : 0o644;
    return { name, mode, origin: source, read: () => content };
  });
}
