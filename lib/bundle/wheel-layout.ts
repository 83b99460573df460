// lib/bundle/wheel-layout.ts: where a wheel's files go, as an installer spreads them.
import { PREFIX_FOLDER, SCRIPT_FOLDER } from "./kind.js";

/** Source: the binary distribution format, "The .data directory". */
export const DATA_SCHEMES = ["purelib", "platlib", "scripts", "data", "headers"] as const;
type DataScheme = (typeof DATA_SCHEMES)[number];

/** Thrown for a file in `NAME.data/` that belongs to no scheme. */
export class UnknownScheme extends Error {}

/** What the place of a file depends on. */
export interface WheelLayout {
  /** `NAME-VERSION`, as the names of `.dist-info` and `.data` have it. */
  readonly stem: string;
  readonly distribution: string;
  /** `"3.13"`: headers lie in a folder for it. */
  readonly pythonVersion: string;
}

/**
 * The name in the bundle of a wheel's file.
 * @throws {UnknownScheme} for a folder of `.data` that the format does not have.
 */
export function installedName(path: string, layout: WheelLayout): string {
  const data = `${layout.stem}.data/`;
  if (!path.startsWith(data)) return path;
  const [scheme = "", ...rest] = path.slice(data.length).split("/");
  if (!isScheme(scheme) || rest.length === 0) {
    throw new UnknownScheme(`${path} (expected ${data}${DATA_SCHEMES.join(`/, ${data}`)}/)`);
  }
  return schemeFolder(scheme, layout) + rest.join("/");
}

function schemeFolder(scheme: DataScheme, layout: WheelLayout): string {
  switch (scheme) {
    case "purelib":
    case "platlib":
      return "";
    case "scripts":
      return SCRIPT_FOLDER;
    case "data":
      return `${PREFIX_FOLDER}/`;
    case "headers": // where pip has them in a virtual environment
      return `${PREFIX_FOLDER}/include/site/python${layout.pythonVersion}/${layout.distribution}/`;
  }
}

function isScheme(name: string): name is DataScheme {
  return (DATA_SCHEMES as readonly string[]).includes(name);
}
