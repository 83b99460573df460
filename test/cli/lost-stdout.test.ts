// test/cli/lost-stdout.test.ts: what the commands themselves print goes where nobody reads, or where there is no space.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandLine, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

/** `inmem-python words` in a shell, its stdout as `redirection` has it. */
function command(words: readonly string[], redirection: string) {
  const script = `set -o pipefail; "$0" "$@" ${redirection}`;
  return spawnProcess("/bin/bash", ["-c", script, process.execPath, commandLine, ...words]);
}

describe("a command whose stdout", () => {
  it.each([
    [["help", "run"], "| true", [0, 141], ""],
    [["run", "--help"], "| true", [0, 141], ""],
    [["doctor"], ">/dev/full", [2], "no space left"],
    [["--version"], ">/dev/full", [2], "no space left"],
  ])("cannot be written: %j %s", async (words, redirection, codes, told) => {
    const { code, stderr } = await command(words, redirection);
    expect(codes).toContain(code);
    expect(stderr).toContain(told);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("nobody reads any more ends its work, and leaves nothing behind", async () => {
    const folder = tmpDir();
    const main = join(folder, "main.py");
    writeFileSync(main, "print(1)");
    // Each line is a kilobyte: a pipe that has no reader is met by one of the next.
    const words = ["bundle", "--json", "--main", main, "-o", join(folder, "p.pyz")];
    const { code, stderr } = await command(words, "| head -c 1 >/dev/null");
    expect([0, 141]).toContain(code);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
