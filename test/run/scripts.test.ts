// test/run/scripts.test.ts: commands of distributions, sys.prefix, and bundles for another Python.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failPython, py, runPython } from "../helpers/python.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const FILES = {
  "tool/__init__.py": py`
    import os, sys
    def main():
        print("main", os.path.basename(sys.argv[0]), sys.argv[1:])
        return 5
  `,
  "tool-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n",
  "tool-1.0.dist-info/entry_points.txt":
    "[console_scripts]\ntool = tool:main\n[gui_scripts]\nwindow = tool:main\n",
  "inmem.prefix/bin/old-script": py`
    #!python
    import os, sys, sysconfig
    print(__name__, os.path.basename(__file__), sys.argv[1:])
    with open(os.path.join(sysconfig.get_path("data"), "share", "x.txt")) as file:
        print(file.read(), sys.prefix != sys.base_prefix)
  `,
  "inmem.prefix/bin/binary": "\x7fELF",
  "inmem.prefix/bin/shell": "#!/bin/sh\necho $1\n",
  "inmem.prefix/share/x.txt": "data",
};

describe("a command of a distribution", () => {
  it("is called as pip would have installed it", async () => {
    const path = zipFile(FILES);
    const called = await runPython(path, { script: "tool", args: ["a"] });
    expect(called).toMatchObject({ exitCode: 5, stdout: "main tool ['a']\n" });
    expect((await runPython(path, { script: "window" })).stdout).toBe("main window []\n");
    const apart = await runPython(path, { script: "tool", process: true });
    expect(apart).toMatchObject({ exitCode: 5, stdout: "main tool []\n" });
  });

  it("may be a file, and finds data files below sys.prefix", async () => {
    const path = zipFile(FILES);
    for (const process of [false, true]) {
      const ran = await runPython(path, { script: "old-script", args: ["b"], process });
      expect(ran.stdout).toBe("__main__ old-script ['b']\ndata True\n");
    }
    // The next program has none of it.
    const { stdout } = await runPython("import sys\nprint(sys.prefix == sys.base_prefix)");
    expect(stdout).toBe("True\n");
  });

  it("is told by name where there is none, or none that Python runs", async () => {
    const path = zipFile(FILES);
    const { error } = await failPython(path, { script: "tol" });
    expect(error).toMatchObject({
      code: "ERR_INMEM_NO_MAIN",
      message: expect.stringMatching(
        /no command tol in it \(it has: .*old-script, shell, tool, window\)/,
      ),
    });
    const binary = await failPython(path, { script: "binary" });
    expect(binary.error.code).toBe("ERR_INMEM_NO_MAIN");
    const shell = await failPython(path, { script: "shell" });
    expect(shell.error).toMatchObject({
      code: "ERR_INMEM_NO_MAIN",
      message: expect.stringContaining("bin/shell: a script for /bin/sh (expected a Python script"),
    });
    await expect(runPython(path, { script: "a", module: "b" })).rejects.toThrow(TypeError);
  });

  it("is named where a bundle has no program of its own", async () => {
    const info = "x-1.0.dist-info/entry_points.txt";
    const path = zipFile({ [info]: "[console_scripts]\nwindow = x:main\n", "x.py": "" });
    const { code, stderr } = await spawnCommand(["run", path]);
    expect(code).toBe(2);
    expect(stderr).toContain("ERR_INMEM_NO_MAIN");
    expect(stderr).toContain(`${path}:window (it has: window)`);
  });

  it("comes after a colon on the command line", async () => {
    const path = zipFile(FILES);
    const ran = await spawnCommand(["run", `${path}:tool`, "--its", "own"]);
    expect(ran).toMatchObject({ code: 5, stdout: "main tool ['--its', 'own']\n" });
    const wrong = await spawnCommand(["run", `${path}:tol`]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("ERR_INMEM_NO_MAIN");
    const folder = tmpDir();
    mkdirSync(join(folder, "a:tool"));
    writeFileSync(join(folder, "a:tool", "__main__.py"), "print('a folder')");
    expect((await spawnCommand(["run", "a:tool"], { cwd: folder })).stdout).toBe("a folder\n");
  });
});

describe("a bundle for another Python", () => {
  it("names the Python that it wants", async () => {
    const manifest = (tag: string) => `{\n "format": 1,\n "python": {\n  "tag": "${tag}"\n }\n}\n`;
    const path = zipFile({ "__main__.py": "print('ran')", "inmem.json": manifest("cp312") });
    for (const process of [false, true]) {
      const { error } = await failPython(path, { process });
      expect(error).toMatchObject({
        code: "ERR_INMEM_WRONG_PYTHON",
        message: expect.stringContaining("made for Python 3.12 (cp312); this is Python 3.13"),
      });
    }
    const right = zipFile({ "__main__.py": "print('ran')", "inmem.json": manifest("cp313") });
    expect((await runPython(right)).stdout).toBe("ran\n");
  });
});
