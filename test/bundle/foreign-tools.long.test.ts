// test/bundle/foreign-tools.long.test.ts: numpy applications that pex and shiv of PyPI made: run from memory as by them.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { cacheDir, ensureEntry } from "../../scripts/common/cache.mjs";
import { diskPython } from "../helpers/disk-python.js";
import { cleanEnv, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

const TOOLS = ["pex==2.105.2", "shiv==1.0.8"];
const NUMPY = "numpy==2.3.4";

const MAIN = `
import sys
import numpy
from importlib.metadata import version

def main():
    a = numpy.arange(9.0).reshape(3, 3) + numpy.eye(3)
    print(numpy.linalg.solve(a, a @ numpy.ones(3)).round(6), version("numpy"), sys.argv[1:])
    return 3
`;

/** A folder with the application, and the tools in a folder of their own. */
async function makeWith(tool: string, words: readonly string[]): Promise<void> {
  const folder = join(cacheDir(), "tools", TOOLS.join("-").replaceAll("=", ""));
  mkdirSync(join(folder, ".."), { recursive: true });
  await ensureEntry(folder, TOOLS.join(", "), async (temporary: string) => {
    const pip = ["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    execFileSync(diskPython(), [...pip, "--target", temporary, ...TOOLS], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  });
  execFileSync(diskPython(), ["-m", tool, ...words], {
    env: { ...process.env, PYTHONPATH: folder, PEX_ROOT: tmpDir() },
    stdio: ["ignore", "ignore", "pipe"],
  });
}

describe("a numpy application", () => {
  const folder = tmpDir();
  const paths: Record<string, string> = {};
  beforeAll(async () => {
    mkdirSync(join(folder, "app", "napp"), { recursive: true });
    writeFileSync(join(folder, "app", "napp", "__init__.py"), MAIN);
    const app = join(folder, "app");
    const entry = ["-e", "napp:main"];
    for (const [name, more] of [
      ["app.pex", []],
      ["wheels.pex", ["--no-pre-install-wheels"]],
    ] as const) {
      paths[name] = join(folder, name);
      await makeWith("pex", [NUMPY, "-D", app, ...entry, ...more, "-o", paths[name]]);
    }
    paths["app.pyz"] = join(folder, "app.pyz");
    await makeWith("shiv", ["--site-packages", app, ...entry, "-o", paths["app.pyz"], NUMPY]);
  }, 900_000);

  it.each(["app.pex", "wheels.pex", "app.pyz"])(
    "in %s gives what it gives by its tool",
    async (name) => {
      const path = paths[name] ?? "";
      const roots = join(tmpDir(), "roots");
      const env = { ...cleanEnv(), PEX_ROOT: join(roots, "pex"), SHIV_ROOT: join(roots, "shiv") };
      const ours = await spawnCommand(["run", "--report=json", path, "a"], { env });
      const report = JSON.parse(ours.stderr);
      expect(report.modules.disk).toEqual([]);
      expect(report.modules.memory).toContain("numpy.linalg");
      expect(existsSync(roots)).toBe(false); // nothing was unpacked
      const bundle = join(tmpDir(), "bundle.pyz");
      const made = await spawnCommand(["bundle", "--from", path, "-o", bundle]);
      expect(made).toMatchObject({ code: 0, stderr: "" });
      expect(made.stdout).toMatch(/ {2}numpy 2\.3\.4/);
      const bundled = await spawnCommand(["run", bundle, "a"], { env });
      let theirs = "";
      try {
        execFileSync(diskPython(), [path, "a"], { env, encoding: "utf8" });
      } catch (error) {
        theirs = (error as { stdout: string }).stdout;
      }
      expect(theirs).toContain("[1. 1. 1.] 2.3.4 ['a']");
      expect(readdirSync(roots)).not.toEqual([]);
      expect([ours.stdout, ours.code]).toEqual([theirs, 3]);
      expect([bundled.stdout, bundled.code]).toEqual([theirs, 3]);
    },
    300_000,
  );

  it.each([
    ["app.pex", { PEX_MODULE: "platform" }, []],
    ["app.pex", { PEX_MODULE: "napp:main" }, ["b"]],
    ["app.pex", { PEX_SCRIPT: "numpy-config" }, ["--version"]],
    ["app.pex", { PEX_INTERPRETER: "1" }, ["-c", "import sys, numpy; print(sys.argv)", "b"]],
    ["app.pex", { PEX_INTERPRETER: "1" }, ["-m", "numpy.f2py", "-v"]],
    ["app.pyz", { SHIV_ENTRY_POINT: "platform:python_version" }, []],
    ["app.pyz", { SHIV_MODULE: "napp:main" }, ["b"]],
    ["app.pyz", { SHIV_CONSOLE_SCRIPT: "numpy-config" }, ["--version"]],
    ["app.pyz", { SHIV_INTERPRETER: "1" }, ["-c", "import sys, numpy; print(sys.argv)", "b"]],
  ] as const)(
    "in %s with %j %j does what it does by its tool",
    async (name, chosen, args) => {
      const path = paths[name] ?? "";
      const roots = join(tmpDir(), "roots");
      const PEX_ROOT = join(roots, "pex");
      const env = { ...cleanEnv(), PEX_ROOT, SHIV_ROOT: join(roots, "shiv"), ...chosen };
      const ours = await spawnCommand(["run", path, ...args], { env });
      const theirs = spawnSync(diskPython(), [path, ...args], { env, encoding: "utf8" });
      // The one names its own Python there, the other the addon's.
      const shown = (text: string) => text.replaceAll(/glibc[\d.]+|libc[\d.]+/g, "libc");
      expect([shown(ours.stdout), ours.code]).toEqual([shown(theirs.stdout), theirs.status]);
      expect(ours.stdout + ours.stderr).not.toBe("");
    },
    300_000,
  );
});
