// lib/measure/page.ts: the result as one HTML page with its plots as SVG; no script, nothing from elsewhere.
import { htmlPage } from "../html/page.js";
import { escapeText, svg } from "../html/svg.js";
import { formatBytes } from "../text.js";
import type { BenchResult, WayResult } from "./bench.js";
import type { Spread } from "./stats.js";
import { explanation, formatBench, milliseconds } from "./table.js";

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --bar: #3b6fb6; --whisker: #c25b1e; --grid: #d8dde5; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --paper: #14181f; --bar: #6d9fe6; --whisker: #f0a06a; --grid: #343c48; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
svg { width: 100%; height: auto; } text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.bar { fill: var(--bar); } .whisker { stroke: var(--whisker); stroke-width: 2; } .grid { stroke: var(--grid); }
pre { overflow-x: auto; }`;

const WIDTH = 800;
const LABELS = 130;
const VALUES = 90;
const ROW = 30;

/** One figure of each way, for a plot. */
interface Bar {
  readonly label: string;
  readonly value: number;
  readonly spread?: Spread;
}

/** A page that stands alone, for light and dark. */
export function benchPage(result: BenchResult): string {
  const { ways, processes } = result;
  const title = `${result.bundle}: ways of running it`;
  const ms = (value: number) => `${milliseconds(value)} ms`;
  const plots = [
    plot("Until the program's first line", spreads(ways, "start"), ms),
    plot("Until its end", spreads(ways, "run"), ms),
    plot("Processor time", spreads(ways, "cpu"), ms),
    plot("Peak memory of a process", spreads(ways, "peakBytes"), formatBytes),
    plot(
      "Written to files",
      bars(ways, (way) => way.written.bytes),
      formatBytes,
    ),
  ];
  if (processes > 0) {
    const pss = bars(ways, (way) => way.pssBytes ?? 0);
    plots.push(plot(`Memory of ${processes} processes together (Pss)`, pss, formatBytes));
  }
  const body = [
    ...explanation(result).map((line) => `<p>${escapeText(line)}</p>`),
    ...plots,
    "<h2>The figures</h2>",
    `<pre>${escapeText(formatBench(result))}</pre>`,
  ];
  return htmlPage(title, STYLE, body.join("\n"));
}

function spreads(ways: readonly WayResult[], key: "start" | "run" | "cpu" | "peakBytes"): Bar[] {
  return ways.map((way) => ({ label: way.way, value: way[key].median, spread: way[key] }));
}

function bars(ways: readonly WayResult[], value: (way: WayResult) => number): Bar[] {
  return ways.map((way) => ({ label: way.way, value: value(way) }));
}

// Bars are medians, from 0; the line over each reaches from the first quartile to the third.
function plot(title: string, rows: readonly Bar[], text: (value: number) => string): string {
  const most = Math.max(...rows.map(({ value, spread }) => spread?.q3 ?? value), 0);
  const room = WIDTH - LABELS - VALUES;
  const x = (value: number) => (LABELS + (most === 0 ? 0 : (value / most) * room)).toFixed(1);
  const height = rows.length * ROW + 4;
  const drawn = rows.map(({ label, value, spread }, i) => {
    const middle = i * ROW + ROW / 2;
    const width = (Number(x(value)) - LABELS).toFixed(1);
    const whisker = spread
      ? `<line class="whisker" x1="${x(spread.q1)}" x2="${x(spread.q3)}" y1="${middle}" y2="${middle}"/>`
      : "";
    return `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escapeText(label)}</text>
<rect class="bar" x="${LABELS}" y="${middle - 9}" width="${width}" height="18"/>${whisker}
<text x="${WIDTH - VALUES + 8}" y="${middle + 4}">${escapeText(text(value))}</text>`;
  });
  const axis = `<line class="grid" x1="${LABELS}" x2="${LABELS}" y1="0" y2="${height}"/>`;
  const drawing = svg(WIDTH, height, title, [axis, ...drawn].join("\n"));
  return `<figure><figcaption>${escapeText(title)}</figcaption>${drawing}</figure>`;
}
