// scripts/cpython-tests/compare.mjs: what differs between the tests on disk and from memory, and which of it docs/cpython-tests.md explains.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../house/main.mjs";

/**
 * A row of docs/cpython-tests.md.
 * @typedef {object} Row
 * @property {string} pattern  A test's name; `*` stands for any text.
 * @property {string} where  "node", "launcher" or "both"; with ", not run" where the test would never end.
 * @property {string} cause
 */

/** @returns {Row[]} */
export function readRows(path = join(root, "docs", "cpython-tests.md")) {
  const rows = [];
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    if (cells.length !== 5 || !cells[1].startsWith("`")) continue;
    rows.push({ pattern: cells[1].slice(1, -1), where: cells[2], cause: cells[3] });
  }
  return rows;
}

/**
 * The tests of one file that ended otherwise than on disk.
 * @param {import("./sides.mjs").FileResult} onDisk
 * @param {import("./sides.mjs").FileResult} fromMemory
 * @returns {{ test: string, disk: string, memory: string, reason?: string }[]}
 */
export function differences(name, onDisk, fromMemory) {
  const [disk, memory] = [onDisk, fromMemory].map(withoutAddresses);
  const found = [];
  const asWhole = { test: name, disk: disk.outcome, memory: memory.outcome, reason: memory.output };
  if (Object.keys(memory.tests).length === 0 && disk.outcome !== memory.outcome) return [asWhole];
  const names = new Set([...Object.keys(disk.tests), ...Object.keys(memory.tests)]);
  for (const test of names) {
    const [a, b] = [endOf(disk.tests[test]), endOf(memory.tests[test])];
    // What fails on disk may do better; skipped and passed have to agree.
    if (a === b || a.startsWith("failed")) continue;
    found.push({ test, disk: a, memory: b, reason: memory.reasons[test] });
  }
  const whole = disk.outcome === "passed" || disk.outcome === "skipped";
  if (found.length === 0 && whole && disk.outcome !== memory.outcome) {
    found.push(asWhole);
  }
  return found;
}

// A subtest's name may have the `repr` of its parameters.
function withoutAddresses(result) {
  const plain = (name) => name.replace(/\b0x[0-9a-f]{6,}\b/g, "0x...");
  const tests = {};
  const reasons = {};
  for (const [name, counts] of Object.entries(result.tests)) {
    tests[plain(name)] ??= {};
    const sum = tests[plain(name)];
    for (const [end, count] of Object.entries(counts)) sum[end] = (sum[end] ?? 0) + count;
  }
  for (const [name, reason] of Object.entries(result.reasons)) reasons[plain(name)] = reason;
  return { ...result, tests, reasons };
}

function endOf(counts) {
  if (!counts) return "not run";
  const some = ["failed", "skipped", "passed"].filter((outcome) => counts[outcome] > 0);
  return some
    .map((outcome) => `${outcome}${counts[outcome] > 1 ? ` ${counts[outcome]}` : ""}`)
    .join(", ");
}

/** The tests that a side must not begin. */
export function notRun(rows, side) {
  const found = rows.filter(({ where }) => where.endsWith(", not run"));
  return found.filter((row) => isFor(row, side)).map(({ pattern }) => pattern);
}

/** The row that explains a difference on a side. */
export function rowFor(rows, side, test) {
  return rows.find((row) => isFor(row, side) && matches(row.pattern, test));
}

/** The rows for these files and sides that explain nothing any more, of those whose tests are run. */
export function idleRows(rows, results) {
  return rows.filter((row) => {
    const meant = results.filter(
      ({ file, side }) =>
        isFor(row, side) && row.pattern.startsWith(`test.${file.replace(/^test\./, "")}.`),
    );
    const used = meant.some(({ explained }) => explained.some((found) => found.row === row));
    return meant.length > 0 && !used && !row.where.endsWith(", not run");
  });
}

function isFor({ where }, side) {
  const [named] = where.split(",");
  return named === side || named === "both";
}

function matches(pattern, test) {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(test);
}
