// lib/bundle.ts: makes a bundle from requirements and an application.
import { readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binding } from "./binding.js";
import { packEntry } from "./bundle/entry.js";
import {
  encodeManifest,
  interpreterTag,
  MANIFEST_NAME,
  type Manifest,
  platformsOf,
} from "./bundle/manifest.js";
import { OutputFile } from "./bundle/output-file.js";
import { type PackReport, packFiles } from "./bundle/packer.js";
import { pipDownload } from "./bundle/pip-download.js";
import { BundlePlan, type PlannedFile } from "./bundle/plan.js";
import { PycCompiler } from "./bundle/pyc-compiler.js";
import { openWheel, type Wheel, type WheelInfo } from "./bundle/wheel.js";
import { ZipWriter } from "./bundle/zip-writer.js";
import { InmemError } from "./errors.js";

/** What goes into a bundle. At least one of the first four is needed. */
export interface BundleOptions {
  /** Requirements as pip takes them: `["numpy==2.3.4"]`. */
  requirements?: readonly string[];
  /** Paths of requirements files. */
  requirementFiles?: readonly string[];
  /** Path of the Python file that becomes `__main__.py`. */
  main?: string;
  /** More files: the name in the bundle, and a path or the content. */
  files?: Readonly<Record<string, string | Uint8Array>>;
  /** Where the bundle is written. An existing file is replaced at the end. */
  output: string;
  /** Told how far the work is. */
  onProgress?: (progress: BundleProgress) => void;
  /** Ends the work; nothing is left behind. */
  signal?: AbortSignal;
}

/** How far the work is. */
export type BundleProgress =
  | { readonly phase: "resolve"; readonly line: string }
  | { readonly phase: "pack"; readonly done: number; readonly total: number };

/** What was made. */
export interface BundleResult {
  /** Absolute path of the bundle. */
  readonly output: string;
  readonly sizeBytes: number;
  readonly entries: number;
  readonly sharedObjects: number;
  readonly wheels: readonly WheelInfo[];
  /** Python files that do not compile (templates, say), with the reason. */
  readonly uncompiled: readonly string[];
}

/**
 * Makes a bundle: pip, in the package's own interpreter, chooses and fetches
 * wheels; they and the application become one zip (docs/format/bundle.md).
 * No Python is needed on the machine.
 * @throws {InmemError} ERR_INMEM_BUNDLER when pip finds no wheels, two of
 * them bring different files of one name, or the output cannot be written;
 * ERR_INMEM_ABORTED after `signal`; codes of broken archives for broken wheels.
 * @example
 * await bundle({ requirements: ["numpy"], main: "app.py", output: "app.pyz" });
 */
export async function bundle(options: BundleOptions): Promise<BundleResult> {
  checkOptions(options);
  try {
    options.signal?.throwIfAborted();
    return await makeBundle(options);
  } catch (cause) {
    // Whatever failed first, an abort is the reason for it.
    if (!options.signal?.aborted) throw cause;
    const message = `bundling ${options.output} was aborted`;
    throw new InmemError("ERR_INMEM_ABORTED", message, { cause: options.signal.reason });
  }
}

async function makeBundle(options: BundleOptions): Promise<BundleResult> {
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
  for (const path of paths) wheels.push(await openWheel(path));
  return wheels;
}

function addWheel(plan: BundlePlan, wheel: Wheel): void {
  for (const file of wheel.files) plan.add({ ...file, origin: wheel.info.fileName });
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
  const manifest = encodeManifest(describe(plan, infos, report));
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

function describe(plan: BundlePlan, wheels: readonly WheelInfo[], report: PackReport): Manifest {
  return {
    format: 1,
    python: interpreterTag(binding().versions().python),
    platforms: platformsOf(wheels),
    entryPoint: plan.has("__main__.py") ? "__main__" : null,
    requirements: wheels,
    entries: Object.fromEntries(report.hashes),
  };
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

function checkOptions(options: BundleOptions): void {
  const { requirements, requirementFiles, main, files, output } = options;
  if (typeof output !== "string" || output === "") {
    throw new TypeError(`Expected a path for output but received ${describeValue(output)}`);
  }
  if (!requirements?.length && !requirementFiles?.length && main === undefined && !files) {
    throw new TypeError("Expected at least one of requirements, requirementFiles, main and files");
  }
  for (const name of Object.keys(files ?? {})) {
    const parts = name.split("/");
    if (parts.includes("") || parts.includes("..") || parts.includes(".") || /[\\\0]/.test(name)) {
      throw new RangeError(`Expected a relative path for a name in files but received "${name}"`);
    }
  }
}

function describeValue(value: unknown): string {
  return value === "" ? "an empty string" : `a value of type ${typeof value}`;
}
