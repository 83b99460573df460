// lib/bundle/manifest.ts: inmem.json, which says what a bundle is made of.
import type { EntryKind } from "./kind.js";
import type { WheelInfo } from "./wheel.js";

/** Name of the manifest's entry. */
export const MANIFEST_NAME = "inmem.json";
/** Name of the signature's entry; never an entry of the manifest. */
export const SIGNATURE_NAME = "inmem.sig";

/** The manifest's shape; docs/bundle-format.md describes each field. */
export interface Manifest {
  readonly format: 1;
  /** What the byte code and the extensions are for. */
  readonly python: { readonly tag: string };
  /** Platform tags of the wheels, without `"any"`; none: it runs anywhere. */
  readonly platform: { readonly tags: readonly string[] };
  readonly entry: {
    /** What runs without `-m`: the module's name, or null. */
    readonly module: string | null;
    /** Console and gui scripts of the distributions: name -> `module:function`. */
    readonly scripts: Readonly<Record<string, string>>;
  };
  readonly distributions: readonly WheelInfo[];
  /** Each entry but the manifest and its signature, by name. */
  readonly entries: Readonly<Record<string, ManifestEntry>>;
}

export interface ManifestEntry {
  /** SHA-256 of the content (not of the compressed data), hexadecimal. */
  readonly sha256: string;
  /** Size of the content, in bytes. */
  readonly size: number;
  readonly kind: EntryKind;
  /** Name of the distribution that brought it; absent: the application. */
  readonly distribution?: string;
}

/** The manifest's bytes: the same content gives the same bytes. */
export function encodeManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`, "utf8");
}

/** The platform tags that wheels name, each once, sorted. */
export function platformsOf(wheels: readonly WheelInfo[]): string[] {
  const tags = wheels.flatMap(({ tags }) => (tags.split("-")[2] ?? "").split("."));
  return [...new Set(tags)].filter((tag) => tag !== "any" && tag !== "").sort();
}

/** `"3.13.5"` becomes `"cp313"`. */
export function interpreterTag(pythonVersion: string): string {
  const [major, minor] = pythonVersion.split(".");
  return `cp${major}${minor}`;
}
