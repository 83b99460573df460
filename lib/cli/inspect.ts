// lib/cli/inspect.ts: `inmem-python inspect`.
import { basename } from "node:path";
import { auditFiles } from "../audit/audit.js";
import type { AuditedFile, AuditReport } from "../audit/report.js";
import { binding } from "../binding.js";
import { ENTRY_KINDS } from "../bundle/kind.js";
import { InmemError } from "../errors.js";
import { checkOutputs } from "../file-failure.js";
import { type Share, sharesOf } from "../inspect/contents.js";
import { type ImportNode, type ImportRun, measureImports } from "../inspect/import-times.js";
import { sbomOf } from "../inspect/sbom.js";
import { formatBytes, formatTable } from "../text.js";
import { version } from "../version.js";
import { type AuditFlags, formatAudit, optionsFrom } from "./audit.js";
import { signalStatus } from "./failure.js";
import { writeOutput } from "./output.js";
import { SignalRelay } from "./signals.js";

/** The options as commander gives them. */
export interface InspectFlags extends AuditFlags {
  readonly html?: string;
  readonly sbom?: string;
  readonly run?: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

/** Lines of a table that are shown at most. */
const SHOWN = 12;

/**
 * Prints what is in a bundle, and writes what was asked for; gives the exit status.
 * @throws {InmemError | RangeError} what auditFiles() rejects with.
 */
export async function inspectCommand(
  path: string,
  args: readonly string[],
  flags: InspectFlags,
): Promise<number> {
  if (args.length > 0 && !flags.run) {
    throw new TypeError(`${args[0]}: arguments are the program's, and go with --run`);
  }
  checkOutputs(flags.html, flags.sbom);
  const { report, archives } = await auditFiles(binding(), [path], optionsFrom(flags));
  const [archive] = archives;
  const [file] = report.files;
  if (archive === undefined || file === undefined || archives.length !== 1) {
    throw new InmemError(
      "ERR_INMEM_NOT_A_FILE",
      `${path}: a folder (expected a bundle or a wheel)`,
    );
  }
  const shares = sharesOf(archive, file);
  const run = flags.run ? await timedRun(file.path, args, flags) : undefined;
  if (typeof run === "number") return run;
  if (flags.sbom !== undefined) {
    const versions = { ...version };
    writeOutput(flags.sbom, sbomOf(archive, file, versions));
  }
  if (flags.html !== undefined) {
    const { inspectPage } = require("../inspect/page.js") as typeof import("../inspect/page.js");
    writeOutput(flags.html, await inspectPage({ file, report, shares, run }));
  }
  const json = () => `${JSON.stringify({ ...report, shares, run })}\n`;
  process.stdout.write(flags.json ? json() : formatInspection({ file, report, shares, run }));
  return 0;
}

const TIMEOUT_SECONDS = 120;

/** Gives the exit status where a signal ended it. */
async function timedRun(path: string, args: readonly string[], flags: InspectFlags) {
  const { timeout = TIMEOUT_SECONDS } = flags;
  const relay = new SignalRelay();
  try {
    return await measureImports(path, args, relay.abortSignal, timeout * 1000);
  } catch (error) {
    if (relay.received) return signalStatus(relay.received);
    throw error;
  } finally {
    relay.close();
  }
}

interface Inspection {
  readonly file: AuditedFile;
  readonly report: AuditReport;
  readonly shares: readonly Share[];
  readonly run: ImportRun | undefined;
}

function formatInspection({ file, report, shares, run }: Inspection): string {
  const parts = [sizesText(file, shares), licensesText(shares), objectsText(file)];
  if (run !== undefined) parts.push(importsText(run));
  parts.push(`audit of ${formatAudit(report)}`);
  return parts.filter((part) => part !== "").join("\n");
}

function titled(title: string, rows: readonly (readonly string[])[], figures: number[]): string {
  const [head = [], ...body] = rows;
  const more = body.length - SHOWN;
  const lines = formatTable([head, ...body.slice(0, SHOWN)], figures).map((line) => `  ${line}`);
  if (more > 0) lines.push(`  and ${more} more`);
  return `${title}\n${lines.join("\n")}\n`;
}

function sizesText(file: AuditedFile, shares: readonly Share[]): string {
  const kinds = ENTRY_KINDS.filter((kind) => shares.some((share) => share.kinds[kind] > 0));
  const head = ["", "in the file", "unpacked", ...kinds];
  const rows = shares.map(({ name, version: release, storedBytes, sizeBytes, kinds: own }) => [
    `${name} ${release}`.trim(),
    formatBytes(storedBytes),
    formatBytes(sizeBytes),
    ...kinds.map((kind) => (own[kind] === 0 ? "" : formatBytes(own[kind]))),
  ]);
  const figures = head.map((_, column) => column).slice(1);
  return titled(`sizes of ${basename(file.path)}`, [head, ...rows], figures);
}

function licensesText(shares: readonly Share[]): string {
  const rows = shares
    .filter(({ version: release }) => release !== "")
    .map(({ name, version: release, license }) => [`${name} ${release}`, license || "(not said)"]);
  return rows.length === 0 ? "" : titled("licenses", [["distribution", "license"], ...rows], []);
}

function objectsText({ objects }: AuditedFile): string {
  if (objects.length === 0) return "";
  const head = ["object", "size", "copied", "mapped", "why not mapped"];
  const rows = [...objects]
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .map(({ entry, sizeBytes, copiedBytes, mappedBytes, mapRefusal }) => [
      entry,
      formatBytes(sizeBytes),
      formatBytes(copiedBytes),
      formatBytes(mappedBytes),
      mapRefusal,
    ]);
  return titled("shared objects, if mapped", [head, ...rows], [1, 2, 3]);
}

function importsText({ imports, exitCode }: ImportRun): string {
  const all: ImportNode[] = [];
  const add = (node: ImportNode) => {
    all.push(node);
    node.children.forEach(add);
  };
  imports.forEach(add);
  const ms = (microseconds: number) => (microseconds / 1000).toFixed(1);
  const rows = all
    .sort((a, b) => b.self - a.self)
    .map(({ name, self, total }) => [name, ms(self), ms(total)]);
  const ending = exitCode === 0 ? "" : ` (the run ended with ${exitCode})`;
  return titled(
    `imports of a run${ending}`,
    [["module", "ms itself", "ms in all"], ...rows],
    [1, 2],
  );
}
