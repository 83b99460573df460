// lib/audit/entry.ts: audit() of the API, its arguments checked.
import type { Binding } from "../binding.js";
import {
  checkBooleans,
  checkIsObject,
  checkNames,
  checkString,
  checkTexts,
  wrongType,
} from "../options.js";
import { type AuditOptions, auditFiles } from "./audit.js";
import type { AuditReport } from "./report.js";

export async function auditReport(
  binding: () => Binding,
  files: string | readonly string[],
  options: AuditOptions = {},
): Promise<AuditReport> {
  const list = typeof files === "string" ? [files] : files;
  const isPath = (file: unknown) => typeof file === "string" && file !== "";
  if (!Array.isArray(list) || !list.every(isPath)) {
    throw wrongType("files", "a path or paths", files);
  }
  checkIsObject(options);
  checkNames(options, ["policy", "host", "hostLibraries"]);
  checkString("policy", options.policy, "a policy's name");
  checkBooleans(options, ["host"]);
  checkTexts("hostLibraries", options.hostLibraries);
  return (await auditFiles(binding(), list, options)).report;
}
