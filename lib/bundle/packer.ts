// lib/bundle/packer.ts: writes planned files and their byte code as entries.
import { InmemError } from "../errors.js";
import { type PackedEntry, packEntry } from "./entry.js";
import { isModuleName } from "./kind.js";
import type { ManifestEntry } from "./manifest.js";
import type { BundlePlan, PlannedFile } from "./plan.js";
import type { Compiler } from "./pyc-pool.js";
import type { ZipWriter } from "./zip-writer.js";

/** What came of packing. */
export interface PackReport {
  /** What the manifest says of each entry, by name, in the archive's order. */
  readonly entries: ReadonlyMap<string, ManifestEntry>;
  readonly sharedObjects: number;
  /** Sources without byte code, each with Python's reason. */
  readonly uncompiled: string[];
}

export interface PackOptions {
  readonly plan: BundlePlan;
  readonly writer: ZipWriter;
  /** Undefined: the bundle is for another Python, whose byte code we cannot make. */
  readonly compiler: Compiler | undefined;
  readonly onEntry: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** This many entries are read, compiled and compressed ahead of the writer. */
const LOOK_AHEAD = 64;
type Make = () => Promise<PackedEntry | undefined>;

interface Job {
  readonly make: Make;
  readonly distribution: string | undefined;
}

interface Done {
  readonly entry: PackedEntry | undefined;
  readonly distribution: string | undefined;
}

/**
 * Compiling (in the child), compressing (in Node's pool) and writing overlap;
 * the order of the entries does not depend on which is done first.
 */
export async function packFiles(options: PackOptions): Promise<PackReport> {
  const { plan, writer, signal } = options;
  const uncompiled: string[] = [];
  const jobs = plan
    .files()
    .flatMap((file) =>
      jobsOf(file, options, uncompiled).map((make) => ({ make, distribution: file.distribution })),
    );
  const entries = new Map<string, ManifestEntry>();
  let sharedObjects = 0;
  let done = 0;
  for await (const { entry, distribution } of inOrder(jobs)) {
    signal?.throwIfAborted();
    options.onEntry(++done, jobs.length);
    if (!entry) continue;
    await writer.add(entry);
    const { name, sha256, sizeBytes: size, kind } = entry;
    entries.set(name, { sha256, size, kind, ...(distribution && { distribution }) });
    if (kind === "extension" || kind === "library") sharedObjects++;
  }
  // As they stand in the archive, whichever compiler was done first.
  return { entries, sharedObjects, uncompiled: uncompiled.sort() };
}

function jobsOf(file: PlannedFile, options: PackOptions, uncompiled: string[]): Make[] {
  const { plan, compiler } = options;
  const { packed } = file;
  if (packed) return [async () => packed()];
  const jobs: Make[] = [async () => packChecked(file)];
  const compiledName = `${file.name}c`;
  const wanted = isModuleName(file.name);
  // A wheel's own .pyc beside its source stays as it is.
  if (!compiler || !wanted || plan.has(compiledName)) return jobs;
  jobs.push(async () => {
    const answer = await compiler.compile(file.name, file.read());
    if (Buffer.isBuffer(answer)) return packEntry(compiledName, 0o644, answer);
    uncompiled.push(`${file.name}: ${answer.failure}`);
    return undefined;
  });
  return jobs;
}

async function packChecked(file: PlannedFile): Promise<PackedEntry> {
  const entry = await packEntry(file.name, file.mode, file.read());
  if (file.sha256 === undefined || file.sha256 === entry.sha256) return entry;
  const message = `${file.origin}: ${file.name} has the SHA-256 ${entry.sha256} (expected ${file.sha256}, as its RECORD says)`;
  throw new InmemError("ERR_INMEM_BUNDLER", message);
}

async function* inOrder(jobs: readonly Job[]): AsyncGenerator<Done> {
  const ahead: Promise<Done>[] = [];
  for (const { make, distribution } of jobs) {
    const started = make().then((entry) => ({ entry, distribution }));
    started.catch(() => undefined); // told when its turn comes
    ahead.push(started);
    if (ahead.length >= LOOK_AHEAD) yield await (ahead.shift() as (typeof ahead)[number]);
  }
  yield* ahead;
}
