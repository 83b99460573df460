// scripts/house/clang-tidy.mjs: clang-tidy over all our C++ files, again only over what changed since it was clean.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { cacheDir } from "../common/cache.mjs";
import { hashKey } from "../common/hash.mjs";
import { root } from "./main.mjs";
import { runTool } from "./tool.mjs";
import { treeFiles } from "./tree-files.mjs";

/** Throws with all findings; gives how many files were looked at. */
export async function clangTidy(tools) {
  const commands = JSON.parse(readFileSync(join(root, "build", "compile_commands.json"), "utf8"));
  const common = await commonKey(tools);
  const { filesOf, textOf } = includes();
  const passed = join(cacheDir(), "tidy");
  mkdirSync(passed, { recursive: true });

  const todo = [];
  const seen = new Set();
  for (const { file, command } of commands) {
    const name = relative(root, file);
    if (!/^native\/.*\.cc$/.test(name) || seen.has(name) || !existsSync(file)) continue;
    seen.add(name);
    const read = [...filesOf(name)].sort().map((part) => [part, textOf(part)]);
    const key = hashKey([common, read, command.replaceAll(root, "")]);
    if (!existsSync(join(passed, key))) todo.push({ name, key });
  }

  const findings = [];
  const work = todo.values();
  const worker = async () => {
    for (const { name, key } of work) {
      const found = await tidy(tools, name);
      if (found === "") writeFileSync(join(passed, key), "");
      else findings.push(found);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (findings.length > 0) throw new Error(findings.sort().join("\n"));
  return `${todo.length} of ${seen.size} files were new`;
}

async function commonKey(tools) {
  const settings = await treeFiles("*.clang-tidy");
  return hashKey([
    tools.key,
    settings.map((name) => [name, readFileSync(join(root, name), "utf8")]),
  ]);
}

// Which files of ours a file is made of: its own, and what it includes, at any depth. The include
// path of every layer is native/; what lies elsewhere is of a pinned build.
function includes() {
  const texts = new Map();
  const textOf = (name) => {
    if (!texts.has(name)) texts.set(name, readFileSync(join(root, name), "utf8"));
    return texts.get(name);
  };
  const filesOf = (name, found = new Set()) => {
    if (found.has(name)) return found;
    found.add(name);
    for (const [, included] of textOf(name).matchAll(/^#\s*include\s+"([^"]+)"/gm)) {
      const own = [join("native", included), join(dirname(name), included)];
      const file = own.find((path) => existsSync(join(root, path)));
      if (file !== undefined) filesOf(file, found);
    }
    return found;
  };
  return { filesOf, textOf };
}

// Empty where there is nothing to say.
async function tidy(tools, name) {
  const [program] = tools.clangTidy;
  // The analyzer walks into GoogleTest's macros for half a minute a file.
  const less = /_(test|bench|fuzz)\.cc$/.test(name) ? ["--checks=-clang-analyzer-*"] : [];
  const args = ["--quiet", "-p", join(root, "build"), ...less, name];
  try {
    await runTool(program, args);
    return "";
  } catch (error) {
    // Besides the findings it counts warnings of system headers, on stderr.
    return error.message
      .replaceAll(/^\d+ warnings? (generated|treated as errors?)\.?\n?/gm, "")
      .trim();
  }
}
