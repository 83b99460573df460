// lib/inspect/contents.ts: what a bundle holds, by distribution and kind, and under which licenses.
import type { AuditedArchive, Distribution } from "../audit/content.js";
import type { AuditedFile } from "../audit/report.js";
import { ENTRY_KINDS, type EntryKind, kindByName } from "../bundle/kind.js";
import { MANIFEST_NAME, SIGNATURE_NAME } from "../bundle/manifest.js";

/** What belongs together: a distribution's files, or those that no distribution owns. */
export interface Share {
  /** `"numpy"`; `"(application)"` for what no distribution owns. */
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Bytes in the file, by kind. */
  readonly kinds: Readonly<Record<EntryKind, number>>;
  readonly storedBytes: number;
  /** Bytes when unpacked. */
  readonly sizeBytes: number;
  readonly entries: number;
  /** Names of entries that hold license texts. */
  readonly licenseFiles: readonly string[];
}

export const APPLICATION = "(application)";
const LICENSE_FILE = /(^|\/)(LICEN[CS]E|COPYING|NOTICE|AUTHORS)[^/]*$/i;

/** The largest first. */
export function sharesOf(archive: AuditedArchive, file: AuditedFile): Share[] {
  const kindOf = kindsOf(archive, file);
  const shares = new Map<Distribution | undefined, Mutable>();
  for (const { name, sizeBytes, compressedSizeBytes } of archive.entries) {
    if (name.endsWith("/")) continue;
    const owner = archive.ownerOf(name);
    const share = shares.get(owner) ?? emptyShare(owner);
    shares.set(owner, share);
    share.kinds[kindOf(name)] += compressedSizeBytes;
    share.storedBytes += compressedSizeBytes;
    share.sizeBytes += sizeBytes;
    share.entries += 1;
    if (owner && name.startsWith(`${owner.folder}/`) && LICENSE_FILE.test(name)) {
      share.licenseFiles.push(name);
    }
  }
  return [...shares.values()].sort((a, b) => b.storedBytes - a.storedBytes);
}

type Mutable = { -readonly [K in keyof Share]: Share[K] } & {
  kinds: Record<EntryKind, number>;
  licenseFiles: string[];
};

function emptyShare(owner: Distribution | undefined): Mutable {
  const kinds = Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, 0]));
  return {
    name: owner?.name ?? APPLICATION,
    version: owner?.version ?? "",
    license: owner ? licenseOf(owner) : "",
    kinds: kinds as Record<EntryKind, number>,
    storedBytes: 0,
    sizeBytes: 0,
    entries: 0,
    licenseFiles: [],
  };
}

// The manifest says it; a zip that has none is told by names, and objects by the audit.
function kindsOf({ manifest }: AuditedArchive, file: AuditedFile): (name: string) => EntryKind {
  const objects = new Map(file.objects.map(({ entry, kind }) => [entry, kind]));
  return (name) => {
    const object = objects.get(name);
    if (object !== undefined) return object === "module" ? "extension" : "library";
    if (name === MANIFEST_NAME || name === SIGNATURE_NAME) return "metadata";
    return manifest.kinds.get(name) ?? kindByName(name);
  };
}

/** As the metadata says it, the newer fields before the older ones. */
export function licenseOf({ metadata }: Distribution): string {
  const expression = metadata.get("license-expression")?.[0];
  if (expression) return expression;
  const classifiers = (metadata.get("classifier") ?? [])
    .filter((one) => one.startsWith("License ::"))
    .map((one) => one.split(" :: ").at(-1) ?? "");
  const [text = ""] = (metadata.get("license")?.[0] ?? "").split("\n");
  if (classifiers.length > 0) return classifiers.join(", ");
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
