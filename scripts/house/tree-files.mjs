// scripts/house/tree-files.mjs: which files of the checkout are ours to check.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../common/run.mjs";
import { root } from "./main.mjs";

/** Paths, relative to the checkout, that git tracks or would: nothing generated. */
export async function treeFiles(...patterns) {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...patterns];
  const { stdout } = await run("git", args, { cwd: root });
  const names = [...new Set(stdout.split("\0"))].filter((name) => name !== "");
  return names.filter((name) => existsSync(join(root, name))).sort();
}
