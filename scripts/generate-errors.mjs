// scripts/generate-errors.mjs: native/base/error_codes.def -> lib/error-codes.ts and docs/errors.md.
//
// usage: node scripts/generate-errors.mjs [--check]
// --check writes nothing and fails where a file is not what the table gives.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isMain, root } from "./house/main.mjs";
import { readWords } from "./house/words.mjs";

const table = "native/base/error_codes.def";

/** The table's rows and the `--- headings ---` between them, in order. */
export function readErrorTable(text) {
  const rows = [];
  const pattern =
    /^\/\/ --- (?<heading>.*?) -+$|^INMEM_ERROR\((?<enumerator>\w+),\s*"(?<code>\w+)",\s*(?<meaning>(?:"(?:[^"\\]|\\.)*"\s*)+),\s*(?<remedy>(?:"(?:[^"\\]|\\.)*"\s*)+)\)/gm;
  for (const { groups } of text.matchAll(pattern)) {
    if (groups.heading !== undefined) {
      rows.push({ heading: groups.heading });
    } else {
      const { enumerator, code } = groups;
      rows.push({
        enumerator,
        code,
        meaning: literal(groups.meaning),
        remedy: literal(groups.remedy),
      });
    }
  }
  // A row that the pattern does not understand must not vanish silently.
  const declared = text.match(/^INMEM_ERROR\(/gm)?.length ?? 0;
  const read = rows.filter((row) => row.code).length;
  if (read !== declared)
    throw new Error(`${table}: ${declared} rows, of which ${read} can be read`);
  const codes = rows.flatMap((row) => (row.code ? [row.code] : []));
  const twice = codes.find((code, i) => codes.indexOf(code) !== i);
  if (twice) throw new Error(`${table}: ${twice} stands there twice`);
  return rows;
}

// C joins neighbouring string literals.
function literal(literals) {
  return [...literals.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .map(([, s]) => JSON.parse(`"${s}"`))
    .join("");
}

function typeScript(rows) {
  const codes = rows.filter((row) => row.code);
  return `// lib/error-codes.ts: the permanent error codes.
// Made by scripts/generate-errors.mjs from ${table}: do not edit.

/** Every \`code\` of an InmemError, with what it means. */
export const errorCodes = {
${codes.map((row) => `  ${row.code}:${valueText(row)},`).join("\n")}
} as const;

/** A permanent code; docs/errors.md tells what to do about each. */
export type InmemErrorCode = keyof typeof errorCodes;
`;
}

// Biome's layout: a value that passes the 100th column goes on a line of its own.
function valueText(row) {
  const text = JSON.stringify(row.meaning);
  return `  ${row.code}: ${text},`.length > 100 ? `\n    ${text}` : ` ${text}`;
}

function markdown(rows) {
  const parts = [
    "# Errors",
    "",
    `<!-- docs/errors.md: made by scripts/generate-errors.mjs from ${table}: do not edit. -->`,
    "",
    "Every failure of this package is an `InmemError` with a `code` that never changes its meaning and is",
    "never reused; `PythonError` is the one whose code is `ERR_INMEM_PYTHON`. The message names the archive,",
    "the entry, what was found and what was expected. A wrong argument is a `TypeError` or `RangeError`.",
  ];
  for (const row of rows) {
    if (row.heading) {
      const title = row.heading[0].toUpperCase() + row.heading.slice(1);
      parts.push("", `## ${title}`, "", "| code | meaning | what to do |", "|---|---|---|");
    } else {
      parts.push(`| \`${row.code}\` | ${cell(row.meaning)} | ${cell(row.remedy)} |`);
    }
  }
  return `${parts.join("\n")}\n`;
}

function cell(text) {
  // Outside of code marks Markdown would take the underlines of __main__ away.
  return text.replaceAll("|", "\\|").replaceAll(/(?<!`)\b__\w+__(?:\.py)?/g, "`$&`");
}

/** Writes both files where they differ; with `check` only tells which do. */
export function generateErrors({ check = false } = {}) {
  const rows = readErrorTable(readFileSync(join(root, table), "utf8"));
  const stale = [];
  for (const [name, text] of [
    ["lib/error-codes.ts", typeScript(rows)],
    ["docs/errors.md", markdown(rows)],
  ]) {
    const path = join(root, name);
    if (read(path) === text) continue;
    stale.push(name);
    if (check) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return stale;
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

if (isMain(import.meta.url)) {
  const { check = false } = readWords(import.meta.url, ["check"]).values;
  const stale = generateErrors({ check });
  for (const name of stale) {
    console.error(check ? `${name} is not what ${table} gives` : `wrote ${name}`);
  }
  if (check && stale.length > 0) {
    console.error("run: npm run generate:errors");
    process.exitCode = 1;
  }
}
