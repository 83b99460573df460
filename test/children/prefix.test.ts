// test/children/prefix.test.ts: what a bundle's wheels brought for sys.prefix is found there by Python children, as in the run.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, py, runPython } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";
import { launcher, startPython } from "./support.js";

const look = `
import os, sys, sysconfig
data = os.path.join(sysconfig.get_path("data"), "share", "note.txt")
print(sys.prefix == sys.exec_prefix, sys.prefix == sys.base_prefix, open(data).read())
`;
const files = { "inmem.prefix/share/note.txt": "a note", "look.py": look };
const found = "True False a note\n";

describe("sys.prefix in Python children", () => {
  it("is that of the run, however they are started", async () => {
    const program = py`
      import subprocess, sys
      import look
      for words, env in ((["-c"], None), (["-I", "-c"], {}), (["-S", "-c"], {})):
          code = "import sys, look; assert sys.prefix == sys.argv[1], sys.prefix"
          subprocess.run([sys.executable, *words, code, sys.prefix], env=env, check=True, stdout=subprocess.DEVNULL)
    `;
    const bundle = bundleOf({ ...files, "__main__.py": program });
    for (const process of [false, true]) {
      const { stdout } = await runPython(bundle, { process });
      expect(stdout.split("\n")[0]).toBe(found.trim());
    }
  });

  it("is the first bundle's that has such files; a zip as the program counts", async () => {
    const plain = zipFile({ "__main__.py": "import look\n" }, "plain.pyz");
    const data = zipFile({ ...files, "__main__.py": look }, "data.pyz");
    const env = { INMEM_BUNDLES: `${plain}:${data}` };
    const ended = await startPython(launcher, { args: ["-c", "import look"], env });
    expect(ended).toMatchObject({ code: 0, stdout: found });
    expect(await startPython(launcher, { args: [data] })).toMatchObject({ stdout: found });
    const without = await startPython(launcher, {
      args: ["-c", "import sys; print(sys.prefix == sys.base_prefix)"],
      env: { INMEM_BUNDLES: plain },
    });
    expect(without.stdout).toBe("True\n");
  });

  it("stays Python's own with a folder of that name on disk", async () => {
    const folder = tmpDir();
    mkdirSync(join(folder, "inmem.prefix"));
    writeFileSync(join(folder, "script.py"), "import sys; print(sys.prefix == sys.base_prefix)");
    const ended = await startPython(launcher, { args: [join(folder, "script.py")], cwd: folder });
    expect(ended.stdout).toBe("True\n");
  });
});
