// test/import/semantics.test.ts: the table in docs/import-semantics.md, row by row, in both interpreters.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { api } from "../helpers/python.js";
import { packageRoot } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";

interface Row {
  expression: string;
  stock: string;
  here: string;
}

function rows(): Row[] {
  const page = readFileSync(join(packageRoot, "docs", "import-semantics.md"), "utf8");
  const section = page.split("## What differs")[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| `(.+?)` \| `(.+?)` \| `(.+?)` \|/gm)].map((match) => ({
    expression: match[1] as string,
    stock: match[2] as string,
    here: match[3] as string,
  }));
}

/** The Python that the addon was linked with. */
function pythonFolder(): string {
  const cache = readFileSync(join(packageRoot, "build", "CMakeCache.txt"), "utf8");
  return /^INMEM_PYTHON_DIR:\w+=(.*)$/m.exec(cache)?.[1] ?? "";
}

function program(table: Row[]): string {
  const expressions = JSON.stringify(table.map((row) => row.expression));
  return `import importlib.util, json, os, sys
for expression in ${expressions}:
    print(repr(eval(expression)))
`;
}

describe("docs/import-semantics.md", () => {
  const table = rows();
  const bundle = join(tmpDir(), "rows.pyz");
  writeFileSync(bundle, makeZip([{ name: "__main__.py", data: program(table) }]));

  test("has rows", () => {
    expect(table.length).toBeGreaterThan(10);
  });

  test("the stock interpreter answers as the page says", () => {
    const stock = join(pythonFolder(), "disk", "bin", "python3");
    const env = { PATH: "/usr/bin:/bin", LANG: "en_US.UTF-8", LC_ALL: "" };
    const text = execFileSync(stock, [bundle], { env: { ...env, PYTHONUTF8: "0" } });
    const answers = String(text).trimEnd().split("\n");
    expect(table.map((row, i) => [row.expression, answers[i]])).toEqual(
      table.map((row) => [row.expression, row.stock]),
    );
  });

  test("run() answers as the page says", async () => {
    let text = "";
    await api.run(bundle, { stdout: (chunk) => (text += String(chunk)) });
    const answers = text.trimEnd().split("\n");
    expect(table.map((row, i) => [row.expression, answers[i]])).toEqual(
      table.map((row) => [row.expression, row.here]),
    );
  });
});
