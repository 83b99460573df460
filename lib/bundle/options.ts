// lib/bundle/options.ts: what bundle() is told, and what it answers.
import type { WheelInfo } from "./wheel.js";

/** Where things come from. At least one of these is needed. */
export interface BundleInputs {
  /** Requirements as pip takes them: `["numpy==2.3.4"]`. */
  requirements?: readonly string[];
  /** Paths of requirements files. */
  requirementFiles?: readonly string[];
  /** Path of the Python file that becomes `__main__.py`. */
  main?: string;
  /** More files: the name in the bundle, and a path or the content. */
  files?: Readonly<Record<string, string | Uint8Array>>;
}

/** How it is written. */
export interface BundleForm {
  /** Where the bundle is written. An existing file is replaced at the end. */
  output: string;
}

/** What goes into a bundle, and how it is written. */
export interface BundleOptions extends BundleInputs, BundleForm {
  /** Told how far the work is. */
  onProgress?: (progress: BundleProgress) => void;
  /** Ends the work; nothing is left behind. */
  signal?: AbortSignal;
}

/** How far the work is. */
export type BundleProgress =
  | { readonly phase: "resolve"; readonly line: string }
  | { readonly phase: "pack"; readonly done: number; readonly total: number };

/** What was made. */
export interface BundleResult {
  /** Absolute path of the bundle. */
  readonly output: string;
  readonly sizeBytes: number;
  readonly entries: number;
  readonly sharedObjects: number;
  readonly wheels: readonly WheelInfo[];
  /** Python files that do not compile (templates, say), with the reason. */
  readonly uncompiled: readonly string[];
}
