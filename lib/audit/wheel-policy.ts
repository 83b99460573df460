// lib/audit/wheel-policy.ts: the true policy of a wheel: on which hosts it would run, by what its objects ask for.
import { posix } from "node:path";
import { type AuditObject, platformsOf } from "./content.js";
import type { Host } from "./host.js";
import { completeLibraries, LIBPYTHON, type LinkTree, linkTree } from "./link-tree.js";
import { type Libc, MACHINES, type Policy, policiesFor, policyOfVersions } from "./policies.js";
import type { AuditRule } from "./report.js";
import { linesOf } from "./symbols.js";

export interface PolicyVerdict {
  /** `linux` of its machine where it meets none; undefined where there is nothing to judge. */
  readonly policy: Policy | undefined;
  /** What the symbols' versions alone allow. */
  readonly symbolPolicy: string | undefined;
  /** Versions that are asked for, by the library they are asked of. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
  /** Libraries that neither the wheel nor its best possible policy has: soname, and where this host has it. */
  readonly externalLibraries: Readonly<Record<string, string | null>>;
  /** Why it is not the most portable policy, a line each. */
  readonly reasons: readonly string[];
  /** Why it cannot be judged; undefined where it can, or where there is no object. */
  readonly problem: Problem | undefined;
}

interface Problem {
  readonly rule: AuditRule;
  readonly text: string;
}

const PY_FPE = new Set(["PyFPE_jbuf", "PyFPE_dummy", "PyFPE_counter"]);

/**
 * Takes: all objects of one wheel, and its tags.
 * Source of the rules: PEP 600, PEP 513 (fpectl), PEP 656 and auditwheel, whose verdict this is.
 */
export function judgeWheel(
  objects: readonly AuditObject[],
  tags: readonly string[],
  host: Host,
): PolicyVerdict {
  if (objects.length === 0) return nothing(undefined);
  const misplaced = objects.find(({ entry }) => /\.data\/purelib\//.test(entry));
  if (misplaced) {
    const text = `${misplaced.entry} lies in purelib (expected platlib)`;
    return nothing({ rule: "misplaced-object", text });
  }
  const fit = fittingObjects(objects, tags);
  if ("rule" in fit) return nothing(fit);
  const { machine, libc, objects: own } = fit;
  const policies = policiesFor(libc, machine);
  const trees = topTrees(own, host);
  const external = trees.map((tree) => externalOf(tree, policies));
  const versions = versionsOf(own);
  const symbols = judgeSymbols(policies, versions, external);
  const best = policies.at(-1) as Policy;
  const linux = policies[0] as Policy;
  const highest = (isGood: (policy: Policy) => boolean) => policies.findLast(isGood) ?? linux;
  const libraries = highest((policy) => external.every((one) => !one.get(policy)?.libraries.size));
  const forbidden = highest((policy) =>
    external.every((one) => !one.get(policy)?.forbidden.length),
  );
  const whole = [symbols, libraries, forbidden];
  const broken = brokenPromises(own, trees);
  if (broken.length > 0) whole.push(linux);
  const policy = whole.reduce((least, other) => (other.rank < least.rank ? other : least));
  const atBest = new Map(external.flatMap((one) => [...(one.get(best)?.libraries ?? [])]));
  return {
    policy,
    symbolPolicy: symbols.name,
    versions: Object.fromEntries([...versions].map(([file, set]) => [file, [...set].sort()])),
    externalLibraries: Object.fromEntries([...atBest].sort()),
    reasons: [...broken, ...whyNotBetter(policies, policy, { versions, external })],
    problem: undefined,
  };
}

function nothing(problem: Problem | undefined): PolicyVerdict {
  const none = { policy: undefined, symbolPolicy: undefined };
  return { ...none, versions: {}, externalLibraries: {}, reasons: [], problem };
}

interface Fitting {
  readonly machine: string;
  readonly libc: Libc;
  readonly objects: readonly AuditObject[];
}

/** Those for the machine and the C library that the tags name, or else the first object's. */
function fittingObjects(
  objects: readonly AuditObject[],
  tags: readonly string[],
): Fitting | Problem {
  const platforms = platformsOf(tags);
  const named = new Set(
    platforms.map((platform) =>
      Object.values(MACHINES).find((one) => platform.endsWith(`_${one}`)),
    ),
  );
  const only = named.size === 1 ? [...named][0] : undefined;
  const machine = only ?? objects.find((object) => object.machine)?.machine;
  const ofMachine = objects.filter((object) => object.machine === machine);
  if (machine === undefined || ofMachine.length === 0) {
    const found = [...new Set(objects.map(({ facts }) => facts.machine))].join(", ");
    const wanted = machine ?? Object.values(MACHINES).join(" or ");
    const text = `its objects are for ${found} (expected ${wanted})`;
    return { rule: "other-machine", text };
  }
  const libcs = new Set(platforms.map(libcOfPlatform));
  const tagged = libcs.size === 1 ? [...libcs][0] : undefined;
  const libc = tagged ?? ofMachine.map(libcOf).find(Boolean) ?? "glibc";
  const fitting = ofMachine.filter((object) => (libcOf(object) ?? libc) === libc);
  if (fitting.length === 0) {
    return { rule: "other-libc", text: `no object is for ${libc}, which its tags name` };
  }
  return { machine, libc, objects: fitting };
}

function libcOfPlatform(platform: string): Libc | undefined {
  if (platform.startsWith("manylinux")) return "glibc";
  return platform.startsWith("musllinux") ? "musl" : undefined;
}

/** What the object itself says, by its interpreter, its needs, or the name that Python gives it. */
export function libcOf({ facts, entry }: AuditObject): Libc | undefined {
  if (facts.interpreter !== "") {
    return posix.basename(facts.interpreter).startsWith("ld-musl-") ? "musl" : "glibc";
  }
  for (const soname of facts.needed) {
    if (/^(libc\.musl-|ld-musl-)/.test(soname)) return "musl";
    if (soname === "libc.so.6" || /^(ld-linux-|ld64\.so\.)/.test(soname)) return "glibc";
  }
  if (entry.endsWith("-linux-musl.so")) return "musl";
  return /\.cpython-3(1[1-9]|[2-9]\d)\w*-[^.]*-linux-gnu\.so$/.test(entry) ? "glibc" : undefined;
}

/** Extension modules, and libraries that no object of the wheel needs by their name. */
function topTrees(objects: readonly AuditObject[], host: Host): LinkTree[] {
  const inside = new Set(objects);
  const trees = objects.map((object) => linkTree(object, host, (other) => inside.has(other)));
  const modules = trees.filter(({ root }) => isModule(root));
  const libraries = trees.filter(({ root }) => !isModule(root));
  completeLibraries(modules, libraries);
  const needed = new Set(objects.flatMap(({ facts }) => facts.needed));
  const tops = libraries.filter(({ root }) => !needed.has(posix.basename(root.entry)));
  return [...modules, ...tops];
}

/** Whether Python could import it under the name of its file. */
export function isModule({ entry, facts }: AuditObject): boolean {
  const name = posix.basename(entry).split(".", 1)[0];
  return ["PyInit_", "init", "_cffi_pypyinit_"].some((prefix) =>
    facts.moduleEntries.includes(`${prefix}${name}`),
  );
}

/** What an object takes from outside under a policy that does not have it. */
interface External {
  /** Soname -> where this host has it. */
  readonly libraries: ReadonlyMap<string, string | null>;
  readonly versions: readonly string[];
  /** `"libz.so.1: inflate_fast"`. */
  readonly forbidden: readonly string[];
}

function externalOf(tree: LinkTree, policies: readonly Policy[]): Map<Policy, External> {
  const references = new Set(linesOf(tree.root.facts.undefined));
  return new Map(
    policies
      .filter(({ rank }) => rank > 0)
      .map((policy) => {
        const outside = outsideOf(tree, policy);
        const versions = outside.flatMap(
          ([, { host }]) => host?.facts.versionNeeds.map(({ version }) => version) ?? [],
        );
        const libraries = new Map(outside.map(([name, { host }]) => [name, host?.path ?? null]));
        const forbidden = tree.needed.flatMap((library) =>
          [...(policy.forbidden.get(library) ?? [])]
            .filter((symbol) => references.has(symbol))
            .map((symbol) => `${library}: ${symbol}`),
        );
        return [policy, { libraries, versions, forbidden }];
      }),
  );
}

// Through what the policy does not have, as far as that leads.
function outsideOf({ needed, libraries }: LinkTree, policy: Policy) {
  const isOutside = (soname: string) =>
    !soname.includes("ld-linux") &&
    !/^ld64\.so\.[12]$/.test(soname) &&
    !policy.libraries.has(soname);
  const wanted = needed.filter(isOutside);
  const seen = new Set(wanted);
  for (const soname of seen) {
    for (const name of libraries.get(soname)?.needed ?? []) if (isOutside(name)) seen.add(name);
  }
  return [...libraries].filter(([soname, { inside }]) => seen.has(soname) && !inside);
}

function versionsOf(objects: readonly AuditObject[]): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const { facts } of objects) {
    for (const { file, version } of facts.versionNeeds) {
      if (file.startsWith("ld-linux") || /^ld64\.so\.[12]$/.test(file)) continue;
      versions.set(file, (versions.get(file) ?? new Set()).add(version));
    }
  }
  return versions;
}

// A library that would have to come along brings the versions that it asks for itself.
function judgeSymbols(
  policies: readonly Policy[],
  versions: ReadonlyMap<string, ReadonlySet<string>>,
  external: readonly Map<Policy, External>[],
): Policy {
  const own = [...versions.values()].flatMap((set) => [...set]);
  const [linux] = policies as [Policy];
  const found = policies
    .filter(({ rank }) => rank > 0)
    .map((policy) => {
      const more = external.flatMap((one) => one.get(policy)?.versions ?? []);
      const allowed = policyOfVersions(policies, [...own, ...more]) ?? linux;
      return allowed.rank < policy.rank ? allowed : policy;
    });
  return found.reduce((best, other) => (other.rank > best.rank ? other : best), linux);
}

/** What no manylinux or musllinux wheel may do, whatever the host has. */
function brokenPromises(objects: readonly AuditObject[], trees: readonly LinkTree[]): string[] {
  const reasons: string[] = [];
  for (const object of objects.filter(isModule)) {
    const references = linesOf(object.facts.undefined);
    if (references.some((name) => PY_FPE.has(name))) {
      reasons.push(`${object.entry} uses fpectl (PyFPE_jbuf), which few Pythons have`);
    }
  }
  for (const { root } of trees) {
    const level = isaLevel(root.facts.x86IsaNeeded);
    if (level) reasons.push(`${root.entry} asks for a processor of ${level}`);
  }
  return reasons;
}

/** `"x86-64-v3"`; empty for the baseline. */
export function isaLevel(bits: number): string {
  if (bits & 8) return "x86-64-v4";
  if (bits & 4) return "x86-64-v3";
  return bits & 2 ? "x86-64-v2" : "";
}

interface Facts {
  readonly versions: ReadonlyMap<string, ReadonlySet<string>>;
  readonly external: readonly Map<Policy, External>[];
}

// Against the next better policy: what stands between is what one may do something about.
function whyNotBetter(policies: readonly Policy[], policy: Policy, facts: Facts): string[] {
  const next = policies[policies.indexOf(policy) + 1];
  if (next === undefined) return [];
  const reasons: string[] = [];
  for (const [file, set] of facts.versions) {
    const tooNew = [...set].filter((version) => policyOfVersions([next], [version]) === undefined);
    if (tooNew.length > 0)
      reasons.push(`${next.name} has no ${tooNew.sort().join(", ")} of ${file}`);
  }
  const at = facts.external.map((one) => one.get(next));
  const libraries = new Set(at.flatMap((one) => [...(one?.libraries.keys() ?? [])]));
  for (const name of libraries) {
    const whose = LIBPYTHON.test(name) ? "Python itself" : "no library of its hosts";
    reasons.push(`${next.name}: ${name} is ${whose}`);
  }
  for (const symbol of new Set(at.flatMap((one) => one?.forbidden ?? []))) {
    reasons.push(`${next.name} forbids a private symbol of ${symbol}`);
  }
  return reasons;
}
