// bench/runner/compile-addon.mjs: compiles an addon of one C file, to measure what a row costs without this project.
import { basename, join } from "node:path";
import { run } from "../../scripts/common/run.mjs";
import { root } from "../../scripts/house/main.mjs";

/** The path of the addon, made in `dir`; `more` goes to gcc behind the source. */
export async function compileAddon(source, dir, more = []) {
  const headers = join(root, "node_modules", "node-api-headers", "include");
  const output = join(dir, `${basename(source, ".c")}.node`);
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread"];
  await run("gcc", [...flags, "-I", headers, "-o", output, source, ...more]);
  return output;
}
