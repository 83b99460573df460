// lib/bundle/manifest.ts: inmem.json, which says what a bundle is made of.
import type { WheelInfo } from "./wheel.js";

/** Name of the manifest's entry. */
export const MANIFEST_NAME = "inmem.json";

/** The manifest's shape; docs/format/bundle.md describes each field. */
export interface Manifest {
  readonly format: 1;
  /** Interpreter tag that the byte code and the extensions are for: `"cp313"`. */
  readonly python: string;
  /** Platform tags of the wheels, without `"any"`; empty: runs anywhere. */
  readonly platforms: readonly string[];
  /** What runs without `-m`: the module's name, or null. */
  readonly entryPoint: string | null;
  readonly requirements: readonly WheelInfo[];
  /** SHA-256 of each entry's content but the manifest's own, by name. */
  readonly entries: Readonly<Record<string, string>>;
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
