// test/import/start-files.test.ts: every file that the start of Python touches, listed and explained.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanEnv, packageRoot } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

/** Why each call with a path is made; the only ones that may be. */
const EXPLAINED: [RegExp, string][] = [
  [/^chdir /, "the working directory of Python's threads, which run() sets"],
  [/^readlink \S+inmem-launcher$/, "CPython's getpath follows sys.executable"],
  [
    /^newfstatat \S+inmem-launcher$/,
    "which file it is: children that exec it get the run's bundles",
  ],
  [/^openat \/etc\/localtime$/, "the C library's tzset, when the module `time` is made"],
  [
    /^openat \/proc\/sys\/vm\/overcommit_memory$/,
    "the C library's malloc, before it gives memory of a thread back",
  ],
  [/^openat \S+\/app\.pyz$/, "the bundle itself"],
  [/^(newfstatat|fstat) $/, "fstat of an open descriptor: stdio, the bundle, /etc/localtime"],
];

/** `call path` of each system call with a path that Python's thread made. */
function callsOfPython(bundle: string): string[] {
  const log = join(tmpDir(), "strace.log");
  const script = `
    const { run } = require(${JSON.stringify(packageRoot)});
    run(${JSON.stringify(bundle)});`;
  const strace = ["-f", "-qq", "-y", "-e", "trace=file,fstat,prctl", "-s", "300", "-o", log];
  execFileSync("strace", [...strace, process.execPath, "-e", script], { env: cleanEnv() });
  const lines = readFileSync(log, "utf8").split("\n");
  rmSync(log);
  const thread = lines.find((line) => line.includes('prctl(PR_SET_NAME, "python"'))?.split(" ")[0];
  expect(thread).toBeDefined();
  const calls = [];
  for (const line of lines) {
    if (line.split(" ")[0] !== thread || line.includes("prctl(")) continue;
    if (line.includes("FIRST_LINE_OF_MAIN")) break;
    const call = /^\d+ +(\w+)\((?:AT_FDCWD[^,]*, |\d+[^,]*, )?(?:"([^"]*)")?/.exec(line);
    if (call) calls.push(`${call[1]} ${call[2] ?? ""}`);
  }
  return calls;
}

test("the start of Python touches nothing but what is explained here", () => {
  const program = "import posix\ntry: posix.stat('/FIRST_LINE_OF_MAIN')\nexcept OSError: pass\n";
  const calls = callsOfPython(zipFile({ "__main__.py": program }));
  expect(calls.filter((call) => call.includes("app.pyz"))).not.toEqual([]);
  const unexplained = calls.filter((call) => !EXPLAINED.some(([pattern]) => pattern.test(call)));
  expect(unexplained).toEqual([]);
});
