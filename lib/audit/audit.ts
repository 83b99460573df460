// lib/audit/audit.ts: audit(): bundles and wheels held against policies, this host and Node's own floor.
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Binding } from "../binding.js";
import { interpreterTag } from "../bundle/manifest.js";
import { InmemError } from "../errors.js";
import { Closure, type Need } from "./closure.js";
import {
  type AuditedArchive,
  type AuditObject,
  type Distribution,
  platformsOf,
  readContent,
  tagsOfFileName,
} from "./content.js";
import { examine, Findings } from "./findings.js";
import { Host } from "./host.js";
import { type Policy, policiesByName, policyNames, policyOfTag } from "./policies.js";
import type {
  AuditedFile,
  AuditedNeed,
  AuditedObject,
  AuditedWheel,
  AuditReport,
} from "./report.js";
import { isModule, judgeWheel, type PolicyVerdict } from "./wheel-policy.js";

export interface AuditOptions {
  /** A policy that every wheel has to meet: `"manylinux2014_x86_64"`, or `"manylinux_2_28"` on its own machine. */
  policy?: string;
  /** Whether this host has to have what is asked for. Default: false. */
  host?: boolean;
  /** Sonames that may be taken from the host although PEP 600 does not allow it. */
  hostLibraries?: readonly string[];
}

/** The glibc that Node's own builds ask for. */
const NODE_GLIBC = "2.28";

/** What the report is made from, for `inspect`. */
export interface Audited {
  readonly report: AuditReport;
  readonly archives: readonly AuditedArchive[];
}

/**
 * Audits bundles, wheels and folders of wheels. Wheels that are named together are audited as if
 * they were one bundle; each bundle stands for itself.
 * @throws {InmemError} ERR_INMEM_NOT_FOUND and the codes of archives that cannot be read.
 * @throws {RangeError} an unknown policy, or no file.
 */
export async function auditFiles(
  binding: Binding,
  files: readonly string[],
  options: AuditOptions = {},
): Promise<Audited> {
  const { host: askHost = false, hostLibraries = [] } = options;
  const policy = options.policy === undefined ? undefined : askedPolicy(options.policy);
  const paths = files.flatMap(expand);
  if (paths.length === 0) throw new RangeError("files: expected at least one bundle or wheel");
  const host = new Host(binding);
  const ownPython = interpreterTag(binding.versions().python);
  const archives: AuditedArchive[] = [];
  for (const path of paths) archives.push(await readContent(binding, path));
  const findings = new Findings();
  const done: AuditedFile[] = [];
  for (const group of groupsOf(archives)) {
    const objects = group.flatMap((archive) => archive.objects);
    const [, major = "3", minor = ""] = /^cp(\d)(\d+)/.exec(ownPython) ?? [];
    const pythonSoname = `libpython${major}.${minor}.so.1.0`;
    const closure = new Closure(objects, { host, pythonSoname, hostLibraries });
    const python = pythonOf(group) ?? ownPython;
    const asked = { host: askHost, hostLibraries };
    examine(closure, { binding, host, python, ownPython, asked }, findings);
    for (const archive of group) {
      done.push(fileReport(archive, closure, { host, policy, findings }));
    }
  }
  const report: AuditReport = {
    ok: !findings.list.some(({ level }) => level === "error"),
    files: done,
    findings: findings.list,
    asked: { policy: policy?.name, host: askHost },
    host: { glibc: host.glibc, machine: host.machine, python: ownPython },
  };
  return { report, archives };
}

interface AskedPolicy {
  readonly name: string;
  /** The one for this machine; another machine's where it was named, or where this one has none. */
  readonly on: (machine: string) => Policy;
}

function askedPolicy(asked: string): AskedPolicy {
  const found = policiesByName(asked);
  const [first] = found;
  if (first === undefined) {
    throw new RangeError(`policy: unknown "${asked}" (expected ${policyNames().join(", ")})`);
  }
  const isForAny = policyOfTag(asked) === undefined;
  return {
    name: isForAny ? first.name.slice(0, -`_${first.machine}`.length) : first.name,
    on: (machine) => found.find((one) => one.machine === machine) ?? first,
  };
}

function expand(file: string): string[] {
  const path = resolve(file);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new InmemError("ERR_INMEM_NOT_FOUND", `${path}: no such file`);
  if (!stat.isDirectory()) return [path];
  const wheels = readdirSync(path).filter((name) => name.endsWith(".whl"));
  if (wheels.length === 0) {
    throw new InmemError("ERR_INMEM_NOT_A_FILE", `${path}: no wheel in it (expected *.whl)`);
  }
  return wheels.sort().map((name) => join(path, name));
}

function groupsOf(archives: readonly AuditedArchive[]): AuditedArchive[][] {
  const wheels = archives.filter(({ kind }) => kind === "wheel");
  const bundles = archives.filter(({ kind }) => kind === "bundle").map((archive) => [archive]);
  return wheels.length > 0 ? [wheels, ...bundles] : bundles;
}

/** The Python that a bundle's manifest or the wheels' tags name: `"cp313"`. */
function pythonOf(group: readonly AuditedArchive[]): string | undefined {
  for (const archive of group) {
    if (archive.manifest.python !== undefined) return archive.manifest.python;
    for (const tag of tagsOf(archive, archive.distributions[0])) {
      const [python = "", abi = ""] = tag.split("-");
      if (/^cp\d+$/.test(python) && abi.startsWith(python)) return abi.replace(/mu?$/, "");
    }
  }
  return undefined;
}

function tagsOf(archive: AuditedArchive, distribution: Distribution | undefined) {
  const byName = archive.kind === "wheel" ? tagsOfFileName(archive.path) : undefined;
  return byName ?? distribution?.tags ?? [];
}

interface Context {
  readonly host: Host;
  readonly policy: AskedPolicy | undefined;
  readonly findings: Findings;
}

function fileReport(archive: AuditedArchive, closure: Closure, context: Context): AuditedFile {
  const { path, kind, entries } = archive;
  const objects = archive.objects.map((object) => objectReport(object, closure));
  const wheels = archive.distributions.map((distribution) =>
    wheelReport(archive, distribution, closure, context),
  );
  // What no wheel owns has to meet the policy too.
  const loose = archive.objects.filter(({ distribution }) => distribution === undefined);
  if (loose.length > 0) {
    const verdict = judgeWheel(loose, [], context.host);
    holdAgainst(archive, undefined, verdict, context);
  }
  const sizeBytes = statSync(path).size;
  return { path, kind, sizeBytes, entries: entries.length, wheels, objects };
}

function wheelReport(
  archive: AuditedArchive,
  distribution: Distribution,
  closure: Closure,
  context: Context,
): AuditedWheel {
  const { host, findings } = context;
  const objects = archive.objects.filter((object) => object.distribution === distribution);
  const tags = tagsOf(archive, distribution);
  const declared = platformsOf(tags);
  const verdict = judgeWheel(objects, tags, host);
  holdAgainst(archive, distribution, verdict, context);
  warnOfTag(archive, distribution, declared, verdict, findings);
  const needs = objects.flatMap((object) => closure.needsOf(object));
  const onHost = needs.filter(({ from }) => from === "host").map(({ soname }) => soname);
  const glibc = newest(objects.map(glibcOf));
  const isTooNew = compareVersions(glibc, NODE_GLIBC) > 0;
  if (isTooNew) {
    const text = `asks for glibc ${glibc} (Node itself asks for ${NODE_GLIBC})`;
    findings.add("newer-than-node", "note", { archive, distribution }, text);
  }
  const label = `${distribution.name} ${distribution.version}`;
  return {
    name: distribution.name,
    version: distribution.version,
    declared,
    policy: objects.length === 0 ? "any" : verdict.policy?.name,
    aliases: verdict.policy?.aliases ?? [],
    symbolPolicy: verdict.symbolPolicy,
    versions: verdict.versions,
    hostLibraries: [...new Set(onHost)].sort(),
    externalLibraries: Object.keys(verdict.externalLibraries),
    reasons: verdict.reasons,
    problem: verdict.problem?.text ?? "",
    objects: objects.length,
    runsHere: runsHere(objects, closure, host) && !isHindered(findings, archive.path, label),
    runsWhereNodeDoes: !isTooNew,
  };
}

// The same whatever was asked for: a policy is about other hosts, this one is told of in any case.
function isHindered(findings: Findings, file: string, label: string): boolean {
  return findings.list.some(
    ({ level, rule, ...one }) =>
      (level === "error" || rule === "host-not-met") &&
      rule !== "policy-not-met" &&
      one.file === file &&
      one.distribution === label,
  );
}

function runsHere(objects: readonly AuditObject[], closure: Closure, host: Host): boolean {
  return objects.every(
    (object) =>
      object.machine === host.machine &&
      compareVersions(glibcOf(object), host.glibc) <= 0 &&
      closure.needsOf(object).every(isHere),
  );
}

function isHere(need: Need): boolean {
  if (need.from === "host") return need.library !== undefined;
  return need.from !== "nowhere" && need.from !== "other-python";
}

function holdAgainst(
  archive: AuditedArchive,
  distribution: Distribution | undefined,
  verdict: PolicyVerdict,
  { policy, findings }: Context,
): void {
  const where = { archive, distribution };
  const { policy: found, problem, reasons } = verdict;
  if (problem !== undefined) findings.add(problem.rule, "warning", where, problem.text);
  if (policy === undefined) return;
  if (problem !== undefined) {
    findings.add("policy-not-met", "error", where, `cannot be held against ${policy.name}`);
  }
  if (found === undefined) return;
  const wanted = policy.on(found.machine);
  const isOfKind = found.libc === wanted.libc && found.machine === wanted.machine;
  if (isOfKind && found.rank >= wanted.rank) return;
  const otherKind = `its objects are for ${found.libc} on ${found.machine}`;
  const why = isOfKind ? reasons.slice(0, 3).join("; ") : otherKind;
  const text = `meets ${found.name} (expected ${wanted.name})${why && `: ${why}`}`;
  findings.add("policy-not-met", "error", where, text);
}

// A tag promises: where the true policy is a narrower one, the wheel breaks on hosts that pip takes it for.
function warnOfTag(
  archive: AuditedArchive,
  distribution: Distribution,
  declared: readonly string[],
  { policy: found, reasons }: PolicyVerdict,
  findings: Findings,
): void {
  if (found === undefined) return;
  const promised = declared
    .flatMap((tag) => policyOfTag(tag) ?? [])
    .filter(({ libc, machine }) => libc === found.libc && machine === found.machine);
  const least = promised.reduce<Policy | undefined>(
    (best, one) => (best === undefined || one.rank < best.rank ? one : best),
    undefined,
  );
  if (least === undefined || found.rank >= least.rank) return;
  const why = reasons[0] === undefined ? "" : `: ${reasons[0]}`;
  const text = `declares ${least.name}, and meets ${found.name}${why}`;
  findings.add("untrue-tag", "warning", { archive, distribution }, text);
}

function objectReport(object: AuditObject, closure: Closure): AuditedObject {
  const { facts, entry, sizeBytes, distribution } = object;
  const isProgram = facts.interpreter !== "" || facts.staticProgram || facts.type === "ET_EXEC";
  return {
    entry,
    distribution: distribution && `${distribution.name} ${distribution.version}`,
    kind: isModule(object) ? "module" : isProgram ? "program" : "library",
    machine: object.machine ?? facts.machine,
    sizeBytes,
    soname: facts.soname,
    buildId: facts.buildId,
    needs: closure.needsOf(object).map(needReport),
    glibc: glibcOf(object),
    copiedBytes: facts.copiedBytes,
    mappedBytes: facts.mappedBytes,
    mapRefusal: facts.mapRefusal,
  };
}

function needReport(need: Need): AuditedNeed {
  const { soname, from } = need;
  if (from === "bundle" || from === "elsewhere") return { soname, from, path: need.object.entry };
  const path = from === "host" || from === "nowhere" ? need.library?.path : undefined;
  return { soname, from, path };
}

/** The newest glibc that an object asks for; empty where none. */
function glibcOf({ facts }: AuditObject): string {
  return newest(
    facts.versionNeeds
      .filter(({ weak, version }) => !weak && /^GLIBC_\d/.test(version))
      .map(({ version }) => version.slice("GLIBC_".length)),
  );
}

function newest(versions: readonly string[]): string {
  return versions.reduce((best, one) => (compareVersions(one, best) > 0 ? one : best), "");
}

/** By their numbers; the empty one is below all. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => (text === "" ? [] : text.split(".").map(Number)));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const difference = (left?.[i] ?? -1) - (right?.[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
