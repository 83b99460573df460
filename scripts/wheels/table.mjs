// scripts/wheels/table.mjs: the outcome of the matrix as a table for a terminal.
/** @typedef {{ subject: import("./subjects.mjs").Subject, cells: import("./cells.mjs").Cell[] }} Row */

const marks = { passed: "ok", failed: "FAILED", skipped: "-" };

/** Counts of cells. */
export function countCells(rows) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { cells } of rows) for (const { outcome } of cells) counts[outcome]++;
  return counts;
}

/** @param {Row[]} rows */
export function matrixTable(rows) {
  const runs = [...new Set(rows.flatMap(({ cells }) => cells.map(({ run }) => run)))];
  const figures = ["objects", "MB", "copied", "mapped", "load ms", "rebound", "violations"];
  const lines = [["wheel", ...runs, ...figures]];
  for (const { subject, cells } of rows) {
    const byRun = new Map(cells.map((cell) => [cell.run, cell]));
    const mark = (run) => {
      const cell = byRun.get(run);
      return cell ? marks[cell.outcome] : "";
    };
    lines.push([subject.name, ...runs.map(mark), ...figuresOf(cells)]);
  }
  return columns(lines);
}

function columns(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => String(line[i]).length)));
  const pad = (line) => line.map((word, i) => String(word).padEnd(widths[i])).join("  ");
  return lines.map((line) => pad(line).trimEnd()).join("\n");
}

// Of the tier that users get, or of the only one that was asked for.
function figuresOf(cells) {
  const measured = cells.filter(({ objects }) => objects);
  const cell = measured.find(({ run }) => run === "auto") ?? measured[0];
  if (!cell) return ["", "", "", "", "", "", ""];
  const { count, sizeBytes, copiedBytes, mappedBytes, milliseconds, rebindings, violations } =
    cell.objects;
  const mb = (bytes) => (bytes / 1e6).toFixed(1);
  return [
    count,
    mb(sizeBytes),
    mb(copiedBytes),
    mb(mappedBytes),
    milliseconds.toFixed(1),
    rebindings ?? "not counted",
    violations ?? "not counted",
  ];
}
