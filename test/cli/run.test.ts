// test/cli/run.test.ts: `inmem-python run` with real programs.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeWheel, writeZip } from "../bundle/support.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { spawnAndSignal } from "./support.js";

async function program(source: string, more: Record<string, string> = {}): Promise<string> {
  const path = join(tmpDir(), "app.pyz");
  await writeZip(path, { "__main__.py": source, ...more });
  return path;
}

describe("inmem-python run", () => {
  it("passes on the words after the bundle untouched", async () => {
    const path = await program("import sys; print(sys.argv[1:])");
    const words = ["-m", "x", "--report=json", "--load", "--", "-h", "--version"];
    const { code, stdout, stderr } = await spawnCommand(["run", path, ...words]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe("['-m', 'x', '--report=json', '--load', '--', '-h', '--version']\n");
  });

  it.each([0, 1, 3, 255])("ends with the program's status %i", async (code) => {
    const path = await program(`import sys; sys.exit(${code})`);
    expect(await spawnCommand(["run", path])).toMatchObject({ code, stderr: "" });
  });

  it("ends with 1 after an exception, told once", async () => {
    const path = await program("1 / 0");
    const { code, stderr } = await spawnCommand(["run", path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Traceback \(most recent call last\):/);
    expect(stderr.match(/ZeroDivisionError: division by zero/g)).toHaveLength(1);
    expect(stderr).not.toContain("inmem-python:");
  });

  it("ends with 2 and tells code, reason and remedy when it cannot run", async () => {
    const { code, stdout, stderr } = await spawnCommand(["run", "/nowhere/app.pyz"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^inmem-python: ERR_INMEM_NOT_FOUND: .*\/nowhere\/app\.pyz/);
    expect(stderr).toContain("\n  Check the path");
  });

  it("runs a module with -m, and a folder of wheels", async () => {
    const path = await program("print('main')", { "pkg/tool.py": "print(__name__)" });
    expect(await spawnCommand(["run", "-m", "pkg.tool", path])).toMatchObject({
      code: 0,
      stdout: "__main__\n",
    });
    const folder = tmpDir();
    await writeWheel(folder, "tool", { "tool.py": "import other; print(other.WORD)" });
    await writeWheel(folder, "other", { "other.py": "WORD = 'folder'" });
    expect(await spawnCommand(["run", "-m", "tool", folder])).toMatchObject({
      code: 0,
      stdout: "folder\n",
    });
  });

  it("gives the program its stdin", async () => {
    const path = await program("print(input().upper())");
    expect(await spawnCommand(["run", path], { stdin: "words\n" })).toMatchObject({
      stdout: "WORDS\n",
    });
  });

  it("reports modules, for people and for machines, after the program", async () => {
    const path = await program("import json; print('done')");
    const words = ["run", "--report", path];
    const people = await spawnCommand(words);
    expect(people.stdout).toBe("done\n");
    expect(people.stderr).toMatch(
      /^shared objects: 0, 0 B copied, 0 B mapped, 0\.00 ms, 0 references rebound, 0 bound elsewhere than on disk$/m,
    );
    expect(people.stderr).toMatch(/^modules: \d+ from memory, 0 from disk$/m);
    const machines = await spawnCommand(["run", "--report=json", path]);
    const report = JSON.parse(machines.stderr);
    expect(report).toMatchObject({ objects: [], totals: { objects: 0 }, modules: { disk: [] } });
    expect(report.modules.memory).toContain("json.decoder");
  });

  it("reports after an exception too", async () => {
    const path = await program("raise SystemError('x')");
    const { code, stderr } = await spawnCommand(["run", "--report", path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^modules: /m);
  });
});

describe("signals to inmem-python run", () => {
  const sleeper = "import time\nprint('ready', flush=True)\ntime.sleep(60)\n";

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s raises KeyboardInterrupt and ends with %i", async (signal, code) => {
    const path = await program(sleeper);
    const outcome = await spawnAndSignal(["run", path], signal);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).not.toContain("inmem-python:");
  });

  it("leaves the status to a program that handles KeyboardInterrupt", async () => {
    const path = await program(
      `import time, sys\ntry:\n    print('ready', flush=True)\n    time.sleep(60)\n` +
        `except KeyboardInterrupt:\n    print('cleaned up')\n    sys.exit(5)\n`,
    );
    const outcome = await spawnAndSignal(["run", path], "SIGTERM");
    expect(outcome).toMatchObject({ code: 5, stdout: "ready\ncleaned up\n" });
  });
});
