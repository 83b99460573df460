// lib/audit/entry.ts: audit() of the API, its arguments checked.
import type { Binding } from "../binding.js";
import { type AuditOptions, auditFiles } from "./audit.js";
import type { AuditReport } from "./report.js";

export async function auditReport(
  binding: () => Binding,
  files: string | readonly string[],
  options: AuditOptions = {},
): Promise<AuditReport> {
  const list = typeof files === "string" ? [files] : files;
  if (!Array.isArray(list) || !list.every((file) => typeof file === "string" && file !== "")) {
    throw new TypeError("Expected a path or a list of paths for files");
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected an object for options but received ${typeof options}`);
  }
  const { policy, host, hostLibraries, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new TypeError(`options: no ${unknown} (expected policy, host, hostLibraries)`);
  if (policy !== undefined && typeof policy !== "string")
    throw new TypeError("Expected a string for policy");
  if (host !== undefined && typeof host !== "boolean")
    throw new TypeError("Expected a boolean for host");
  const isList =
    Array.isArray(hostLibraries) && hostLibraries.every((name) => typeof name === "string");
  if (hostLibraries !== undefined && !isList)
    throw new TypeError("Expected strings for hostLibraries");
  return (await auditFiles(binding(), list, options)).report;
}
