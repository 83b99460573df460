// bench/bridge/floor.mjs: compiles floor.c, the addon without Python, into a folder.
import { join } from "node:path";
import { run } from "../../scripts/common/run.mjs";
import { root } from "../../scripts/house/main.mjs";

/** The path of floor.node, made in `dir`. */
export async function compileFloor(dir) {
  const headers = join(root, "node_modules", "node-api-headers", "include");
  const output = join(dir, "floor.node");
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread"];
  const source = join(import.meta.dirname, "floor.c");
  await run("gcc", [...flags, "-I", headers, "-o", output, source]);
  return output;
}
