// test/cli/python.test.ts: `inmem-python python` behaves as python does.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeZip } from "../bundle/support.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { spawnAndSignal } from "./support.js";

describe("inmem-python python", () => {
  it("takes -c, with the words after it", async () => {
    const words = ["python", "-c", "import sys; print(sys.argv)", "--bundle", "x", "-h"];
    expect(await spawnCommand(words)).toMatchObject({
      code: 0,
      stdout: "['-c', '--bundle', 'x', '-h']\n",
    });
  });

  it("has the whole of zipimport, also with a real folder first on the path", async () => {
    const script = "import pkgutil, zipimport; print(zipimport.zipimporter.__name__)";
    expect(await spawnCommand(["python", "-c", script])).toMatchObject({
      code: 0,
      stdout: "zipimporter\n",
    });
  });

  it("takes -m, a script, and - with stdin", async () => {
    const script = join(tmpDir(), "script.py");
    writeFileSync(script, "import sys; print(sys.argv[1], input())");
    expect(await spawnCommand(["python", "-m", "this"])).toMatchObject({
      stdout: expect.stringContaining("Beautiful is better than ugly."),
    });
    expect(await spawnCommand(["python", script, "a"], { stdin: "line\n" })).toMatchObject({
      stdout: "a line\n",
    });
    expect(await spawnCommand(["python", "-"], { stdin: "print(6 * 7)" })).toMatchObject({
      stdout: "42\n",
    });
    expect(await spawnCommand(["python"], { stdin: "print(6 * 7)" })).toMatchObject({
      stdout: "42\n",
    });
  });

  it("leaves --help, --version and unknown options to Python", async () => {
    expect((await spawnCommand(["python", "--version"])).stdout).toMatch(/^Python 3\.13\.\d+\n$/);
    expect((await spawnCommand(["python", "--help"])).stdout).toContain(
      "-c cmd : program passed in as string",
    );
    const { code, stderr } = await spawnCommand(["python", "--frob"]);
    expect(code).toBe(2);
    expect(stderr).toContain("unknown option --frob");
  });

  it("imports from bundles, given once or twice, relative to where it was started", async () => {
    const folder = tmpDir();
    await writeZip(join(folder, "a.pyz"), { "one.py": "X = 1" });
    await writeZip(join(folder, "b.pyz"), { "two.py": "Y = 2" });
    const words = [
      "--bundle",
      "a.pyz",
      "--bundle=b.pyz",
      "-c",
      "import one, two; print(one.__file__)",
    ];
    const outcome = await spawnCommand(["python", ...words], { cwd: folder });
    expect(outcome).toMatchObject({ code: 0, stdout: `${join(folder, "a.pyz")}/one.py\n` });
  });

  it("ends with the child's code, or by its signal", async () => {
    const exit = await spawnCommand(["python", "-c", "raise SystemExit(9)"]);
    expect(exit).toMatchObject({ code: 9, signal: null });
    const kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)";
    expect(await spawnCommand(["python", "-c", kill])).toMatchObject({ signal: "SIGKILL" });
  });

  it.each(["SIGTERM", "SIGHUP"] as const)("passes %s on", async (signal) => {
    const script = "import time; print('ready', flush=True); time.sleep(60)";
    expect(await spawnAndSignal(["python", "-c", script], signal)).toMatchObject({ signal });
  });

  it("leaves SIGINT to the child", async () => {
    const script =
      "import os, signal, time; print('ready', flush=True); time.sleep(0.5); print('still here')";
    const outcome = await spawnAndSignal(["python", "-c", script], "SIGINT");
    expect(outcome).toMatchObject({ code: 0, stdout: "ready\nstill here\n" });
  });

  it("has no JavaScript engine in the child", async () => {
    const script =
      "print(any(line.rstrip().endswith('/node') for line in open('/proc/self/maps')))";
    expect((await spawnCommand(["python", "-c", script])).stdout).toBe("False\n");
  });
});
