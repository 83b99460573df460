// test/import/archives.test.ts: archives made by others: zipapps with a `#!` line, zip64, prefixes, comments.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { launch, py, runPython } from "../helpers/python.js";
import { tmpDir, tmpFile } from "../helpers/tmp.js";
import { makeZip, zipFile } from "../helpers/zip.js";

const program = { "__main__.py": "import mod; print(mod.X, __file__)", "mod.py": "X = 'ran'" };

describe("zipapps", () => {
  it("made by zipapp, with a #! line and compressed, run as they are", async () => {
    const folder = tmpDir();
    writeFileSync(join(folder, "mod.py"), "def main(): print('zipapp')");
    const target = join(tmpDir(), "app.pyz");
    launch([
      "-m",
      "zipapp",
      folder,
      "-o",
      target,
      "-p",
      "/usr/bin/env python3",
      "-m",
      "mod:main",
      "-c",
    ]);
    expect(readFileSync(target).subarray(0, 2).toString()).toBe("#!");
    expect((await runPython(target)).stdout).toBe("zipapp\n");
    expect((await runPython(readFileSync(target))).stdout).toBe("zipapp\n");
  });

  it.each([
    ["offsets from the archive's own start", false],
    ["offsets from the file's start", true],
  ])("behind a megabyte of other bytes: %s", async (_name, absolute) => {
    const prefix = Buffer.alloc(1 << 20, "#!self-extractor\n");
    const path = tmpFile("app.bin", makeZip(program, { prefix, absolute }));
    expect((await runPython(path)).stdout).toBe(`ran ${path}/__main__.py\n`);
  });

  it("with a comment, also one that looks like an end record", async () => {
    for (const comment of ["a comment", "PK\x05\x06 not the end", "x".repeat(65_000)]) {
      expect((await runPython(makeZip(program, { comment }))).stdout).toMatch(/^ran /);
    }
  });
});

describe("zip64", () => {
  it("records and extra fields are read", async () => {
    const entries = Object.entries(program).map(([name, data]) => ({ name, data, zip64: true }));
    expect((await runPython(makeZip(entries, { zip64: true }))).stdout).toMatch(/^ran /);
    expect(
      (await runPython(makeZip(entries, { zip64: true, prefix: "#!/bin/sh\n" }))).stdout,
    ).toMatch(/^ran /);
  });

  it("made by zipfile with force_zip64 runs", async () => {
    const path = zipFile({ "x.py": "" });
    const script = py`
      import sys, zipfile
      with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
          for name, text in (("__main__.py", "import mod; print(mod.X)"), ("mod.py", "X = 64")):
              with z.open(name, "w", force_zip64=True) as f: f.write(text.encode())
    `;
    launch(["-c", script, path]);
    expect((await runPython(path)).stdout).toBe("64\n");
  });

  it("of 70 000 entries opens and finds", async () => {
    const entries = Array.from({ length: 70_000 }, (_, i) => ({ name: `p/m${i}.py`, data: "" }));
    entries.push({ name: "p/last.py", data: "X = 'last'" });
    entries.unshift({ name: "__main__.py", data: "import p.last, p.m69999; print(p.last.X)" });
    expect((await runPython(makeZip(entries, { zip64: true }))).stdout).toBe("last\n");
  });
});

describe("entries", () => {
  it("with data descriptors (streamed zips) are read", async () => {
    const path = zipFile({ "x.py": "" });
    const script = py`
      import sys, zipfile
      class NoSeek:
          def __init__(self, f): self.f = f
          def write(self, b): return self.f.write(b)
          def flush(self): self.f.flush()
      with open(sys.argv[1], "wb") as f, zipfile.ZipFile(NoSeek(f), "w", zipfile.ZIP_DEFLATED) as z:
          z.writestr("__main__.py", "import mod; print(mod.X)"); z.writestr("mod.py", "X = 'streamed'")
    `;
    launch(["-c", script, path]);
    expect((await runPython(path)).stdout).toBe("streamed\n");
  });

  it("folders as entries of their own do no harm", async () => {
    const entries = [
      { name: "p/", data: "", mode: 0o040755 },
      { name: "p/__init__.py", data: "X = 1" },
      { name: "__main__.py", data: "import p; print(p.X)" },
    ];
    expect((await runPython(makeZip(entries))).stdout).toBe("1\n");
  });

  it("an empty __main__.py is a program", async () => {
    expect(await runPython({ "__main__.py": "" })).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
  });
});
