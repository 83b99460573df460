// lib/bundle/options.ts: what bundle() is told, and what it answers.
import type { Compression } from "./compression.js";
import type { Pruning } from "./selection.js";
import type { WheelInfo } from "./wheel.js";

/** What is run: at most one of them; a description's own gives way. */
export const ENTRIES = ["main", "module", "entry"] as const;

/** Where things come from. Paths are relative to the working directory. */
export interface BundleInputs {
  /**
   * An `inmem.toml`, a `pyproject.toml` with `[tool.inmem-python]`, or a folder with one of them;
   * lists given here go on where it ends, other options replace its own.
   */
  description?: string;
  /** Requirements as pip takes them: `["numpy==2.3.4"]`. */
  requirements?: readonly string[];
  /** Requirements files; `pyproject.toml`: its dependencies; `pylock.toml`: the files that it names. */
  requirementFiles?: readonly string[];
  /** Constraints files, as pip's `--constraint`. */
  constraintFiles?: readonly string[];
  /** Extras of the `pyproject.toml`, the projects and `pylock.toml`. */
  extras?: readonly string[];
  /** Dependency groups of the same. */
  groups?: readonly string[];
  /** Folders with a `pyproject.toml` or `setup.py`: pip builds the project. */
  projects?: readonly string[];
  /** Folders whose wheels are all bundled as they are. */
  wheelFolders?: readonly string[];
  /** Path of the Python file that is run; requirements of its `# /// script` block are heeded. */
  main?: string;
  /** Or: the module that is run, as `python -m` does. */
  module?: string;
  /** Or: the function that is called, `"package.module:function"`; its result is the exit status. */
  entry?: string;
  /** A folder of which every file becomes part of the bundle. */
  folder?: string;
  /** More files: the name in the bundle, and a path or the content. */
  files?: Readonly<Record<string, string | Uint8Array>>;
  /**
   * Path of what another tool made: a pex, a shiv file, a zipapp, or a folder with a
   * `site-packages`. All that is installed in it becomes part of the bundle.
   */
  from?: string;
  /** Arguments that come before those of the command line. */
  args?: readonly string[];
  /** Variables that the program finds, unless its environment has them already. */
  environment?: Readonly<Record<string, string>>;
  /** pip's `--index-url`, `--extra-index-url`, `--find-links` and `--no-index`. */
  indexUrl?: string;
  extraIndexUrls?: readonly string[];
  findLinks?: readonly string[];
  noIndex?: boolean;
  /** How indexes are reached, pip's `--proxy`, `--cert` and `--client-cert`: a URL, and paths of PEM files. */
  proxy?: string;
  cert?: string;
  clientCert?: string;
  /** A platform tag, `"manylinux_2_28_aarch64"`. Default: this host. */
  platform?: string;
  /** `"3.12"`. Default: the package's own Python. */
  pythonVersion?: string;
}

/** How it is written. */
export interface BundleForm {
  /** Where the bundle is written. An existing file is replaced at the end. */
  output: string;
  /** Optimization of the byte code, as Python's `-O` and `-OO`. Default: 0. */
  optimize?: 0 | 1 | 2;
  /**
   * False: sources alone, as pip's `--no-compile`: made sooner, smaller, and compiled by Python at each
   * import. Default: true.
   */
  compile?: boolean;
  /** False: byte code instead of sources, where they compile. Default: true. */
  source?: boolean;
  /** How entries are stored, for all or by kind; what is not named keeps its default. */
  compress?: Compression;
  /** Globs of names to leave out; one without a slash is for file and folder names anywhere. */
  exclude?: readonly string[];
  /** What to leave out of distributions. */
  prune?: readonly Pruning[];
  /**
   * Makes the file executable, by a `#!` line: `true` for `/usr/bin/env -S inmem-python run`,
   * or what stands behind `#!`.
   */
  executable?: boolean | string;
}

/** What goes into a bundle, and how it is written. */
export interface BundleOptions extends BundleInputs, BundleForm {
  /** Told how far the work is. */
  onProgress?: (progress: BundleProgress) => void;
  /** False: compiles all anew, and keeps no byte code for later bundles. Default: true. */
  cache?: boolean;
  /** Ends the work; nothing is left behind. */
  signal?: AbortSignal;
}

/** How far the work is. */
export type BundleProgress =
  /** pip chooses; a line of what it says. */
  | { readonly phase: "resolve"; readonly line: string }
  /** A file comes; its whole size is 0 where the server does not tell. */
  | {
      readonly phase: "download";
      readonly file: string;
      readonly doneBytes: number;
      readonly totalBytes: number;
      readonly bytesPerSecond: number;
    }
  /** A wheel is built from source. */
  | { readonly phase: "build"; readonly name: string }
  /** Python files have become byte code. */
  | { readonly phase: "compile"; readonly done: number; readonly total: number }
  /** Entries were written. */
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
  /** Files that `exclude` and `prune` left out. */
  readonly excluded: number;
  /** Globs of `exclude` that no file matched. */
  readonly unusedExcludes: readonly string[];
}
