// test/children/tools.test.ts: what starts Pythons or installs them: joblib's loky, pip, venv, ensurepip.
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { pypiWheel } from "../helpers/pypi-wheel.js";
import { py, runPython } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";
import { launcher, startPython } from "./support.js";

/** A wheel that runs everywhere. */
const pure = (requirement: string) => pypiWheel({ requirement, platforms: ["any"], abi: "none" });

describe("joblib's loky", () => {
  it("has its workers import from the bundles of the program", async () => {
    const folder = tmpDir();
    const wheel = await pure("joblib==1.5.2");
    copyFileSync(wheel, join(folder, basename(wheel)));
    const main = py`
      import os
      from joblib import Parallel, delayed
      from joblib.externals.loky import get_reusable_executor
      def where(x):
          import joblib
          return x * x, joblib.__file__, os.getpid()
      found = Parallel(n_jobs=2)(delayed(where)(x) for x in range(6))
      assert all(pid != os.getpid() for _, _, pid in found)
      print([square for square, _, _ in found], {path for _, path, _ in found})
      print(get_reusable_executor(2).submit(lambda: 42).result())
      get_reusable_executor().shutdown()
    `;
    writeFileSync(join(folder, "__main__.py"), main);
    const path = join(folder, basename(wheel), "joblib/__init__.py");
    for (const more of [{}, { process: true }]) {
      const { stdout, stderr } = await runPython(folder, more);
      expect([stdout, stderr]).toEqual([`[0, 1, 4, 9, 16, 25] {'${path}'}\n42\n`, ""]);
    }
  });
});

describe("pip in a child", () => {
  it("installs into a folder, from where children import", async () => {
    const target = join(tmpDir(), "site");
    const wheel = await pure("six==1.17.0");
    const main = py`
      import os, subprocess, sys
      target, wheel = sys.argv[1:]
      subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check", "--root-user-action", "ignore", "--target", target, wheel], check=True)
      subprocess.run([sys.executable, "-c", "import six; print(six.__version__, six.__file__)"], env={**os.environ, "PYTHONPATH": target}, check=True)
    `;
    const { stdout } = await runPython(main, { process: true, args: [target, wheel] });
    expect(stdout).toBe(`1.17.0 ${join(target, "six.py")}\n`);
  });
});

describe("what cannot be", () => {
  it("venv refuses with a sentence, and makes nothing", async () => {
    const folder = join(tmpDir(), "env");
    const { code, stdout, stderr } = await startPython(launcher, { args: ["-m", "venv", folder] });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^Error: .*virtual environments cannot be made from this Python: .*--target/,
    );
    expect(existsSync(folder)).toBe(false);
    const builder = `import venv\ntry: venv.create(${JSON.stringify(folder)})\nexcept RuntimeError as error: print(error)`;
    expect((await runPython(builder)).stdout).toContain("virtual environments cannot be made");
  });

  it("ensurepip says that pip is there", async () => {
    const { code, stdout } = await startPython(launcher, { args: ["-m", "ensurepip"] });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^pip [\d.]+ is part of this Python \(python -m pip\): nothing to install\n$/,
    );
    const version = await startPython(launcher, { args: ["-m", "ensurepip", "--version"] });
    expect(version.stdout).toMatch(/^pip \d+\.\d+/);
    const root = await startPython(launcher, { args: ["-m", "ensurepip", "--root", "/tmp/x"] });
    expect([root.code, root.stderr]).toEqual([
      1,
      expect.stringContaining("cannot be installed below"),
    ]);
    const inside = await runPython("import ensurepip; print('pip', ensurepip.version())");
    expect(inside.stdout.trim()).toBe(/^pip [\d.]+/.exec(stdout)?.[0]);
  });
});
