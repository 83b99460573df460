// scripts/house/words.mjs: a script's words: what it does not know is an error, --help the comment that the script begins with.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * Gives `{ values, positionals }` of node:util's parseArgs(); ends the process for what it does not know.
 * @param {string} url  The script's own.
 * @param {readonly string[] | object} options  Names of flags without a value, or what parseArgs() is told.
 */
export function readWords(url, options, { allowPositionals = false } = {}) {
  const described = Array.isArray(options)
    ? Object.fromEntries(options.map((name) => [name, { type: "boolean" }]))
    : options;
  try {
    const words = parseArgs({
      options: { ...described, help: { type: "boolean" } },
      allowPositionals,
    });
    if (!words.values.help) return words;
    console.log(usage(url));
    process.exit(0);
  } catch (error) {
    refuse(url, error.message);
  }
}

/** The number that `--name` was given; undefined: it was not. Ends the process for anything else. */
export function numberOf(url, { values }, name, least = 1) {
  const value = values[name];
  if (value === undefined || Number(value) >= least) return value && Number(value);
  refuse(url, `--${name} ${value}: expected a number, at least ${least}`);
}

/** Ends the process: it was called in a wrong way. */
export function refuse(url, message) {
  console.error(`error: ${message}\n\n${usage(url)}`);
  process.exit(2);
}

function usage(url) {
  const lines = readFileSync(fileURLToPath(url), "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ""))
    .join("\n");
}
