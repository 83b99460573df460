// test/cli/run-process.test.ts: `inmem-python run --process`: the same command, the program in a process of its own.
import { describe, expect, it } from "vitest";
import { extension } from "../helpers/shared-object.js";
import { commandLine, spawnCommand, spawnProcess } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";
import { signalWhenReady } from "./support.js";

const command = (source: string, options: readonly string[] = []) => [
  "run",
  "--process",
  ...options,
  zipFile({ "__main__.py": source }),
];

describe("inmem-python run --process", () => {
  it("has no Node in the program's process, and all else as without it", async () => {
    const source =
      "import os, sys\nprint(os.readlink('/proc/self/exe').rpartition('/')[2], sys.argv[1:], input())\nsys.exit(5)";
    const words = [...command(source), "--process", "a"];
    expect(await spawnCommand(words, { stdin: "typed\n" })).toMatchObject({
      code: 5,
      stdout: "inmem-launcher ['--process', 'a'] typed\n",
      stderr: "",
    });
    const [code, stderr] = await spawnCommand(command("1 / 0")).then((r) => [r.code, r.stderr]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^Traceback [\s\S]*ZeroDivisionError/),
    ]);
    expect(await spawnCommand(["run", "--process", "/nowhere/app.pyz"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("ERR_INMEM_NOT_FOUND: /nowhere/app.pyz"),
    });
  });

  it("reports what that process loaded, after its atexit functions", async () => {
    const bundle = zipFile({
      "__main__.py":
        "import atexit, os, cli_process\natexit.register(lambda: __import__('this_late'))\nif os.fork() == 0: raise SystemExit(9)\nos.wait()",
      "this_late.py": "import json",
      "cli_process.so": extension("cli_process", 7),
    });
    const { code, stderr } = await spawnCommand(["run", "--process", "--report=json", bundle]);
    const report = JSON.parse(stderr.split("\n").findLast((line) => line.startsWith("{")) ?? "");
    expect([code, report.totals.objects, report.totals.violations]).toEqual([0, 1, 0]);
    const here = await spawnCommand(["run", "--report=json", bundle]);
    const [ours] = report.objects;
    const [inNode] = JSON.parse(here.stderr.trim().split("\n").at(-1) ?? "").objects;
    expect(Object.keys(ours).sort()).toEqual(Object.keys(inNode).sort());
    for (const name of ["path", "tier", "reason", "sizeBytes", "copiedBytes", "rebindings"]) {
      expect(ours[name], name).toEqual(inNode[name]);
    }
    expect(report.modules.disk).toEqual([]);
    expect(report.modules.memory).toEqual(expect.arrayContaining(["this_late", "json.decoder"]));
  });

  it("tells a crash, and with --crash-report where it was", async () => {
    const words = command("import ctypes; ctypes.string_at(8)", ["--crash-report"]);
    const { code, stderr } = await spawnCommand(words);
    expect(code).toBe(139);
    expect(stderr).toContain("ERR_INMEM_SIGNALLED: SIGSEGV (signal 11)");
    expect(stderr).toMatch(/SIGSEGV[\s\S]*inmem\.node/);
  });

  const sleep = "while True: time.sleep(0.05)\n";
  it.each([
    ["SIGINT", "", 130],
    ["SIGTERM", "", 143],
    ["SIGHUP", "", 129],
    ["SIGINT", "signal.signal(signal.SIGINT, lambda *_: sys.exit(4))\n", 4],
    ["SIGTERM", "signal.signal(signal.SIGTERM, lambda *_: sys.exit(6))\n", 6],
  ] as const)("hands %s on: %j: %i", async (signal, handler, code) => {
    const source = `import signal, sys, time\n${handler}print('ready', flush=True)\n${sleep}`;
    // Away from the terminal, whose Ctrl-C reaches both processes: that is not handed on.
    const words = [process.execPath, commandLine, ...command(source)];
    const ended = await spawnProcess("setsid", words, { onSpawn: signalWhenReady(signal) });
    expect(ended).toMatchObject({ code, stdout: "ready\n" });
    expect(ended.stderr).not.toContain("inmem-python:");
  });
});
