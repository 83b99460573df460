// lib/inspect/page.ts: the report as one HTML page: no script, nothing from elsewhere, light and dark.
import { basename } from "node:path";
import type { AuditedFile, AuditReport } from "../audit/report.js";
import { htmlPage } from "../html/page.js";
import { escapeText } from "../html/svg.js";
import { formatBytes } from "../text.js";
import type { Share } from "./contents.js";
import { flameSvg } from "./flame.js";
import { graphSvg } from "./graph.js";
import type { ImportRun } from "./import-times.js";
import { STYLE } from "./style.js";
import { legend, treemapSvg } from "./treemap.js";

export interface Inspection {
  readonly file: AuditedFile;
  readonly report: AuditReport;
  readonly shares: readonly Share[];
  readonly run: ImportRun | undefined;
}

export async function inspectPage(inspection: Inspection): Promise<string> {
  const { file, shares, run } = inspection;
  const title = `${basename(file.path)}: what is in it`;
  const sections = [
    section("Sizes", `${legend(shares)}${await treemapSvg(shares)}${sizes(shares)}`),
    section("Audit", audit(inspection)),
    section("Shared objects", `${graph(file)}${objects(file)}`),
    section("Licenses", licenses(shares)),
    ...(run === undefined ? [] : [section("Imports of a run", await imports(run))]),
  ];
  return htmlPage(title, STYLE, [summary(inspection), ...sections].join("\n"));
}

function section(title: string, body: string): string {
  return `<section><h2>${escapeText(title)}</h2>\n${body}\n</section>`;
}

function summary({ file, report, shares }: Inspection): string {
  const verdict = report.ok ? '<b class="ok">ok</b>' : '<b class="error">not met</b>';
  const facts = [
    formatBytes(file.sizeBytes),
    `${file.entries} entries`,
    `${file.wheels.length} distributions`,
    `${file.objects.length} ELF objects`,
    `${formatBytes(shares.reduce((sum, one) => sum + one.sizeBytes, 0))} unpacked`,
  ];
  return `<p class="summary">${facts.map(escapeText).join(" &middot; ")} &middot; audit: ${verdict}</p>`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: number[] = [],
) {
  const cell = (tag: string) => (text: string, column: number) =>
    `<${tag}${right.includes(column) ? ' class="figure"' : ""}>${text}</${tag}>`;
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map(cell(tag)).join("")}</tr>`;
  const body = rows.map((row) => line(row, "td")).join("\n");
  return `<div class="scroll"><table><thead>${line(head, "th")}</thead><tbody>${body}</tbody></table></div>`;
}

function sizes(shares: readonly Share[]): string {
  const rows = shares.map(({ name, version, storedBytes, sizeBytes, entries }) => [
    escapeText(name),
    escapeText(version),
    formatBytes(storedBytes),
    formatBytes(sizeBytes),
    String(entries),
  ]);
  return table(["distribution", "version", "in the file", "unpacked", "entries"], rows, [2, 3, 4]);
}

function audit({ file, report }: Inspection): string {
  const rows = file.wheels.map((wheel) => [
    escapeText(`${wheel.name} ${wheel.version}`),
    escapeText(wheel.declared.join(" ")),
    escapeText(wheel.policy ?? `? (${wheel.problem})`),
    wheel.objects === 0 || wheel.runsHere ? "yes" : '<b class="error">no</b>',
    escapeText(wheel.hostLibraries.join(" ")),
  ]);
  const here = `here (glibc ${escapeText(report.host.glibc)})`;
  const head = ["wheel", "declares", "meets", here, "host libraries"];
  const findings = report.findings.map(({ level, rule, object, distribution, message }) => {
    const where = escapeText(object ?? distribution ?? basename(file.path));
    return `<li><b class="${level}">${level}</b> ${rule}: <code>${where}</code>: ${escapeText(message)}</li>`;
  });
  const list =
    findings.length === 0
      ? "<p>Nothing found.</p>"
      : `<ul class="findings">${findings.join("")}</ul>`;
  return `${table(head, rows)}${list}`;
}

function graph(file: AuditedFile): string {
  const drawn = graphSvg(file);
  if (drawn === "") return "<p>None.</p>";
  return `<p>From modules through libraries to the host; modules of a distribution that need the same are one box.</p><div class="scroll graph">${drawn}</div>`;
}

// The rest of a mapped object is what neither is copied nor lies in a segment: section headers, symbols for debuggers.
function objects(file: AuditedFile): string {
  const sorted = [...file.objects].sort((a, b) => b.sizeBytes - a.sizeBytes);
  const rows = sorted.map((object) => {
    const { entry, kind, sizeBytes, copiedBytes, mappedBytes, mapRefusal } = object;
    return [
      `<code>${escapeText(entry)}</code>`,
      kind,
      formatBytes(sizeBytes),
      formatBytes(copiedBytes),
      formatBytes(mappedBytes),
      formatBytes(notLoaded(object)),
      escapeText(mapRefusal),
    ];
  });
  const head = ["object", "kind", "size", "copied", "mapped", "not loaded", "why not mapped"];
  const more = `<summary>${rows.length} objects: what mapped loading would copy and map</summary>`;
  return `<details>${more}${table(head, rows, [2, 3, 4, 5])}</details>`;
}

/** Pages are counted whole, so that a small object may be mapped and copied for more than it has. */
export function notLoaded(object: AuditedFile["objects"][number]): number {
  return Math.max(0, object.sizeBytes - object.copiedBytes - object.mappedBytes);
}

function licenses(shares: readonly Share[]): string {
  const rows = shares
    .filter(({ version }) => version !== "")
    .map(({ name, version, license, licenseFiles }) => [
      escapeText(`${name} ${version}`),
      escapeText(license || "(not said)"),
      licenseFiles.map((file) => `<code>${escapeText(file)}</code>`).join("<br>"),
    ]);
  return table(["distribution", "license", "texts"], rows);
}

async function imports({ imports: found, exitCode }: ImportRun): Promise<string> {
  if (found.length === 0) return "<p>No imports were seen.</p>";
  const ending = exitCode === 0 ? "" : `<p class="error">The run ended with ${exitCode}.</p>`;
  return `${ending}<p>Each module above those that it imported, as wide as its time.</p><div class="scroll">${await flameSvg(found)}</div>`;
}
