// lib/bundle/manifest.ts: inmem.json, which says what a bundle is made of.
import { ENTRY_KINDS, type EntryKind } from "./kind.js";
import type { WheelInfo } from "./wheel.js";

export { MANIFEST_NAME, SIGNATURE_NAME } from "./manifest-name.js";

const SHA256 = /^[0-9a-f]{64}$/;

/** The manifest's shape; docs/bundle-format.md describes each field. */
export interface Manifest {
  readonly format: 1;
  /** What the byte code and the extensions are for. */
  readonly python: { readonly tag: string };
  /** Absent: as any program. Before all that may be long: each start looks for it. */
  readonly run?: RunSettings;
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

/** How `inmem-python run` starts a bundle. */
export interface RunSettings {
  /** False: standard input is at its end. */
  readonly terminal?: false;
  /** What the program serves on 127.0.0.1. */
  readonly port?: number;
  /** What it is offered to others as. */
  readonly exportedPort?: number;
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

/** What an archive's manifest says, if it has one that says it. */
export interface ManifestFacts {
  /** What its byte code and extensions are for: `"cp313"`. */
  readonly python: string | undefined;
  readonly kinds: ReadonlyMap<string, EntryKind>;
  /** SHA-256 of the wheels, by the names of their distributions. */
  readonly wheelHashes: ReadonlyMap<string, string>;
}

/** Takes any entry of that name: what is not as the manifest of a bundle is left out. */
export function readManifest(content: Buffer | undefined): ManifestFacts {
  const manifest = recordOf(parseJson(content?.toString("utf8") ?? ""));
  const { tag } = recordOf(manifest["python"]);
  const kinds = Object.entries(recordOf(manifest["entries"])).flatMap(([name, entry]) => {
    const kind = ENTRY_KINDS.find((one) => one === recordOf(entry)["kind"]);
    return kind === undefined ? [] : [[name, kind] as const];
  });
  const { distributions } = manifest;
  const wheelHashes = (Array.isArray(distributions) ? distributions : []).flatMap((one) => {
    const { name, sha256 } = recordOf(one);
    const isWhole = typeof name === "string" && typeof sha256 === "string" && SHA256.test(sha256);
    return isWhole ? [[name, sha256] as const] : [];
  });
  return {
    python: typeof tag === "string" ? tag : undefined,
    kinds: new Map(kinds),
    wheelHashes: new Map(wheelHashes),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
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
