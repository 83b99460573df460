// lib/types/options.ts: what types() takes and gives.
import type { BundleInput } from "../options.js";

/** Which declarations, of which bundle. */
export interface TypesOptions {
  /** A zip, .pyz or .whl file, a folder, or a zip's bytes. */
  readonly bundle: BundleInput;
  /** Names of modules. Default: the application's own, or the packages' of a bundle without one. */
  readonly modules?: readonly string[];
  /** A file that is written: its name ends with `.d.ts`. Default: none. */
  readonly output?: string;
  /** Ends the work. */
  readonly signal?: AbortSignal;
}

/** What in a bundle was not understood. */
export interface TypesWarning {
  /** The file in the bundle. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface TypesResult {
  /** The declarations. */
  readonly types: string;
  /** The modules that they are of. */
  readonly modules: readonly string[];
  /** How many public names there are. */
  readonly names: number;
  readonly warnings: readonly TypesWarning[];
}
