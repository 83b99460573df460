// scripts/house/file-rules.mjs: the rules that no linter has: a first line that says what the file is, ASCII, size, why a test is skipped.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./main.mjs";
import { treeFiles } from "./tree-files.mjs";

const kinds = /\.(mjs|cjs|ts|cc|h|c|S|py|pyi|cmake|def|gyp)$/;
const maxLines = 400;
const tests = /^test\/|_test\.cc$/;
const skips = /\bGTEST_SKIP\(|\b(skipIf|runIf)\(|\b(it|test|describe)\.(skip|todo)\b/;

/** What stands against the rules, a line each. */
export async function checkFileRules() {
  const complaints = [];
  for (const name of (await treeFiles()).filter((name) => kinds.test(name))) {
    if (/(^|\/)(fixtures|corpus|data)\//.test(name)) continue;
    const text = readFileSync(join(root, name), "utf8");
    const lines = text.split("\n");
    const first = lines[0]?.startsWith("#!") ? lines[1] : lines[0];
    if (!first?.includes(`${name}: `))
      complaints.push(`${name}:1: the first line must begin with "${name}: ..."`);
    if (lines.length > maxLines)
      complaints.push(`${name}: ${lines.length} lines (at most ${maxLines})`);
    if (tests.test(name))
      complaints.push(
        ...bareSkips(lines).map((i) => `${name}:${i + 1}: a skip without its reason`),
      );
    for (const [i, line] of lines.entries()) {
      // Tests have text of other scripts on purpose.
      if (name.startsWith("test/")) break;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: this is the rule
      if (/[^\x00-\x7f]/.test(line)) complaints.push(`${name}:${i + 1}: not ASCII`);
    }
  }
  return complaints;
}

/** The lines that skip a test without a comment right above (above the macro, in one). */
function bareSkips(lines) {
  return [...lines.keys()].filter((i) => {
    if (!skips.test(lines[i])) return false;
    let above = i - 1;
    while (lines[above]?.endsWith("\\")) above -= 1;
    return !/^\s*\/\//.test(lines[above] ?? "");
  });
}
