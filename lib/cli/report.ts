// lib/cli/report.ts: the text of `run --report`.
import type { RunReport } from "../run.js";
import type { SharedObject } from "../shared-objects.js";
import { formatBytes, formatTable } from "../text.js";

/** One line of JSON, or a table for people; ends with a newline. */
export function formatReport(report: RunReport, format: "table" | "json"): string {
  return format === "json" ? formatJson(report) : formatForPeople(report);
}

function formatJson({ objects, modules }: RunReport): string {
  return `${JSON.stringify({ objects, totals: totalsOf(objects), modules })}\n`;
}

function formatForPeople({ objects, modules }: RunReport): string {
  const totals = totalsOf(objects);
  const rows = objects.map((object) => [
    object.path,
    object.tier,
    formatBytes(object.copiedBytes),
    formatBytes(object.mappedBytes),
    object.milliseconds.toFixed(2),
    String(object.rebindings.length),
    object.memfdName,
  ]);
  const summary = [
    `shared objects: ${objects.length}`,
    `${formatBytes(totals.copiedBytes)} copied`,
    `${formatBytes(totals.mappedBytes)} mapped`,
    `${totals.milliseconds.toFixed(2)} ms`,
    `${totals.rebindings} references rebound`,
    `${totals.violations} bound elsewhere than on disk`,
  ];
  const lines = [summary.join(", ")];
  if (rows.length > 0) {
    const heading = ["object", "tier", "copied", "mapped", "ms", "rebound", "memfd"];
    lines.push(...formatTable([heading, ...rows], [2, 3, 4, 5]).map((line) => `  ${line}`));
  }
  lines.push(`modules: ${modules.memory.length} from memory, ${modules.disk.length} from disk`);
  return `${lines.join("\n")}\n`;
}

function totalsOf(objects: readonly SharedObject[]) {
  const sum = (figure: (object: SharedObject) => number) =>
    objects.reduce((total, object) => total + figure(object), 0);
  return {
    objects: objects.length,
    sizeBytes: sum((object) => object.sizeBytes),
    copiedBytes: sum((object) => object.copiedBytes),
    mappedBytes: sum((object) => object.mappedBytes),
    milliseconds: sum((object) => object.milliseconds),
    bindingMilliseconds: sum((object) => object.bindingMilliseconds),
    constructorMilliseconds: sum((object) => object.constructorMilliseconds),
    rebindings: sum((object) => object.rebindings.length),
    violations: sum((object) => object.violations ?? 0),
  };
}
