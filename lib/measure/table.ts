// lib/measure/table.ts: the result as text.
import { formatBytes, formatTable } from "../text.js";
import type { BenchResult, WayResult } from "./bench.js";
import type { Spread } from "./stats.js";

/** The table for people; ends with a newline. */
export function formatBench(result: BenchResult): string {
  const { ways, processes } = result;
  const heading = ["way", "start", "run", "least - most", "ratio", "CPU", "peak"];
  const more = ["files written", "bytes written"];
  const pss = processes > 0 ? [`Pss of ${processes}`] : [];
  const rows = ways.map((way) => rowOf(way));
  const figures = [...heading, ...pss, ...more].map((_, column) => column).slice(1);
  const table = formatTable([[...heading, ...pss, ...more], ...rows], figures);
  const lines = [
    `${result.bundle}: ${formatBytes(result.bundleBytes)}`,
    Object.entries(result.host)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
    "",
    ...table,
    "",
    ...ways.map(({ way, label }) => `${way}: ${label}`),
    ...result.skipped.map(({ way, reason }) => `${way}: skipped: ${reason}`),
    "",
    ...explanation(result),
  ];
  return `${lines.join("\n")}\n`;
}

function rowOf({ way, start, run, ratio, cpu, peakBytes, pssBytes, written }: WayResult): string[] {
  return [
    way,
    `${milliseconds(start.median)} ms`,
    `${milliseconds(run.median)} ms`,
    spread(run),
    ratio.toFixed(2),
    `${milliseconds(cpu.median)} ms`,
    formatBytes(peakBytes.median),
    ...(pssBytes === null ? [] : [formatBytes(pssBytes)]),
    String(written.files),
    formatBytes(written.bytes),
  ];
}

/** What the figures are, for the table and the page. */
export function explanation({ runs, ways, temporary }: BenchResult): string[] {
  return [
    `Medians of ${runs} runs each, taken in turns, after one that is not counted: what is read lies in the page cache.`,
    "start: until the program's first line; run: until its end; both from the first line of JavaScript in a new Node",
    `(python: from the start of its process). ratio: run / that of ${ways[0]?.way}. Memory of a Node contains Node's own.`,
    `Temporary folders lie on ${temporary === "tmpfs" ? "a tmpfs: in memory" : "a disk"}.`,
  ];
}

function spread({ min, max }: Spread): string {
  return `${milliseconds(min)} - ${milliseconds(max)}`;
}

/** Of a table or plot, without the unit. */
export function milliseconds(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}
