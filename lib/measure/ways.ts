// lib/measure/ways.ts: the ways of getting an application from one file to its end that are compared.
import type { Tier } from "../options.js";

export const WAYS = ["extract", "extract-cached", "mapped", "memfd", "tmpfs", "python"] as const;
export type WayName = (typeof WAYS)[number];

/** What one way does, for tables and for the process that does it. */
export interface Way {
  readonly name: WayName;
  readonly label: string;
  /** Out of the bundle itself, with shared objects in this way; undefined: out of a folder. */
  readonly load?: Tier;
  /** Where the folder comes from: each run extracts anew, or it was there before. */
  readonly folder?: "fresh" | "cached";
}

const ABOUT: Readonly<Record<WayName, Omit<Way, "name">>> = {
  extract: { label: "extracted to a new temporary folder, then run", folder: "fresh" },
  "extract-cached": { label: "run from a folder extracted before", folder: "cached" },
  mapped: { label: "from the bundle, libraries mapped", load: "mapped" },
  memfd: { label: "from the bundle, libraries in memfds", load: "memfd" },
  tmpfs: { label: "from the bundle, libraries in a private tmpfs", load: "tmpfs" },
  python: { label: "a process of the python given, from a folder", folder: "cached" },
};

export function wayOf(name: WayName): Way {
  return { name, ...ABOUT[name] };
}

/** What the process of one sample is told; lib/measure/sample.ts does it. */
export interface SampleJob {
  readonly bundle: string;
  readonly args: readonly string[];
  readonly load: Tier | undefined;
  /** Runs this folder instead of the bundle. */
  readonly folder: string | undefined;
  /** Extracts the bundle into `folder` first. */
  readonly extract: boolean;
  /** Stays, after the program has ended, until descriptor 4 ends. */
  readonly hold: boolean;
}

/** What one sample says of itself, on descriptor 3. Times in milliseconds. */
export interface SampleResult {
  /** Until the program's first line. */
  readonly start: number;
  /** Until the program has ended. */
  readonly run: number;
  /** Processor time, user and system, of all threads. */
  readonly cpu: number;
  /** The largest resident size, with Node's own where Node is in it. */
  readonly peakBytes: number;
  readonly exitCode: number;
  /** What extraction wrote. */
  readonly written: Written;
}

export interface Written {
  readonly files: number;
  readonly bytes: number;
}
