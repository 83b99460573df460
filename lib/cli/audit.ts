// lib/cli/audit.ts: `inmem-python audit`.
import { basename } from "node:path";
import { type AuditOptions, auditFiles } from "../audit/audit.js";
import type { AuditedFile, AuditedWheel, AuditFinding, AuditReport } from "../audit/report.js";
import { sarifOf } from "../audit/sarif.js";
import { binding } from "../binding.js";
import { checkOutputs } from "../file-failure.js";
import { formatBytes, formatTable } from "../text.js";
import { version } from "../version.js";
import { writeOutput } from "./output.js";

/** The options as commander gives them. */
export interface AuditFlags {
  readonly policy?: string;
  readonly host?: boolean;
  readonly hostLibrary?: readonly string[];
  readonly json?: boolean;
  readonly sarif?: string;
  readonly quiet?: boolean;
}

/**
 * Prints the audit; gives the exit status: 1 where something is unresolved or not met.
 * @throws {InmemError | RangeError} what auditFiles() rejects with.
 */
export async function auditCommand(files: readonly string[], flags: AuditFlags): Promise<number> {
  checkOutputs(flags.sarif);
  const { report } = await auditFiles(binding(), files, optionsFrom(flags));
  if (flags.sarif !== undefined) writeOutput(flags.sarif, sarifOf(report, version.inmem));
  const text = flags.json ? `${JSON.stringify(report)}\n` : formatAudit(report, flags.quiet);
  process.stdout.write(text);
  return report.ok ? 0 : 1;
}

export function optionsFrom(flags: AuditFlags): AuditOptions {
  const { policy, host = false, hostLibrary = [] } = flags;
  return { host, hostLibraries: hostLibrary, ...(policy === undefined ? {} : { policy }) };
}

/** Tables and findings for people; quiet: errors alone. */
export function formatAudit(report: AuditReport, quiet = false): string {
  const parts = quiet ? [] : report.files.map((file) => formatFile(file, report));
  const shown = report.findings.filter(({ level }) => !quiet || level === "error");
  return [...parts, formatFindings(shown, quiet), ...(quiet ? [] : [verdict(report)])].join("");
}

function formatFile(file: AuditedFile, report: AuditReport): string {
  const { path, sizeBytes, entries, objects, wheels } = file;
  const head = `${basename(path)}: ${formatBytes(sizeBytes)}, ${entries} entries, ${objects.length} ELF objects\n`;
  if (wheels.length === 0) return head;
  const glibc = `glibc ${report.host.glibc}`;
  const rows = [["wheel", "declares", "meets", `here (${glibc})`, "host libraries"]];
  for (const wheel of wheels) {
    const { name, version: release, declared, hostLibraries } = wheel;
    const here = wheel.objects === 0 || wheel.runsHere ? "yes" : "no";
    rows.push([
      `${name} ${release}`,
      shortTags(declared),
      trueTag(wheel),
      here,
      shortNames(hostLibraries),
    ]);
  }
  return `${head}${indented(formatTable(rows, []))}\n\n`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}

function trueTag({ policy, problem, aliases }: AuditedWheel): string {
  if (policy === undefined) return `? (${problem})`;
  return aliases[0] === undefined
    ? policy
    : `${policy} (${aliases[0].replace(/_(x86_64|aarch64)$/, "")})`;
}

// Old spellings beside new ones say the same: the newest of each machine is enough.
function shortTags(tags: readonly string[]): string {
  const kept = tags.filter((tag) => !/^manylinux(1|2010|2014)_/.test(tag));
  return (kept.length > 0 ? kept : tags).join(" ");
}

// glibc's own parts say nothing: every object needs them.
function shortNames(names: readonly string[]): string {
  const told = names.filter((name) => !/^(lib(c|m|dl|pthread|rt|util)\.so|ld-)/.test(name));
  return told.join(" ");
}

function formatFindings(findings: readonly AuditFinding[], quiet: boolean): string {
  const order = ["error", "warning", "note"];
  const rank = ({ level }: AuditFinding) => order.indexOf(level);
  const sorted = [...findings].sort((a, b) => rank(a) - rank(b));
  // Hundreds of modules of one package mostly have one thing to say.
  const groups = new Map<string, AuditFinding[]>();
  for (const finding of sorted) {
    const key = `${finding.level} ${finding.rule} ${finding.distribution} ${finding.message}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  const lines = [...groups.values()].map((group) => {
    const [{ level, rule, distribution, object, message, file }] = group as [AuditFinding];
    const more = group.length > 1 ? ` and ${group.length - 1} more` : "";
    const where = object ?? distribution ?? basename(file);
    return `${level} ${rule}: ${where}${more}: ${message}\n`;
  });
  return lines.length > 0 && !quiet ? `${lines.join("")}\n` : lines.join("");
}

function verdict({ ok, findings, asked }: AuditReport): string {
  const errors = findings.filter(({ level }) => level === "error").length;
  if (!ok) return `not met: ${errors} ${errors === 1 ? "error" : "errors"}\n`;
  const met = [
    "nothing unresolved",
    ...(asked.policy === undefined ? [] : [`${asked.policy} met`]),
    ...(asked.host ? ["this host has all that is asked for"] : []),
  ];
  return `ok: ${met.join(", ")}\n`;
}
