// lib/bundle/selection.ts: which files are left out of a bundle.
import picomatch from "picomatch";

/** What `prune` may name; docs/bundle-format.md has what each leaves out. */
export const PRUNINGS = ["tests", "headers", "static", "debug"] as const;
export type Pruning = (typeof PRUNINGS)[number];

/** Of distributions alone: an application's own files are what it says. */
const PRUNED: Readonly<Record<Pruning, readonly string[]>> = {
  tests: ["*/**/test/**", "*/**/tests/**", "*/**/conftest.py"],
  headers: ["*.{h,hh,hpp,hxx,cuh,pxd,pxi}", "inmem.prefix/include/**", "*/include/**"],
  static: ["*.{a,lib,la,o}"],
  debug: ["*.{debug,dwo,dwp,pdb}", "**/.debug/**", "**/*.dSYM/**"],
};

/** Says for each file whether it stays, and remembers which globs took none away. */
export class Selection {
  readonly #globs: readonly {
    readonly glob: string;
    readonly matches: (name: string) => boolean;
  }[];
  readonly #pruned: (name: string) => boolean;
  readonly #used = new Set<string>();
  /** Whether shared objects of distributions lose their debug sections. */
  readonly stripsDebug: boolean;
  #left = 0;

  constructor(exclude: readonly string[] = [], prune: readonly Pruning[] = []) {
    this.stripsDebug = prune.includes("debug");
    this.#globs = exclude.map((glob) => ({ glob, matches: matcher(glob) }));
    const pruned = prune.flatMap((name) => PRUNED[name]).map(matcher);
    this.#pruned = (name) => pruned.some((matches) => matches(name));
  }

  /** Files left out so far. */
  get left(): number {
    return this.#left;
  }

  /** Globs that no file matched. */
  get unused(): string[] {
    return this.#globs.map(({ glob }) => glob).filter((glob) => !this.#used.has(glob));
  }

  keeps(name: string, isOfDistribution: boolean): boolean {
    const found = this.#globs.filter(({ matches }) => matches(name));
    for (const { glob } of found) this.#used.add(glob);
    // importlib.metadata's, whatever they are called
    const prunable = isOfDistribution && !/^[^/]+\.dist-info\//.test(name);
    if (found.length === 0 && !(prunable && this.#pruned(name))) return true;
    this.#left++;
    return false;
  }
}

/** A glob without a slash is for file names, wherever they are; a folder's stands for all in it. */
function matcher(glob: string): (name: string) => boolean {
  const folder = glob.replace(/\/+$/, "");
  const options = { dot: true };
  if (!folder.includes("/")) {
    const matches = picomatch(folder, options);
    return (name) => name.split("/").some((part) => matches(part));
  }
  return picomatch([folder, `${folder}/**`], options);
}
