// scripts/check.mjs: `npm run check`: format and lint of all languages, types, generated files. Pinned tools.
//
// usage: node scripts/check.mjs [--fix] [NAME...]
// --fix formats and repairs what can be; NAME runs only these of the checks.
import { join } from "node:path";
import { buildAddon, pythonDir } from "./build-addon.mjs";
import { tsc } from "./build-lib.mjs";
import { say } from "./common/run.mjs";
import { generateErrors } from "./generate-errors.mjs";
import { clangTidy } from "./house/clang-tidy.mjs";
import { checkFileRules } from "./house/file-rules.mjs";
import { isMain, main, root } from "./house/main.mjs";
import { ensureNodeModules } from "./house/node-modules.mjs";
import { runTool } from "./house/tool.mjs";
import { ensureCheckTools } from "./house/tools.mjs";
import { treeFiles } from "./house/tree-files.mjs";
import { readWords } from "./house/words.mjs";

const words = readWords(import.meta.url, ["fix"], { allowPositionals: true });
const { fix = false } = words.values;

/** Each throws with the tool's own words, or gives a remark for its line. */
const checks = {
  async biome() {
    const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
    const options = ["--error-on-warnings", "--max-diagnostics=200", ...(fix ? ["--write"] : [])];
    await runTool(process.execPath, [biome, "check", ...options]);
  },

  async types() {
    await tsc("-p", ".", "--noEmit", "--incremental", "false");
    await tsc("-p", "test");
  },

  async errors() {
    const stale = generateErrors({ check: !fix });
    if (stale.length > 0 && !fix)
      throw new Error(`${stale.join(", ")}: run npm run generate:errors`);
  },

  async files() {
    const complaints = await checkFileRules();
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  },

  async ruff({ tools }) {
    await tool(tools.ruff, "check", "--quiet", ...(fix ? ["--fix"] : []));
    await tool(tools.ruff, "format", "--quiet", ...(fix ? [] : ["--diff"]));
  },

  async mypy({ tools }) {
    const files = await treeFiles("python/inmem/*.py");
    if (files.length === 0) return "no files";
    await tool(tools.mypy, "--cache-dir", join(root, "build", "mypy"), ...files);
  },

  async "clang-format"({ tools }) {
    const files = await treeFiles("native/*.cc", "native/*.h", "native/*.c");
    if (files.length === 0) return "no files";
    await tool(tools.clangFormat, ...(fix ? ["-i"] : ["--dry-run", "-Werror"]), ...files);
  },

  async "clang-tidy"({ tools }) {
    // It reads the compile commands, and some files include generated ones.
    await buildAddon({ tests: true });
    return clangTidy(tools);
  },
};

function tool([program, ...first], ...args) {
  return runTool(program, [...first, ...args]);
}

async function check() {
  const asked = words.positionals;
  const unknown = asked.find((name) => !(name in checks));
  if (unknown) throw new Error(`no check ${unknown}; there are: ${Object.keys(checks).join(", ")}`);

  await ensureNodeModules();
  const context = { tools: await ensureCheckTools(await pythonDir()) };
  const failed = [];
  for (const [name, work] of Object.entries(checks)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const started = performance.now();
    try {
      const remark = await work(context);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      say(`ok      ${name} (${seconds} s${remark ? `, ${remark}` : ""})`);
    } catch (error) {
      failed.push(name);
      say(`FAILED  ${name}\n${error.message}\n`);
    }
  }
  if (failed.length > 0) throw new Error(`check failed: ${failed.join(", ")}`);
}

if (isMain(import.meta.url)) await main(check);
