// test/run/asar.test.ts: a bundle inside an asar archive, which exists for Node's fs alone, as Electron patches that.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPackageWithOptions } from "@electron/asar";
import { expect, it } from "vitest";
import { spawnNode } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";

// What Electron's lib/asar does to fs, as far as reading whole files goes.
const patch = `
  const asar = require("@electron/asar");
  const fs = require("node:fs");
  Object.defineProperty(process.versions, "electron", { value: "40.0.0" });
  const split = (path) => /^(.*\\.asar)[/](.+)$/.exec(String(path));
  const missing = (path) =>
    Object.assign(new Error("ENOENT, " + path + " not found in archive"), { code: "ENOENT", errno: -2 });
  const original = fs.readFileSync;
  globalThis.reads = [];
  fs.readFileSync = (path, ...more) => {
    const found = split(path);
    if (!found) return original(path, ...more);
    globalThis.reads.push(found[2]);
    try {
      return asar.extractFile(found[1], found[2]);
    } catch {
      throw missing(path);
    }
  };
`;

async function archive(): Promise<string> {
  const folder = tmpDir("app");
  const main = "import sys, mod; print(mod.X, sys.argv[1:], __file__.rsplit('/', 2)[1:])";
  const bundle = (x: string) => makeZip({ "__main__.py": main, "mod.py": `X = "${x}"` });
  writeFileSync(join(folder, "main.js"), "// the app");
  writeFileSync(join(folder, "bundle.pyz"), bundle("packed"));
  writeFileSync(join(folder, "same.pyz"), bundle("packed"));
  writeFileSync(join(folder, "unpacked.pyz"), bundle("unpacked"));
  const path = join(tmpDir("asar"), "app.asar");
  await createPackageWithOptions(folder, path, { unpack: "unpacked.pyz" });
  return path;
}

const program = (more: string) => `${patch}
  const { run } = require("inmem-python");
  const app = process.argv[2];
  const print = (chunk) => process.stdout.write(chunk);
  ${more}`;

it("runs from inside the archive, and from what was left out of it", async () => {
  const source = program(`(async () => {
    await run(app + "/bundle.pyz", { args: ["1"], stdout: print });
    await run(app + "/unpacked.pyz", { args: ["2"], stdout: print });
    await run(app + "/bundle.pyz", { args: ["3"], stdout: print, process: true });
    console.log(globalThis.reads.join());
  })();`);
  const { stdout, stderr } = await spawnNode(source, { args: [await archive()] });
  expect(stderr).toBe("");
  expect(stdout).toBe(
    [
      "packed ['1'] ['bundle.pyz', '__main__.py']",
      "unpacked ['2'] ['unpacked.pyz', '__main__.py']",
      "packed ['3'] ['bundle.pyz', '__main__.py']",
      "bundle.pyz,unpacked.pyz,bundle.pyz\n",
    ].join("\n"),
  );
});

it("tells bundles of the same bytes by their names", async () => {
  const source = program(`(async () => {
    for (const name of ["bundle", "same", "bundle"]) await run(app + "/" + name + ".pyz", { stdout: print });
  })();`);
  const { stdout } = await spawnNode(source, { args: [await archive()] });
  const lines = ["bundle", "same", "bundle"].map(
    (name) => `packed [] ['${name}.pyz', '__main__.py']\n`,
  );
  expect(stdout).toBe(lines.join(""));
});

it("names the file that the archive does not have", async () => {
  const source = program(`run(app + "/no.pyz").catch((error) => {
    console.log(error.code, error.message.includes(app + "/no.pyz"), error.message);
  });`);
  const { stdout } = await spawnNode(source, { args: [await archive()] });
  expect(stdout).toMatch(/^ERR_INMEM_NOT_FOUND true .*expected a file in the asar archive/);
});

it("is a real path where this is no Electron", async () => {
  const source = program(`run(app + "/bundle.pyz").catch((error) => console.log(error.code));`);
  const node = source.replace(/Object.defineProperty\(process.versions.*\n/, "");
  const { stdout } = await spawnNode(node, { args: [await archive()] });
  expect(stdout).toBe("ERR_INMEM_NOT_FOUND\n");
});
