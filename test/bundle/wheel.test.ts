// test/bundle/wheel.test.ts: wheels are taken as the format says, or refused with a reason.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scriptsIn } from "../../lib/bundle/entry-points.js";
import { parseRecord, renameInRecord } from "../../lib/bundle/record.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";
import { dist, recordRow, writeWheel } from "./support.js";

const INFO = "x-1.0.dist-info";
const GOOD: Readonly<Record<string, string>> = {
  "x.py": "1\n",
  [`${INFO}/METADATA`]: "Metadata-Version: 2.1\nName: x\nVersion: 1.0\n",
  [`${INFO}/WHEEL`]: "Wheel-Version: 1.0\nTag: py3-none-any\n",
};

type Files = Readonly<Record<string, string>>;

const open = (path: string) => dist.wheel().openWheel(path, "3.13");

/** A wheel of just these files; `record` is its RECORD. */
function wheelOf(files: Files, record = recordOf(files), name = "x-1.0-py3-none-any.whl"): string {
  const path = join(tmpDir(), name);
  writeFileSync(path, makeZip({ ...files, [`${INFO}/RECORD`]: record }));
  return path;
}

function recordOf(files: Files): string {
  const rows = Object.entries(files).map(([name, content]) => recordRow(name, content));
  return `${rows.join("")}${INFO}/RECORD,,\n`;
}

describe("openWheel", () => {
  it("spreads NAME.data as an installer does, and RECORD says so", async () => {
    const path = await writeWheel(tmpDir(), "parts", {
      "parts-1.0.data/purelib/pure.py": "",
      "parts-1.0.data/data/etc/a, b.txt": "x",
      "parts-1.0.data/scripts/tool": "#!python\n",
      "other-1.0.data/scripts/kept": "",
    });
    const { files } = await open(path);
    const names = files.map(({ name }) => name);
    expect(names).toContain("pure.py");
    expect(names).toContain("inmem.prefix/etc/a, b.txt");
    expect(names).toContain("inmem.prefix/bin/tool");
    expect(names).toContain("other-1.0.data/scripts/kept");
    const record =
      files
        .find(({ name }) => name.endsWith("/RECORD"))
        ?.read()
        .toString() ?? "";
    const rows = parseRecord(record);
    expect(rows.map((row) => row.path).sort()).toEqual([...names].sort());
    const tool = createHash("sha256").update("#!python\n").digest("hex");
    expect(rows.find((row) => row.path === "inmem.prefix/bin/tool")?.digest).toBe(tool);
  });

  it("knows the console and gui scripts", async () => {
    const path = await writeWheel(tmpDir(), "told", {
      "told-1.0.dist-info/entry_points.txt":
        "[console_scripts]\nfirst = told.cli:main\nsecond=told : run [extra]\n; no = x:y\n" +
        "[other]\nthird = told:third\n[gui_scripts]\nwindow = told.gui:App.main\n",
    });
    const { scripts } = await open(path);
    expect([...scripts]).toEqual([
      ["first", "told.cli:main"],
      ["second", "told:run"],
      ["window", "told.gui:App.main"],
    ]);
  });

  it("takes hashes that are stronger", async () => {
    const digest = createHash("sha512").update("1\n").digest("base64url");
    const record = recordOf(GOOD).replace(/^x\.py,[^\n]*/, `x.py,sha512=${digest},2`);
    const { files } = await open(wheelOf(GOOD, record));
    expect(
      files
        .find(({ name }) => name === "x.py")
        ?.read()
        .toString(),
    ).toBe("1\n");
    const wrong = await open(wheelOf({ ...GOOD, "x.py": "2\n" }, record));
    expect(() => wrong.files.find(({ name }) => name === "x.py")?.read()).toThrow("sha512");
  });

  const without = (name: string) =>
    Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== `${INFO}/${name}`));
  it.each<[string, Files, string | undefined, RegExp]>([
    ["no METADATA", without("METADATA"), undefined, /no x-1\.0\.dist-info\/METADATA/],
    ["no WHEEL", without("WHEEL"), undefined, /no x-1\.0\.dist-info\/WHEEL/],
    ["an extra file", { ...GOOD, "y.py": "" }, recordOf(GOOD), /y\.py is in the wheel and not/],
    ["a missing file", GOOD, recordOf({ ...GOOD, "y.py": "" }), /RECORD names y\.py, which is/],
    ["no hash", GOOD, recordOf(GOOD).replace(/^x\.py.*/, "x.py,,"), /no hash for x\.py/],
    ["a weak hash", GOOD, recordOf(GOOD).replace(/^x\.py.*/, "x.py,md5=AA,2"), /the hash md5/],
    ["no CSV", GOOD, 'a"b,,\n', /no CSV at its character/],
    ["four cells", GOOD, "a,b,c,d\n", /has 4 cells/],
    ["a new format", { ...GOOD, [`${INFO}/WHEEL`]: "Wheel-Version: 2.0\n" }, undefined, /2\.0/],
    ["an unknown scheme", { ...GOOD, "x-1.0.data/mad/a": "" }, undefined, /\.data\/mad\/a \(exp/],
    ["two of them", { ...GOOD, "y-1.dist-info/METADATA": "" }, undefined, /both x-1\.0\.dist-info/],
    ["another name", { ...GOOD, [`${INFO}/METADATA`]: "Name: z\nVersion: 1\n" }, undefined, /: z/],
  ])("refuses a wheel with %s", async (_, files, record, message) => {
    await expect(open(wheelOf(files, record))).rejects.toMatchObject({
      code: "ERR_INMEM_BUNDLER",
      message: expect.stringMatching(message),
    });
  });

  it("refuses names that lead out of it", async () => {
    for (const name of ["../evil.py", "/evil.py", "a/../../evil.py"]) {
      await expect(open(wheelOf({ ...GOOD, [name]: "" }))).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_INMEM_/),
        message: expect.stringContaining("evil.py"),
      });
    }
  });

  it("refuses a file name that is no wheel's", async () => {
    await expect(open(wheelOf(GOOD, undefined, "x.whl"))).rejects.toThrow("the name has no tags");
  });
});

describe("RECORD", () => {
  it("is read and written with quotes, as CSV has them", () => {
    const text = '"a,b.py",sha256=AA,1\r\n"say ""x""",,\n\nplain,,';
    const rows = parseRecord(text);
    expect(rows.map(({ path }) => path)).toEqual(["a,b.py", 'say "x"', "plain"]);
    const written = renameInRecord(rows, (path) => path).toString();
    expect(written).toBe('"a,b.py",sha256=AA,1\n"say ""x""",,\nplain,,\n');
  });

  it("ignores what is no script", () => {
    expect(scriptsIn("x = a:b\n[console_scripts]\nbroken\n= a:b\nno target =\n").size).toBe(0);
  });
});
