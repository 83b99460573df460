// lib/bundle/write.ts: the last step: a plan becomes a file.
import { binding } from "../binding.js";
import { compressionTable } from "./compression.js";
import { packEntry } from "./entry.js";
import { isModuleName } from "./kind.js";
import {
  encodeManifest,
  interpreterTag,
  MANIFEST_NAME,
  type Manifest,
  platformsOf,
  type RunSettings,
} from "./manifest.js";
import type { BundleOptions, BundleResult } from "./options.js";
import type { OutputFile } from "./output-file.js";
import { type PackReport, packFiles } from "./packer.js";
import type { BundlePlan } from "./plan.js";
import { PycCache } from "./pyc-cache.js";
import { PycPool } from "./pyc-pool.js";
import type { Wheel } from "./wheel.js";
import { ZipWriter } from "./zip-writer.js";

/** What starts a bundle from a shell, where `executable` is true. */
const INTERPRETER = "/usr/bin/env -S inmem-python run";

/** What is written. */
export interface Content {
  readonly plan: BundlePlan;
  readonly wheels: readonly Wheel[];
  /** `"3.13"`: whom the bundle is for. */
  readonly version: string;
  readonly run: RunSettings | undefined;
}

/** Packs all files of the plan, and the manifest; gives the output its name. */
export async function writeBundle(
  options: BundleOptions,
  content: Content,
  output: OutputFile,
): Promise<BundleResult> {
  const { plan, wheels } = content;
  const { signal, executable } = options;
  const writer = new ZipWriter<OutputFile>(output);
  if (executable) await writer.addPrefix(`#!${executable === true ? INTERPRETER : executable}\n`);
  const report = await pack(options, content, writer);
  const manifest = encodeManifest(describe(content, report));
  // Not compressed: each run looks into it.
  const compression = compressionTable("stored");
  await writer.add(await packEntry(MANIFEST_NAME, 0o644, manifest, { compression }));
  await writer.finish();
  signal?.throwIfAborted();
  await output.commit();
  const { sharedObjects, uncompiled } = report;
  return {
    output: output.path,
    sizeBytes: writer.sizeBytes,
    entries: writer.count,
    sharedObjects,
    wheels: wheels.map((wheel) => wheel.info),
    uncompiled,
    excluded: plan.excluded,
    unusedExcludes: plan.unusedExcludes,
  };
}

async function pack(
  options: BundleOptions,
  { plan, version }: Content,
  writer: ZipWriter<OutputFile>,
): Promise<PackReport> {
  const { onProgress, signal, optimize = 0, compress, source = true, compile = true } = options;
  // The byte code of another Python is not ours to make.
  const compiles = compile && version === ownVersion();
  const total = plan.files().filter(({ name, packed }) => isModuleName(name) && !packed).length;
  let compiled = 0;
  const pool = new PycPool({ signal, optimize });
  const cache = options.cache === false ? undefined : PycCache.open(optimize);
  try {
    const report = await packFiles({
      plan,
      writer,
      compiler: compiles ? pool : undefined,
      cache,
      source,
      compression: compressionTable(compress),
      onCompiled: () => onProgress?.({ phase: "compile", done: ++compiled, total }),
      onEntry: (done, total) => onProgress?.({ phase: "pack", done, total }),
      signal,
    });
    await cache?.commit();
    return report;
  } finally {
    await cache?.discard();
    await pool.close();
  }
}

function describe({ wheels, version, run }: Content, report: PackReport): Manifest {
  const infos = wheels.map((wheel) => wheel.info);
  const hasMain = report.entries.has("__main__.py") || report.entries.has("__main__.pyc");
  return {
    format: 1,
    python: { tag: interpreterTag(version) },
    ...(run && { run }),
    platform: { tags: platformsOf(infos) },
    entry: { module: hasMain ? "__main__" : null, scripts: scriptsOf(wheels) },
    distributions: infos,
    entries: Object.fromEntries(report.entries),
  };
}

// The first distribution that has a name keeps it, as at run time.
function scriptsOf(wheels: readonly Wheel[]): Record<string, string> {
  const all = wheels.flatMap(({ scripts }) => [...scripts]).reverse();
  return Object.fromEntries([...new Map(all)].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `"3.13"`: this package's Python. */
export function ownVersion(): string {
  return binding().versions().python.split(".").slice(0, 2).join(".");
}
