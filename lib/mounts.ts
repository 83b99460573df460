// lib/mounts.ts: archives that JavaScript mounts for the runs that follow.
import type { Binding, NativeJob } from "./binding.js";
import { nativeBundles, pathOfBundle } from "./bundle-input.js";
import { InmemError } from "./errors.js";
import type { BundleInput } from "./options.js";

type Bundles = NativeJob["bundles"];

/** In the order of mount(): absolute path, or the bytes themselves, to what native gets. */
const mounted = new Map<string | Uint8Array, Bundles>();

/** mount() of lib/start.ts. */
export function mountForRuns(binding: () => Binding, bundle: BundleInput): void {
  const bundles = nativeBundles(bundle);
  // What is wrong with an archive is told here, not by the run that comes next.
  for (const each of bundles) {
    if (typeof each === "string") binding().openArchive(each);
    else if ("bytes" in each) binding().openArchive(each.bytes, each.name);
  }
  const key = keyOf(bundle);
  if (!mounted.has(key)) mounted.set(key, bundles);
}

/** unmount() of lib/start.ts. */
export function unmountForRuns(bundle: BundleInput): void {
  if (mounted.delete(keyOf(bundle))) return;
  const what = bundle instanceof Uint8Array ? "this buffer" : keyOf(bundle);
  const known = [...mounted.keys()].filter((key) => typeof key === "string");
  throw new InmemError(
    "ERR_INMEM_NOT_FOUND",
    `${what}: not mounted by mount() (expected ${known.join(", ") || "a bundle that is"})`,
  );
}

/** What comes behind a run's own bundles. */
export function mountedBundles(): Bundles {
  return [...mounted.values()].flat();
}

function keyOf(bundle: BundleInput): string | Uint8Array {
  return pathOfBundle(bundle) ?? (bundle as Uint8Array);
}
