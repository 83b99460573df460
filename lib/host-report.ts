// lib/host-report.ts: what this host allows, and which ways of loading shared objects follow from it.
import type { Binding, NativeHost } from "./binding.js";
import type { InmemErrorCode } from "./error-codes.js";
import { InmemError } from "./errors.js";
import type { Tier } from "./options.js";
import { describePlatform } from "./support.js";

/** Whether a tier works on this host. */
export interface TierReport {
  readonly works: boolean;
  /** What refuses it and what to do; empty where it works. */
  readonly reason: string;
}

/** What hostReport() found. */
export interface HostReport {
  /** Whether `run()` can load shared objects without being told how. */
  readonly ok: boolean;
  /** `"linux x64 (glibc)"`. */
  readonly platform: string;
  /** Version of Node. */
  readonly node: string;
  /** Why the native binary cannot be used; then all below is undefined. */
  readonly problem: { readonly code: InmemErrorCode; readonly message: string } | undefined;
  /** What was tried, with the system's answers. */
  readonly facts: HostFacts | undefined;
  readonly tiers: Readonly<Record<Tier, TierReport>> | undefined;
  /**
   * The tier that `load: "auto"` begins with: `"mapped"`, which takes memfds for
   * objects that are compressed or not page-aligned; undefined where none works.
   */
  readonly auto: Tier | undefined;
}

/** What the probe tried. A refusal is the reason in words, "" means that it works. */
export type HostFacts = NativeHost;

/** @internal hostReport(). */
export function reportHost(binding: () => Binding): HostReport {
  const host = { platform: describePlatform(), node: process.versions.node };
  try {
    const facts = binding().probeHost();
    const tiers = judge(facts);
    const auto = (["mapped", "tmpfs"] as const).find((tier) => tiers[tier].works);
    return { ok: auto !== undefined, ...host, problem: undefined, facts, tiers, auto };
  } catch (error) {
    const { code, message } =
      error instanceof InmemError ? error : new InmemError("ERR_INMEM_NO_BINARY", String(error));
    const nothing = { facts: undefined, tiers: undefined, auto: undefined };
    return { ok: false, ...host, problem: { code, message }, ...nothing };
  }
}

function judge({ memfd, tmpfs, places }: HostFacts): Record<Tier, TierReport> {
  const tier = (reason: string): TierReport => ({ works: reason === "", reason });
  const usable = places.some(({ obstacle }) => obstacle === "");
  const obstacles = places.map(({ path, obstacle }) => `${path}: ${obstacle}`);
  return {
    // Its headers, tables and writable segments lie in a memfd.
    mapped: tier(memfd.load),
    memfd: tier(memfd.load),
    tmpfs: tier(tmpfs.load),
    extract: tier(usable ? "" : obstacles.join("; ")),
  };
}
