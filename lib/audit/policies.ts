// lib/audit/policies.ts: the policies of PEP 600 (manylinux) and PEP 656 (musllinux) for one machine.
import { MANYLINUX, MUSLLINUX } from "./policy-data.js";
import type { PolicyFamily } from "./policy-facts.js";

/** Machines whose objects are read, by ELF's name. */
export const MACHINES: Readonly<Record<string, string>> = {
  EM_X86_64: "x86_64",
  EM_AARCH64: "aarch64",
};

export type Libc = "glibc" | "musl";

/** What a wheel that names this policy may take from the host. */
export interface Policy {
  readonly libc: Libc;
  /** `"x86_64"`. */
  readonly machine: string;
  /** `"manylinux_2_28_x86_64"`; `"linux_x86_64"` allows everything and promises nothing. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** 0 for `linux`; the higher, the more hosts fulfil it. */
  readonly rank: number;
  /** Versions by prefix: `GLIBC` -> `GLIBC_2.17`, ...; other prefixes are nobody's concern. */
  readonly versions: ReadonlyMap<string, ReadonlySet<string>>;
  readonly libraries: ReadonlySet<string>;
  /** By library: symbols of it that may not be used. */
  readonly forbidden: ReadonlyMap<string, ReadonlySet<string>>;
}

/** `linux` first, then from the strictest on hosts to the one that most hosts fulfil. */
export function policiesFor(libc: Libc, machine: string): readonly Policy[] {
  const key = `${libc} ${machine}`;
  let policies = made.get(key);
  if (policies === undefined) {
    policies = make(libc === "glibc" ? MANYLINUX : newestOf(MUSLLINUX), libc, machine);
    made.set(key, policies);
  }
  return policies;
}

const made = new Map<string, readonly Policy[]>();

// musl has no symbol versions to tell one release from another: the newest known is what can be said.
function newestOf({ policies, forbidden }: PolicyFamily): PolicyFamily {
  const [newest] = policies.slice(-1);
  const libraries = policies.map((policy) => policy.libraries).join(" ");
  return { policies: newest ? [{ ...newest, libraries }] : [], forbidden };
}

function make(family: PolicyFamily, libc: Libc, machine: string): Policy[] {
  const allowed = new Map<string, Set<string>>();
  const libraries = new Set<string>();
  const result: Policy[] = [];
  const count = family.policies.length;
  for (const [index, { name, aliases, versions, libraries: more }] of family.policies.entries()) {
    for (const library of words(more)) libraries.add(hostName(library, libc, machine));
    const own = versions[machine];
    for (const [prefix, list] of Object.entries(own ?? {})) {
      const known = allowed.get(prefix) ?? new Set();
      for (const version of words(list)) known.add(`${prefix}_${version}`);
      allowed.set(prefix, known);
    }
    if (own === undefined) continue;
    result.push({
      libc,
      machine,
      name: `${name}_${machine}`,
      aliases: aliases.map((alias) => `${alias}_${machine}`),
      rank: count - index,
      versions: new Map([...allowed].map(([prefix, set]) => [prefix, new Set(set)])),
      libraries: new Set(libraries),
      forbidden: forbiddenUnder(family, index),
    });
  }
  const nothing = { versions: new Map(), libraries: new Set<string>(), forbidden: new Map() };
  result.push({ libc, machine, name: `linux_${machine}`, aliases: [], rank: 0, ...nothing });
  return result.reverse();
}

function forbiddenUnder({ policies, forbidden }: PolicyFamily, index: number) {
  const result = new Map<string, Set<string>>();
  for (const { library, until, symbols } of forbidden) {
    const last = policies.findIndex(({ name }) => name === until);
    // In the family of one policy the others' limits are behind it.
    if (last >= 0 && last < index) continue;
    const known = result.get(library) ?? new Set();
    for (const symbol of words(symbols.join(" "))) known.add(symbol);
    result.set(library, known);
  }
  return result;
}

// The policies say libc.so; what objects need is named after the machine.
function hostName(library: string, libc: Libc, machine: string): string {
  return libc === "musl" && library === "libc.so" ? `libc.musl-${machine}.so.1` : library;
}

function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

/** The most portable policy whose versions include all of these. */
export function policyOfVersions(
  policies: readonly Policy[],
  versions: Iterable<string>,
): Policy | undefined {
  const wanted = [...versions].map((version) => [prefixOf(version), version] as const);
  return policies.findLast((policy) =>
    wanted.every(([prefix, version]) => policy.versions.get(prefix)?.has(version) ?? true),
  );
}

/** `"GLIBC"` of `"GLIBC_2.17"`. */
export function prefixOf(version: string): string {
  return version.split("_", 1)[0] ?? version;
}

/** The policy of this name or alias, which end with a machine: what a platform tag promises. */
export function policyOfTag(tag: string): Policy | undefined {
  return allPolicies().find(({ name, aliases }) => name === tag || aliases.includes(tag));
}

/** Those of this name or alias: without a machine at its end, one for each that has it. */
export function policiesByName(name: string): readonly Policy[] {
  const exact = policyOfTag(name);
  if (exact !== undefined) return [exact];
  return Object.values(MACHINES).flatMap((machine) => policyOfTag(`${name}_${machine}`) ?? []);
}

// Those that promise something.
function allPolicies(): Policy[] {
  return (["glibc", "musl"] as const).flatMap((libc) =>
    Object.values(MACHINES).flatMap((machine) =>
      policiesFor(libc, machine).filter(({ rank }) => rank > 0),
    ),
  );
}

/** All names that policiesByName() knows, without machines. */
export function policyNames(): string[] {
  return [...MANYLINUX.policies, ...MUSLLINUX.policies.slice(-1)].flatMap(({ name, aliases }) => [
    name,
    ...aliases,
  ]);
}

/** Whether a policy of either C library leaves this library to the host. */
export function isHostLibrary(soname: string, machine: string): boolean {
  return (["glibc", "musl"] as const).some((libc) =>
    policiesFor(libc, machine).some(({ libraries }) => libraries.has(soname)),
  );
}
