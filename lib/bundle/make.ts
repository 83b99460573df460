// lib/bundle/make.ts: the steps from checked options to a written bundle.
import { readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binding } from "../binding.js";
import { InmemError } from "../errors.js";
import { packEntry } from "./entry.js";
import {
  encodeManifest,
  interpreterTag,
  MANIFEST_NAME,
  type Manifest,
  platformsOf,
} from "./manifest.js";
import type { BundleOptions, BundleResult } from "./options.js";
import { OutputFile } from "./output-file.js";
import { type PackReport, packFiles } from "./packer.js";
import { pipDownload } from "./pip-download.js";
import { BundlePlan, type PlannedFile } from "./plan.js";
import { PycCompiler } from "./pyc-compiler.js";
import { openWheel, type Wheel } from "./wheel.js";
import { ZipWriter } from "./zip-writer.js";

/**
 * Does what bundle() promises; an abort ends it with whatever fails first.
 * @throws {InmemError} as bundle() does.
 */
export async function makeBundle(options: BundleOptions): Promise<BundleResult> {
  const plan = new BundlePlan();
  for (const file of applicationFiles(options)) plan.add(file);
  // First of all: an output that cannot be written should not cost a download.
  const output = await OutputFile.create(options.output);
  try {
    return await withTemporaryFolder(async (folder) => {
      const wheels = await fetchWheels(options, folder);
      for (const wheel of wheels) addWheel(plan, wheel);
      return writeBundle(options, plan, wheels, output);
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

async function fetchWheels(options: BundleOptions, folder: string): Promise<Wheel[]> {
  const { requirements = [], requirementFiles = [], onProgress, signal } = options;
  if (requirements.length + requirementFiles.length === 0) return [];
  const paths = await pipDownload({
    requirements,
    requirementFiles,
    folder,
    onLine: (line) => onProgress?.({ phase: "resolve", line }),
    signal,
  });
  const wheels: Wheel[] = [];
  for (const path of paths) wheels.push(await openWheel(path, pythonVersion()));
  return wheels;
}

function addWheel(plan: BundlePlan, wheel: Wheel): void {
  const { fileName: origin, name: distribution } = wheel.info;
  for (const file of wheel.files) plan.add({ ...file, origin, distribution });
}

async function writeBundle(
  options: BundleOptions,
  plan: BundlePlan,
  wheels: readonly Wheel[],
  output: OutputFile,
): Promise<BundleResult> {
  const { onProgress, signal } = options;
  const writer = new ZipWriter(output);
  const compiler = new PycCompiler(signal);
  const onEntry = (done: number, total: number) => onProgress?.({ phase: "pack", done, total });
  const report = await packFiles({ plan, writer, compiler, onEntry, signal }).finally(() =>
    compiler.close(),
  );
  const infos = wheels.map((wheel) => wheel.info);
  const manifest = encodeManifest(describe(plan, wheels, report));
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

function describe(plan: BundlePlan, wheels: readonly Wheel[], report: PackReport): Manifest {
  const infos = wheels.map((wheel) => wheel.info);
  return {
    format: 1,
    python: { tag: interpreterTag(pythonVersion()) },
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

/** `"3.13"`: whom the bundle is for. */
function pythonVersion(): string {
  return binding().versions().python.split(".").slice(0, 2).join(".");
}

function applicationFiles({ main, files = {} }: BundleOptions): PlannedFile[] {
  const named = Object.entries(files);
  if (main !== undefined) named.unshift(["__main__.py", main]);
  return named.map(([name, source]) => {
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

function readApplicationFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InmemError("ERR_INMEM_BUNDLER", `cannot read ${path}: ${reason}`, { cause });
  }
}
