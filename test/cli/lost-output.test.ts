// test/cli/lost-output.test.ts: output that cannot be written is told, and is the status, as with python.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandLine, packageRoot, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

const launcher = join(packageRoot, "build", "Release", "inmem-launcher");

/** Runs the program as python does, and by `inmem-python run`, in a shell. */
async function everyWay(source: string, redirection: string) {
  const folder = tmpDir("lost");
  const file = join(folder, "__main__.py");
  writeFileSync(file, source);
  const run = [process.execPath, commandLine, "run"];
  const ways = [
    [launcher, file],
    [...run, folder],
    [...run, "--process", folder],
  ];
  return Promise.all(
    ways.map(async (words) => {
      const shell = ["-c", `"$0" "$@" ${redirection}`, ...words];
      const { code, stdout, stderr } = await spawnProcess("/bin/sh", shell);
      return { code, stdout, stderr };
    }),
  );
}

describe("output that cannot be written", () => {
  it.each([
    ["print('x')", ">/dev/full", 120, "No space left"],
    ["import sys; print('x'); sys.exit(3)", ">/dev/full", 120, "No space left"],
    ["import sys; sys.stderr.write('x')", "2>/dev/full", 120, ""],
    [
      "import sys, types\nsys.unraisablehook = lambda seen: sys.stderr.write(seen.err_msg)\nprint('x')",
      ">/dev/full",
      120,
      "Exception ignored on flushing sys.stdout",
    ],
    ["import sys; sys.stdout.close()", "", 0, ""],
    ["import sys; sys.stdout = None", "", 0, ""],
  ])("%j %s is %i, as with python", async (source, redirection, code, told) => {
    const [python, inNode, inProcess] = await everyWay(source, redirection);
    expect(python).toMatchObject({ code, stderr: expect.stringContaining(told) });
    expect(inNode).toEqual(python);
    expect(inProcess).toEqual(python);
  });
});
