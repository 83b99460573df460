// lib/audit/findings.ts: what is wrong with each object of a closure.
import { posix } from "node:path";
import type { Binding } from "../binding.js";
import type { Closure, Need } from "./closure.js";
import type { AuditedArchive, AuditObject, Distribution } from "./content.js";
import type { Host } from "./host.js";
import type { AuditFinding, AuditLevel, AuditRule } from "./report.js";
import { definedBy, linesOf } from "./symbols.js";
import { isaLevel, isModule, libcOf } from "./wheel-policy.js";

export interface Asked {
  readonly host: boolean;
  readonly hostLibraries: readonly string[];
}

/** At most so many names of symbols in one message. */
const NAMES_TOLD = 5;

/** Python itself needs them: modules may count on them without a word. */
const IN_EVERY_PYTHON = ["libc.so.6", "libm.so.6"];

export class Findings {
  readonly list: AuditFinding[] = [];

  add(
    rule: AuditRule,
    level: AuditLevel,
    where: { archive: AuditedArchive; entry?: string; distribution?: Distribution | undefined },
    message: string,
  ): void {
    const { archive, entry, distribution } = where;
    this.list.push({
      rule,
      level,
      file: archive.path,
      object: entry,
      distribution: distribution && `${distribution.name} ${distribution.version}`,
      message,
    });
  }
}

/** Looks at every object; `python` is the tag that its module must be for. */
export function examine(
  closure: Closure,
  context: { binding: Binding; host: Host; python: string; ownPython: string; asked: Asked },
  findings: Findings,
): void {
  const { host, asked } = context;
  for (const object of closure.objects) {
    if (object.facts.problem) {
      unreadable(object, asked, findings);
      continue;
    }
    if (asked.host) otherHost(object, host, findings);
    hardening(object, findings);
    abi(object, context, findings);
    // What is for another machine asks nothing of this one.
    const held = { ...asked, host: asked.host && object.machine === host.machine };
    for (const need of closure.needsOf(object)) library(object, need, held, findings);
    versions(object, closure.needsOf(object), asked, findings);
  }
  missingSymbols(closure, context, findings);
}

function unreadable(object: AuditObject, asked: Asked, findings: Findings): void {
  const { code = "", message = "" } = object.facts.problem ?? {};
  const text = message.replace(/^.*?!\/.*?: /, "");
  if (code === "ERR_INMEM_WRONG_MACHINE") {
    findings.add("other-machine", asked.host ? "error" : "warning", object, text);
  } else findings.add("unreadable-object", "error", object, `${text} [${code}]`);
}

function otherHost(object: AuditObject, host: Host, findings: Findings): void {
  if (object.machine !== host.machine) {
    const found = `for ${object.machine ?? object.facts.machine}`;
    findings.add(
      "other-machine",
      "error",
      object,
      `${found} (expected ${host.machine}, as this host)`,
    );
  }
  if (libcOf(object) === "musl") {
    findings.add("other-libc", "error", object, "for musl (expected glibc, as this host)");
  }
}

function hardening(object: AuditObject, findings: Findings): void {
  const { executableStack, textRelocations, x86IsaNeeded } = object.facts;
  if (executableStack) {
    const hint = "hardened kernels and newer glibc refuse to load it";
    findings.add("executable-stack", "warning", object, `asks for an executable stack: ${hint}`);
  }
  if (textRelocations) {
    const hint = "it is copied, not mapped, and SELinux may refuse it";
    findings.add("text-relocations", "warning", object, `has relocations in its code: ${hint}`);
  }
  const level = isaLevel(x86IsaNeeded);
  if (level) findings.add("processor", "warning", object, `asks for a processor of ${level}`);
}

// The name says which Python a module is for; what it says of none is judged by its symbols.
function abi(
  object: AuditObject,
  { python, ownPython, asked }: { python: string; ownPython: string; asked: Asked },
  findings: Findings,
): void {
  if (!isModule(object)) return;
  const name = posix.basename(object.entry);
  const found = /\.(cpython-\d+[a-z]*|pypy\d+[^.]*|graalpy[^.]*)[^.]*\.so$/.exec(name)?.[1];
  const tag = found?.replace(/^cpython-/, "cp").split("-")[0];
  const level = asked.host ? "error" : "warning";
  const wanted = asked.host ? ownPython : python;
  if (tag !== undefined && tag !== wanted) {
    findings.add("other-python", level, object, `for ${tag} (expected ${wanted})`);
  } else if (
    !wanted.startsWith("cp2") &&
    !object.facts.moduleEntries.some((entry) => entry.startsWith("PyInit_"))
  ) {
    findings.add("other-python", level, object, `for Python 2 (expected ${wanted})`);
  }
}

function library(object: AuditObject, need: Need, asked: Asked, findings: Findings): void {
  const { soname, from } = need;
  if (from === "nowhere") {
    const here = need.library ? `; this host has it: ${need.library.path}` : "";
    findings.add(
      "unresolved-library",
      "error",
      object,
      `needs ${soname}, which is neither in the bundle nor left to the host by PEP 600${here}` +
        " (expected a wheel that carries it, or --host-library to take the host's)",
    );
  } else if (from === "other-python") {
    findings.add("other-python", "error", object, `needs ${soname}, another Python's library`);
  } else if (from === "elsewhere") {
    const where = need.object.entry;
    findings.add(
      "load-order",
      "note",
      object,
      `needs ${soname}, which ${where} is: load that first`,
    );
  } else if (from === "host" && !need.library && asked.host) {
    findings.add("host-not-met", "error", object, `needs ${soname} of the host, which is not here`);
  }
}

// What is asked of a library that is at hand can be looked up in it.
function versions(
  object: AuditObject,
  needs: readonly Need[],
  asked: Asked,
  findings: Findings,
): void {
  for (const { file, version, weak } of object.facts.versionNeeds) {
    if (weak) continue;
    const need = needs.find(({ soname }) => soname === file);
    const inside = need?.from === "bundle" || need?.from === "elsewhere" ? need.object : undefined;
    const onHost = need?.from === "host" ? need.library : undefined;
    const facts = inside?.facts ?? onHost?.facts;
    // An object without versions satisfies all of them.
    if (!facts || facts.problem || facts.versionDefinitions.length === 0) continue;
    if (facts.versionDefinitions.includes(version)) continue;
    const text = `asks for ${version} of ${file}, which ${inside?.entry ?? onHost?.path} lacks`;
    if (inside) findings.add("version-not-met", "error", object, text);
    else findings.add("host-not-met", asked.host ? "error" : "warning", object, text);
  }
}

function missingSymbols(
  closure: Closure,
  context: { binding: Binding; host: Host; python: string; ownPython: string },
  findings: Findings,
): void {
  const { host } = context;
  const candidates = closure.objects.filter(
    (object) => object.machine === host.machine && !object.facts.problem,
  );
  const python = pythonApi(candidates, context);
  const process = IN_EVERY_PYTHON.flatMap((soname) => {
    const found = candidates[0] && host.find(soname, candidates[0].facts.machine);
    return found ? [found.defined] : [];
  });
  // By what they reach: the modules of one package mostly reach the same.
  const offers = new Map<string, readonly ReadonlySet<string>[]>();
  const ids = new Map<unknown, number>();
  const idOf = (one: unknown) => {
    if (!ids.has(one)) ids.set(one, ids.size);
    return ids.get(one) as number;
  };
  for (const object of candidates) {
    const reached = closure.reach(object);
    // What a library that is not here would define cannot be known.
    if (!reached.whole || libcOf(object) === "musl") continue;
    const others = [...reached.objects].filter((one) => one !== object);
    const key = [...others, ...reached.host]
      .map(idOf)
      .sort((a, b) => a - b)
      .join(" ");
    const sets = offers.get(key) ?? [
      ...process,
      ...[...reached.host].map(({ defined }) => defined),
      ...others.map(definedBy),
    ];
    offers.set(key, sets);
    const missing = linesOf(object.facts.undefined).filter(
      (name) => !python.has(name) && !sets.some((set) => set.has(name)),
    );
    if (missing.length > 0) tellMissing(object, missing, closure, findings);
  }
}

function tellMissing(
  object: AuditObject,
  missing: readonly string[],
  closure: Closure,
  findings: Findings,
): void {
  const nowhere: string[] = [];
  const elsewhere = new Map<string, string[]>();
  for (const name of missing) {
    const owner = closure.objects.find(
      (one) => one !== object && one.machine === object.machine && definedBy(one).has(name),
    );
    if (owner) elsewhere.set(owner.entry, [...(elsewhere.get(owner.entry) ?? []), name]);
    else nowhere.push(name);
  }
  for (const [entry, names] of elsewhere) {
    const text = `takes ${listed(names)} from ${entry} without needing it: load that first`;
    findings.add("load-order", "note", object, text);
  }
  if (nowhere.length === 0) return;
  const text = `${listed(nowhere)}: defined neither by what it needs nor by Python`;
  // What is not reached from a module may be meant for another program.
  const level = isModule(object) ? "error" : "warning";
  findings.add("missing-symbol", level, object, text);
}

function listed(names: readonly string[]): string {
  const told = names.slice(0, NAMES_TOLD).join(", ");
  return names.length > NAMES_TOLD ? `${told} and ${names.length - NAMES_TOLD} more` : told;
}

/** Names that Python itself defines; for another Python than ours all that look like it. */
function pythonApi(
  objects: readonly AuditObject[],
  { binding, python, ownPython }: { binding: Binding; python: string; ownPython: string },
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { facts } of objects) {
    for (const name of linesOf(facts.undefined)) if (/^_?Py/.test(name)) names.add(name);
  }
  if (python !== ownPython) return names;
  for (const name of linesOf(binding.missingPythonSymbols([...names].join("\n")))) {
    names.delete(name);
  }
  return names;
}
