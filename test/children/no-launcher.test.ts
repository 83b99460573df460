// test/children/no-launcher.test.ts: a package without its launcher says what is in the way.
import { chmodSync, copyFileSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";
import { launcher } from "./support.js";

/** The package as it would lie beside an asar archive that kept the launcher. */
function packageWithoutLauncher(): string {
  const root = tmpDir("package");
  const release = join("build", "Release");
  mkdirSync(join(root, release), { recursive: true });
  cpSync(join(packageRoot, "dist"), join(root, "dist"), { recursive: true });
  copyFileSync(join(packageRoot, release, "inmem.node"), join(root, release, "inmem.node"));
  return root;
}

const main = `import multiprocessing, subprocess, sys
try: subprocess.run([sys.executable, "-c", "1"])
except OSError as error: print(type(error).__name__, error.filename == sys.executable)
try: subprocess.run([sys.executable, "-c", "1"], cwd="/")
except OSError as error: print(type(error).__name__)
`;

const run = (root: string) =>
  spawnNode(`require(${JSON.stringify(join(root, "dist"))}).run(process.argv[2])`, {
    args: [zipFile({ "__main__.py": main })],
  });

it("names the launcher that is missing, and what to do", async () => {
  const root = packageWithoutLauncher();
  const { stdout, stderr } = await run(root);
  expect(stdout).toBe("FileNotFoundError True\nFileNotFoundError\n");
  const path = join(root, "build", "Release", "inmem-launcher");
  const sentence = `inmem-python: cannot start Python's launcher, ${path}: no such file (expected it beside the addon, as a real file: in an Electron app, name both in asarUnpack)\n`;
  expect(stderr).toBe(sentence + sentence);
});

it("names the launcher that may not be executed", async () => {
  const root = packageWithoutLauncher();
  const path = join(root, "build", "Release", "inmem-launcher");
  copyFileSync(launcher, path);
  chmodSync(path, 0o644);
  const { stdout, stderr } = await run(root);
  expect(stdout).toBe("PermissionError True\nPermissionError\n");
  expect(stderr).toContain(`${path}: it may not be executed here`);
});

it("rejects run() with process: true", async () => {
  const root = packageWithoutLauncher();
  const source = `require(${JSON.stringify(join(root, "dist"))}).run(process.argv[2], { process: true }).catch((error) => console.log(error.code))`;
  const { stdout } = await spawnNode(source, { args: [zipFile({ "__main__.py": main })] });
  expect(stdout).toBe("ERR_INMEM_NO_BINARY\n");
});
