// test/wheels/quick.test.ts: the small wheels of the matrix, and that the harness sees what it has to see.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Cell, runSubject } from "../../scripts/wheels/cells.mjs";
import { builtPython } from "../../scripts/wheels/prepare.mjs";
import { refusedTiers } from "../../scripts/wheels/refused.mjs";
import { findSubjects, pinned, type Subject } from "../../scripts/wheels/subjects.mjs";
import { tmpDir } from "../helpers/tmp.js";

const tiers = ["memfd", "mapped", "tmpfs", "extract", "auto"];

async function runTiers(subject: Subject, asked: string[]): Promise<Cell[]> {
  const refused = await refusedTiers(asked, process.execPath);
  return runSubject(subject, { pythonDir: builtPython(), tiers: asked, refused, extras: true });
}

/** markupsafe's wheel with another program. */
async function withProgram(program: string): Promise<Subject> {
  const subjects = await findSubjects();
  const subject = subjects.find(({ name }) => name === "markupsafe") as Subject;
  const dir = tmpDir("wheels");
  mkdirSync(dir, { recursive: true });
  const main = join(dir, "main.py");
  writeFileSync(main, program);
  return { ...subject, dir, main };
}

describe("the matrix", () => {
  it.each(["markupsafe", "numpy", "brotli", "pyyaml"])(
    "%s passes in every tier",
    { timeout: 300_000 },
    async (name) => {
      const subject = (await findSubjects()).find((each) => each.name === name) as Subject;
      const cells = await runTiers(subject, tiers);
      expect(cells.filter(({ outcome }) => outcome === "failed")).toEqual([]);
      expect(cells.map(({ run }) => run)).toEqual(["disk", ...tiers, "deflated", "launcher"]);
      const passed = cells.filter(({ outcome }) => outcome === "passed").map(({ run }) => run);
      expect(passed).toEqual(expect.arrayContaining(["memfd", "auto", "deflated", "launcher"]));
    },
  );

  it.each([
    [
      "another fact in memory",
      "import markupsafe._speedups, sys, json; print(json.dumps({'name': sys.executable}))",
      /facts that differ from disk's:\n {2}name: /,
    ],
    ["no native part", "print('{}')", /no shared object was loaded/],
    [
      "files that stay behind in memory only",
      "import sys, tempfile, markupsafe._speedups; '_inmem' in sys.modules and tempfile.mkstemp('.left'); print('{}')",
      /left in the temporary folder: .*\.left/,
    ],
    [
      "an exception in memory only",
      "import markupsafe._speedups, sys; print('{}'); assert '_inmem' not in sys.modules, 'why'",
      /ended with status 1\n[\s\S]*AssertionError: why/,
    ],
  ])("sees %s", async (_, program, reason) => {
    const cells = await runTiers(await withProgram(program), ["memfd"]);
    expect(cells.slice(0, 2)).toMatchObject([
      { run: "disk", outcome: "passed" },
      { run: "memfd", outcome: "failed", reason: expect.stringMatching(reason) },
    ]);
  });

  it("pins every wheel by version and hash", async () => {
    for (const subject of await findSubjects()) {
      expect(pinned(subject).length, subject.name).toBeGreaterThan(0);
      expect(subject.about, subject.name).not.toBe("");
    }
  });
});
