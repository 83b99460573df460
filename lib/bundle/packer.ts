// lib/bundle/packer.ts: writes planned files and their byte code as entries.
import { InmemError } from "../errors.js";
import type { CompressionTable } from "./compression.js";
import { type PackedEntry, packEntry } from "./entry.js";
import { isModuleName } from "./kind.js";
import type { ManifestEntry } from "./manifest.js";
import { addLarge, type LargeFile } from "./pack-large.js";
import type { BundlePlan, PlannedFile } from "./plan.js";
import type { PycCache } from "./pyc-cache.js";
import type { CompileAnswer } from "./pyc-compiler.js";
import type { Compiler } from "./pyc-pool.js";
import type { PatchableSink, ZipWriter } from "./zip-writer.js";

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
  readonly writer: ZipWriter<PatchableSink>;
  /** Undefined: the bundle is for another Python, whose byte code we cannot make. */
  readonly compiler: Compiler | undefined;
  readonly cache: PycCache | undefined;
  readonly compression: CompressionTable;
  /** Keep the source beside its byte code. */
  readonly source: boolean;
  readonly onCompiled: () => void;
  readonly onEntry: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** This many files are read, compiled and compressed ahead of the writer. */
const LOOK_AHEAD = 64;
/** And no more than this of their contents is held. */
const LOOK_AHEAD_BYTES = 1 << 28;

/** The entries of one file: itself, its byte code, or both. */
interface Packed {
  readonly entries: readonly PackedEntry[];
  readonly distribution: string | undefined;
  /** What the cache has not yet. */
  readonly keep?: KeptCode | undefined;
  /** It is read, compressed and written when its turn comes, piece by piece. */
  readonly large?: PlannedFile & LargeFile;
}

interface KeptCode {
  readonly wheel: string;
  readonly name: string;
  readonly pyc: Buffer;
}

interface ToldEntry extends Omit<ManifestEntry, "distribution"> {
  readonly distribution: string | undefined;
}

/**
 * Compiling (in children), compressing (in Node's pool) and writing overlap;
 * the order of the entries does not depend on which is done first.
 */
export async function packFiles(options: PackOptions): Promise<PackReport> {
  const { plan, writer, signal } = options;
  const uncompiled: string[] = [];
  const files = plan.files();
  const entries = new Map<string, ManifestEntry>();
  let sharedObjects = 0;
  let done = 0;
  const told = (name: string, { sha256, size, kind, distribution }: ToldEntry) => {
    entries.set(name, { sha256, size, kind, ...(distribution && { distribution }) });
    if (kind === "extension" || kind === "library") sharedObjects++;
  };
  for await (const packed of inOrder(files, (file) => packFile(file, options, uncompiled))) {
    signal?.throwIfAborted();
    const { distribution, large, keep } = packed;
    for (const entry of packed.entries) {
      await writer.add(entry);
      told(entry.name, { ...entry, size: entry.sizeBytes, distribution });
    }
    if (large) told(large.name, { ...(await packLarge(large, options)), distribution });
    if (keep) await options.cache?.add(keep.wheel, keep.name, keep.pyc);
    options.onEntry(++done, files.length);
  }
  // As they stand in the archive, whichever compiler was done first.
  return { entries, sharedObjects, uncompiled: uncompiled.sort() };
}

async function packFile(
  file: PlannedFile,
  options: PackOptions,
  uncompiled: string[],
): Promise<Packed> {
  const { distribution } = file;
  if (file.packed) return { entries: [file.packed()], distribution };
  if (isLarge(file)) return { entries: [], large: file, distribution };
  const content = file.read();
  const { pyc, keep } = await compile(file, content, options, uncompiled);
  const entries: PackedEntry[] = [];
  if (options.source || !pyc) entries.push(await packSource(file, content, options));
  const { compression } = options;
  if (pyc) entries.push(await packEntry(`${file.name}c`, 0o644, pyc, { compression }));
  return { entries, distribution, keep };
}

async function packSource(
  file: PlannedFile,
  content: Buffer,
  { compression }: PackOptions,
): Promise<PackedEntry> {
  const entry = await packEntry(file.name, file.mode, content, {
    compression,
    deflated: file.deflated,
  });
  checkDigest(file, entry.sha256);
  return entry;
}

function isLarge(file: PlannedFile): file is PlannedFile & LargeFile {
  return file.large !== undefined;
}

async function packLarge(file: PlannedFile & LargeFile, options: PackOptions) {
  const facts = await addLarge(file, options);
  checkDigest(file, facts.sha256);
  return facts;
}

function checkDigest({ origin, name, sha256 }: PlannedFile, found: string): void {
  if (sha256 === undefined || sha256 === found) return;
  const message = `${origin}: ${name} has the SHA-256 ${found} (expected ${sha256}, as its RECORD says)`;
  throw new InmemError("ERR_INMEM_BUNDLER", message);
}

interface Compiled {
  readonly pyc?: Buffer;
  readonly keep?: KeptCode;
}

// A wheel's own .pyc beside its source stays as it is.
async function compile(
  { name, wheel }: PlannedFile,
  content: Buffer,
  { plan, compiler, cache, onCompiled }: PackOptions,
  uncompiled: string[],
): Promise<Compiled> {
  if (!compiler || !isModuleName(name) || plan.has(`${name}c`)) return {};
  const kept = wheel === undefined ? undefined : cache?.find(wheel, `${name}c`);
  const answer: CompileAnswer = kept ?? (await compiler.compile(name, content));
  onCompiled();
  if (!Buffer.isBuffer(answer)) {
    uncompiled.push(`${name}: ${answer.failure}`);
    return {};
  }
  if (kept || wheel === undefined) return { pyc: answer };
  return { pyc: answer, keep: { wheel, name: `${name}c`, pyc: answer } };
}

async function* inOrder<Done>(
  files: readonly PlannedFile[],
  begin: (file: PlannedFile) => Promise<Done>,
): AsyncGenerator<Done> {
  const ahead: { readonly started: Promise<Done>; readonly bytes: number }[] = [];
  let aheadBytes = 0;
  for (const file of files) {
    const bytes = file.large ? 0 : (file.sizeBytes ?? 0);
    while (
      ahead.length >= LOOK_AHEAD ||
      (ahead.length > 0 && aheadBytes + bytes > LOOK_AHEAD_BYTES)
    ) {
      const next = ahead.shift() as (typeof ahead)[0];
      yield await next.started;
      aheadBytes -= next.bytes;
    }
    const started = begin(file);
    started.catch(() => undefined); // told when its turn comes
    ahead.push({ started, bytes });
    aheadBytes += bytes;
  }
  for (const { started } of ahead) yield await started;
}
