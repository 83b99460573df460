// test/inspect/inspect.test.ts: tables, page, bill of materials and imports of a bundle.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseImportTimes } from "../../lib/inspect/import-times.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";
import { zipFile } from "../helpers/zip.js";

const program =
  "import json, markupsafe, sys\nprint('out', file=sys.stderr)\nsys.exit(len(sys.argv))\n";
let bundle: string;

beforeAll(async () => {
  bundle = await wheelBundle(["markupsafe==3.0.3"], { "__main__.py": program });
});

async function inspect(...words: string[]) {
  const { code, stdout, stderr } = await spawnCommand(["inspect", ...words]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return { stdout, stderr };
}

it("prints sizes, licenses, objects and the audit", async () => {
  const { stdout } = await inspect(bundle);
  expect(stdout).toMatch(/sizes of app\.pyz\n +in the file +unpacked/);
  expect(stdout).toMatch(/MarkupSafe 3\.0\.3 +BSD-3-Clause/);
  expect(stdout).toMatch(/markupsafe\/_speedups\S+ +[\d.]+ KiB +[\d.]+ KiB +[\d.]+ KiB/);
  expect(stdout).toMatch(/ok: nothing unresolved\n$/);
});

it("measures the imports of a bundle that has a colon in its path", async () => {
  const path = zipFile({ "__main__.py": "import own", "own.py": "" }, "a:b.pyz");
  const { stdout } = await inspect("--run", "--json", path);
  const { run } = JSON.parse(stdout);
  expect(run.exitCode).toBe(0);
  expect(JSON.stringify(run.imports)).toContain('"own"');
});

const endless = () => zipFile({ "__main__.py": "while True: pass" }, "endless.pyz");

it("ends a run that takes too long, and says so", async () => {
  const { code, stderr } = await spawnCommand(["inspect", "--run", "--timeout", "1", endless()]);
  expect(code).toBe(2);
  expect(stderr).toContain("did not end within 1 s");
});

it("leaves no run behind when a signal ends it", async () => {
  const path = endless();
  const isRun = (pid: string) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words.includes("importtime") && words.includes(path);
    } catch {
      return false; // it has ended
    }
  };
  const runs = () => readdirSync("/proc").filter(isRun);
  const { code } = await spawnCommand(["inspect", "--run", path], {
    onSpawn: (child) => {
      const timer = setInterval(() => {
        if (runs().length === 0) return;
        clearInterval(timer);
        child.kill("SIGTERM");
      }, 100);
    },
  });
  expect(code).toBe(143);
  expect(runs()).toEqual([]);
});

it("measures the imports of a run in a process of its own", async () => {
  const { stdout, stderr } = await inspect("--run", bundle, "--json", "--", "a", "b");
  const { run } = JSON.parse(stdout);
  expect(run.exitCode).toBe(3);
  expect(stderr).toBe("out\n");
  const names: string[] = [];
  const walk = (node: { name: string; children: [] }) => {
    names.push(node.name);
    node.children.forEach(walk);
  };
  run.imports.forEach(walk);
  expect(names).toContain("json.decoder");
  expect(names).toContain("markupsafe._speedups");
});

it("writes a bill of materials, the same each time", async () => {
  const [one, two] = [join(tmpDir(), "a.json"), join(tmpDir(), "b.json")];
  await inspect("--sbom", one, bundle);
  await inspect("--sbom", two, bundle);
  const text = readFileSync(one, "utf8");
  expect(readFileSync(two, "utf8")).toBe(text);
  const sbom = JSON.parse(text);
  expect(sbom).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
  expect(sbom.serialNumber).toMatch(
    /^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  );
  const [markupsafe] = sbom.components;
  expect(markupsafe).toMatchObject({
    type: "library",
    name: "MarkupSafe",
    purl: "pkg:pypi/markupsafe@3.0.3",
    licenses: [{ expression: "BSD-3-Clause" }],
    hashes: [{ alg: "SHA-256" }],
  });
  expect(sbom.components.map(({ name }: { name: string }) => name)).toContain("cpython");
  const refs = sbom.components.map((one: Record<string, string>) => one["bom-ref"]);
  expect(new Set(refs).size).toBe(refs.length);
  expect(sbom.dependencies[0]).toEqual({ ref: "application", dependsOn: [markupsafe.purl] });
});

describe("the page", () => {
  it("stands alone and has every section", async () => {
    const html = join(tmpDir(), "out.html");
    await inspect("--run", "--html", html, bundle);
    const text = readFileSync(html, "utf8");
    expect(text).toMatch(/^<!doctype html>/);
    const titles = [...text.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);
    expect(titles).toEqual(["Sizes", "Audit", "Shared objects", "Licenses", "Imports of a run"]);
    expect(text.match(/<svg /g)).toHaveLength(3);
    expect(text).not.toMatch(/<script|<link|<img|@import|url\(|src=|href=/);
    expect(text).toContain("prefers-color-scheme: dark");
  });

  it("shows hostile names as text", async () => {
    const name = '<img src=x onerror="1">';
    const file = zipFile({
      [`${name}.py`]: "",
      "evil-1.dist-info/METADATA": `Name: ${name}\nVersion: 1\nLicense: <b>&amp;\n`,
      "evil-1.dist-info/RECORD": "",
    });
    const html = join(tmpDir(), "out.html");
    await inspect("--html", html, file);
    const text = readFileSync(html, "utf8");
    expect(text).toContain("&lt;img src=x onerror=&quot;1&quot;&gt;");
    expect(text).toContain("&lt;b&gt;&amp;amp;");
    expect(text).not.toContain("<img");
  });
});

it("takes one file alone", async () => {
  const { code, stderr } = await spawnCommand(["inspect", tmpDir()]);
  expect(stderr).toContain("no wheel in it");
  expect(code).toBe(2);
});

it("nests imports as -X importtime does", () => {
  const text = `import time: self [us] | cumulative | imported package
import time:        10 |         10 |     c
import time:        20 |         30 |   b
import time:         5 |          5 |   d
import time:        40 |         75 | a
something else
import time:         1 |          1 | e
`;
  const leaf = (name: string, self: number) => ({ name, self, total: self, children: [] });
  expect(parseImportTimes(text)).toEqual([
    {
      name: "a",
      self: 40,
      total: 75,
      children: [{ name: "b", self: 20, total: 30, children: [leaf("c", 10)] }, leaf("d", 5)],
    },
    leaf("e", 1),
  ]);
});
