// scripts/house/words.mjs: a script's words: an unknown flag is an error, --help the comment that the script begins with.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * Gives `{ values, positionals }` of node:util's parseArgs(); ends the process for what it does not know.
 * @param {string} url  The script's own.
 * @param {readonly string[]} flags  Those without a value.
 */
export function readWords(url, flags, { allowPositionals = false } = {}) {
  const options = Object.fromEntries([...flags, "help"].map((name) => [name, { type: "boolean" }]));
  try {
    const words = parseArgs({ options, allowPositionals });
    if (!words.values.help) return words;
    console.log(usage(url));
    process.exit(0);
  } catch (error) {
    console.error(`error: ${error.message}\n\n${usage(url)}`);
    process.exit(1);
  }
}

function usage(url) {
  const lines = readFileSync(fileURLToPath(url), "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ""))
    .join("\n");
}
