// lib/audit/content.ts: what lies in a bundle or a wheel: its ELF objects and its distributions.
import { basename } from "node:path";
import type { ArchiveEntry, Binding, NativeArchive, NativeObject } from "../binding.js";
import { MANIFEST_NAME, type ManifestFacts, readManifest } from "../bundle/manifest.js";
import { MACHINES } from "./policies.js";

/** A project's release as it was installed or packed: its `.dist-info` folder. */
export interface Distribution {
  readonly name: string;
  readonly version: string;
  /** `"numpy-2.3.4.dist-info"`. */
  readonly folder: string;
  /** `"cp313-cp313-manylinux_2_28_x86_64"`, one a combination. */
  readonly tags: readonly string[];
  /** The metadata's header, by lower-case field name. */
  readonly metadata: ReadonlyMap<string, readonly string[]>;
}

/** An ELF file in an archive. */
export interface AuditObject {
  readonly archive: AuditedArchive;
  readonly entry: string;
  readonly sizeBytes: number;
  readonly facts: NativeObject;
  /** `"x86_64"`; undefined for machines that are not read. */
  readonly machine: string | undefined;
  readonly distribution: Distribution | undefined;
}

export interface AuditedArchive {
  /** Absolute. */
  readonly path: string;
  readonly kind: "bundle" | "wheel";
  readonly entries: readonly ArchiveEntry[];
  /** All folders that an entry lies in; `""` is the root. */
  readonly folders: ReadonlySet<string>;
  readonly objects: readonly AuditObject[];
  readonly objectByEntry: ReadonlyMap<string, AuditObject>;
  readonly distributions: readonly Distribution[];
  readonly ownerOf: (entry: string) => Distribution | undefined;
  readonly manifest: ManifestFacts;
  /** Throws InmemError. */
  read(entry: string): Buffer | undefined;
}

/** Parts that an archive is read in, each by a thread of libuv's, which has four. */
const PARTS = 8;
const PATH_OF_METADATA = /^([^/]+\.dist-info)\/METADATA$/;

/** @throws {InmemError} the codes of a file or an archive that cannot be read. */
export async function readContent(binding: Binding, path: string): Promise<AuditedArchive> {
  const native = binding.openArchive(path);
  const indices = new Map(native.entries.map(({ name }, index) => [name, index]));
  const read = (entry: string) => {
    const index = indices.get(entry);
    return index === undefined ? undefined : native.read(index);
  };
  const kind = path.endsWith(".whl") ? "wheel" : "bundle";
  const distributions = [...indices.keys()].flatMap((name) => {
    const folder = PATH_OF_METADATA.exec(name)?.[1];
    return folder === undefined ? [] : [readDistribution(folder, read)];
  });
  const ownerOf = kind === "wheel" ? () => distributions[0] : readOwners(distributions, read);
  const objects: AuditObject[] = [];
  const archive: AuditedArchive = {
    path,
    kind,
    entries: native.entries,
    folders: foldersOf(indices.keys()),
    objects,
    objectByEntry: new Map(),
    distributions: kind === "wheel" ? distributions.slice(0, 1) : distributions,
    ownerOf,
    manifest: readManifest(read(MANIFEST_NAME)),
    read,
  };
  for (const { index, ...facts } of await readObjects(native)) {
    const { name, sizeBytes } = native.entries[index] as ArchiveEntry;
    const machine = facts.class === "ELFCLASS64" ? MACHINES[facts.machine] : undefined;
    const object = { archive, entry: name, sizeBytes, facts, machine };
    objects.push({ ...object, distribution: ownerOf(name) });
  }
  for (const object of objects) {
    (archive.objectByEntry as Map<string, AuditObject>).set(object.entry, object);
  }
  return archive;
}

// Sources and byte code are no ELF files whatever they hold: ld.so is never given them. The rest
// goes into parts of about the same work.
async function readObjects(native: NativeArchive) {
  const parts = Array.from({ length: PARTS }, () => ({ work: 0, indices: [] as number[] }));
  const candidates = native.entries
    .map(({ name, sizeBytes }, index) => ({ name, index, sizeBytes }))
    .filter(({ name }) => !name.endsWith(".py") && !name.endsWith(".pyc"))
    .sort((a, b) => b.sizeBytes - a.sizeBytes);
  for (const { index, name, sizeBytes } of candidates) {
    const part = parts.reduce((least, other) => (other.work < least.work ? other : least));
    part.indices.push(index);
    // Others are looked at by their first bytes alone.
    part.work += 4096 + (/\.so\b/.test(name) ? sizeBytes : 0);
  }
  const found = await Promise.all(
    parts.map(({ indices }) => native.objects(Uint32Array.from(indices))),
  );
  return found.flat().sort((a, b) => a.index - b.index);
}

function foldersOf(names: Iterable<string>): Set<string> {
  const folders = new Set([""]);
  for (const name of names) {
    for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) {
      const folder = name.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

type Reader = (entry: string) => Buffer | undefined;

function readDistribution(folder: string, read: Reader): Distribution {
  const metadata = readHeader(read(`${folder}/METADATA`));
  const wheel = readHeader(read(`${folder}/WHEEL`));
  const [name = "", version = ""] = folder.slice(0, -".dist-info".length).split("-");
  return {
    name: metadata.get("name")?.[0] ?? name,
    version: metadata.get("version")?.[0] ?? version,
    folder,
    tags: wheel.get("tag") ?? [],
    metadata,
  };
}

/** The header of an e-mail message, which METADATA and WHEEL are; a description follows it. */
function readHeader(bytes: Buffer | undefined): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  const [header = ""] = (bytes?.toString("utf8") ?? "").split(/\r?\n\r?\n/, 1);
  for (const line of header.replace(/\r?\n[ \t]+/g, "\n  ").split(/\r?\n(?! )/)) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const field = line.slice(0, colon).toLowerCase();
    fields.set(field, [...(fields.get(field) ?? []), line.slice(colon + 1).trim()]);
  }
  return fields;
}

// RECORD has a line a file: path,hash,size; a path with a comma stands in quotes.
function readOwners(distributions: readonly Distribution[], read: Reader) {
  const owners = new Map<string, Distribution>();
  for (const distribution of distributions) {
    const text = read(`${distribution.folder}/RECORD`)?.toString("utf8") ?? "";
    for (const line of text.split(/\r?\n/)) {
      const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1]?.replaceAll('""', '"');
      const path = quoted ?? line.split(",", 1)[0];
      if (!path) continue;
      // Our bundler and pip put these two at the root.
      owners.set(path.replace(/^[^/]+\.data\/(?:purelib|platlib)\//, ""), distribution);
      if (path.endsWith(".py")) owners.set(`${path}c`, distribution);
    }
  }
  const byFolder = new Map(distributions.map((one) => [one.folder, one]));
  return (entry: string) => owners.get(entry) ?? byFolder.get(entry.split("/", 1)[0] ?? "");
}

/** `"numpy-2.3.4-cp313-cp313-manylinux_2_28_x86_64.whl"` as its parts; undefined for other names. */
export function tagsOfFileName(path: string): string[] | undefined {
  const match = /^[^-]+-[^-]+(?:-\d[^-]*)?-([^-]+)-([^-]+)-([^-]+)\.whl$/.exec(basename(path));
  if (match === null) return undefined;
  const [pythons, abis, platforms] = match.slice(1).map((part) => part.split("."));
  return (pythons ?? []).flatMap((python) =>
    (abis ?? []).flatMap((abi) =>
      (platforms ?? []).map((platform) => `${python}-${abi}-${platform}`),
    ),
  );
}

/** Platforms that tags name, each once. */
export function platformsOf(tags: readonly string[]): string[] {
  return [...new Set(tags.map((tag) => tag.split("-").slice(2).join("-")))].filter(Boolean);
}
