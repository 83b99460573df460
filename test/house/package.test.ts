// test/house/package.test.ts: the packed tarball, installed in an empty folder, works on every supported Node.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureNode, nodeVersions } from "../../scripts/house/node-versions.mjs";
import { packageRoot, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";

const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
const program = `import json, sys
print(json.dumps({"args": sys.argv[1:], "version": sys.version_info[:2]}))
`;

let dir: string;
let installed: string;

beforeAll(() => {
  dir = tmpDir("package");
  // The registry is not asked for the package itself; its dependencies
  // are pinned and come from npm's cache or the registry.
  npm(packageRoot, "pack", "--pack-destination", dir);
  npm(dir, "init", "-y");
  npm(dir, "install", "--prefer-offline", `./inmem-python-${version}.tgz`);
  installed = join(dir, "node_modules", "inmem-python");
  writeFileSync(join(dir, "app.pyz"), makeZip({ "__main__.py": program }));
  const body = (load: string) =>
    `${load}\nrun("app.pyz", { args: ["x"] }).then(({ exitCode }) => { process.exitCode = exitCode; });\n`;
  writeFileSync(join(dir, "cjs.cjs"), body('const { run } = require("inmem-python");'));
  writeFileSync(join(dir, "esm.mjs"), body('import { run } from "inmem-python";'));
});

describe("the tarball", () => {
  it("has no install script, and no field that stops an installation elsewhere", () => {
    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => /install/.test(name))).toEqual([]);
    expect(manifest.gypfile).toBe(false);
    for (const field of ["os", "cpu", "libc"]) expect(manifest).not.toHaveProperty(field);
  });

  it("carries the binaries, the licenses and no more than the library", () => {
    const binaries = join(installed, "prebuilds", "linux-x64");
    expect(readdirSync(binaries).sort()).toEqual(["inmem-launcher", "inmem-python.node"]);
    expect(statSync(join(binaries, "inmem-launcher")).mode & 0o111).toBe(0o111);
    const top = readdirSync(installed).filter((name) => name !== "README.md");
    expect(top.sort()).toEqual([
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "dist",
      "docs",
      "examples",
      "package.json",
      "prebuilds",
      "python.json",
      "schema",
      "third-party",
    ]);
  });

  it("has all that its pages link to", () => {
    const docs = readdirSync(join(installed, "docs")).map((name) => join("docs", name));
    const pages = ["README.md", "CONTRIBUTING.md", "examples/README.md", ...docs];
    const links = pages.flatMap((page) => {
      const text = readFileSync(join(installed, page), "utf8");
      const targets = [...text.matchAll(/\]\(([^)#]+)/g)].map((match) => match[1] ?? "");
      return targets
        .filter((target) => !/^https?:/.test(target))
        .map((target) => join(dirname(page), target));
    });
    expect(links).toContain("examples/README.md");
    expect(links.filter((link) => !existsSync(join(installed, link)))).toEqual([]);
  });
});

describe.each(nodeVersions)("Node %s", (nodeVersion) => {
  let node: string;

  beforeAll(async () => {
    node = await ensureNode(nodeVersion);
  });

  async function output(...args: string[]): Promise<string> {
    const { stdout, ...ended } = await spawnProcess(node, args, { cwd: dir });
    expect(ended).toEqual({ code: 0, signal: null, stderr: "", timedOut: false });
    return stdout;
  }

  it("is what it says", async () => {
    expect(await output("--version")).toBe(`v${nodeVersion}\n`);
  });

  it("runs a bundle by require and by import", async () => {
    const expected = { args: ["x"], version: [3, 13] };
    expect(JSON.parse(await output("cjs.cjs"))).toEqual(expected);
    expect(JSON.parse(await output("esm.mjs"))).toEqual(expected);
  });

  it("runs the command line, and Python alone by the launcher", async () => {
    const command = join(installed, "dist", "cli", "main.js");
    expect(JSON.parse(await output(command, "run", "app.pyz", "y")).args).toEqual(["y"]);
    expect(await output(command, "python", "-c", "print(6 * 7)")).toBe("42\n");
  });
});

function npm(cwd: string, ...args: string[]): void {
  execFileSync("npm", [...args, "--loglevel=error", "--no-audit", "--no-fund"], {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
  });
}
