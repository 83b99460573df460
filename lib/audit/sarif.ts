// lib/audit/sarif.ts: findings as SARIF 2.1.0, which code hosts show beside the code.
import { pathToFileURL } from "node:url";
import type { AuditFinding, AuditReport, AuditRule } from "./report.js";

/** What each rule is about, in one line. */
export const RULES: Readonly<Record<AuditRule, string>> = {
  "unresolved-library":
    "A needed library is neither in the bundle nor left to the host by PEP 600.",
  "missing-symbol": "A symbol is defined neither by what the object needs nor by Python.",
  "version-not-met": "A library of the bundle lacks a version that another object asks it for.",
  "other-python": "An extension module is for another Python.",
  "other-machine": "An object is for another processor.",
  "other-libc": "An object is for another C library.",
  "misplaced-object": "An object lies where a wheel has Python files alone.",
  "unreadable-object": "An ELF file is damaged or not well-formed.",
  "policy-not-met": "A wheel does not meet the policy that was asked for.",
  "host-not-met": "This host lacks a library or a version that is asked for.",
  "untrue-tag": "A wheel's platform tag promises more hosts than its objects can run on.",
  "load-order": "An object counts on another one that it does not name.",
  "newer-than-node": "A wheel asks for a newer glibc than Node's own builds do.",
  "executable-stack": "An object asks for an executable stack.",
  "text-relocations": "An object has relocations in its code.",
  processor: "An object asks for a processor above the baseline.",
};

/** The log as JSON text. */
export function sarifOf(report: AuditReport, version: string): string {
  const used = [...new Set(report.findings.map(({ rule }) => rule))].sort();
  const rules = used.map((id) => ({ id, shortDescription: { text: RULES[id] } }));
  const driver = { name: "inmem-python audit", version, rules };
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver }, results: report.findings.map(resultOf) }],
  };
  return `${JSON.stringify(log, null, 1)}\n`;
}

function resultOf({ rule, level, file, object, distribution, message }: AuditFinding) {
  const name = [distribution, object].filter(Boolean).join(", ");
  const logical = name === "" ? {} : { logicalLocations: [{ fullyQualifiedName: name }] };
  return {
    ruleId: rule,
    level,
    message: { text: name === "" ? message : `${name}: ${message}` },
    locations: [
      { physicalLocation: { artifactLocation: { uri: pathToFileURL(file).href } }, ...logical },
    ],
  };
}
