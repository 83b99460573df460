// lib/audit/entry.ts: audit() of the API, its arguments checked.
import type { Binding } from "../binding.js";
import { checkIsObject, checkNames, wrongType } from "../options.js";
import { type AuditOptions, auditFiles } from "./audit.js";
import type { AuditReport } from "./report.js";

export async function auditReport(
  binding: () => Binding,
  files: string | readonly string[],
  options: AuditOptions = {},
): Promise<AuditReport> {
  const list = typeof files === "string" ? [files] : files;
  if (!isTexts(list) || list.includes("")) throw wrongType("files", "a path or paths", files);
  checkIsObject(options);
  checkNames(options, ["policy", "host", "hostLibraries"]);
  const { policy, host, hostLibraries } = options;
  if (policy !== undefined && typeof policy !== "string") {
    throw wrongType("policy", "a policy's name", policy);
  }
  if (host !== undefined && typeof host !== "boolean") throw wrongType("host", "a boolean", host);
  if (hostLibraries !== undefined && !isTexts(hostLibraries)) {
    throw wrongType("hostLibraries", "an array of strings", hostLibraries);
  }
  return (await auditFiles(binding(), list, options)).report;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
