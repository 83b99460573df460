// test/bad-input/paths.test.ts: paths that lead to no archive.
import { execFileSync } from "node:child_process";
import { chmodSync, ftruncateSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { api, bundleOf, failPython, py, runPython } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { tmpDir, tmpFile } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

async function refused(path: string, code: string, ...words: (string | RegExp)[]) {
  const { error } = await failPython(path);
  expect(error).toBeInstanceOf(api.InmemError);
  expect(error.name).toBe("InmemError");
  expect(error.code).toBe(code);
  expect(error.message).toContain(path);
  for (const word of words) expect(error.message).toMatch(word);
  expect((await runPython("print('next')")).stdout).toBe("next\n");
}

describe("a path that is", () => {
  it("absent", () => refused("/nowhere/app.pyz", "ERR_INMEM_NOT_FOUND", /expected/));

  it("below a file", async () => {
    const path = join(zipFile({ "__main__.py": "" }), "inner.pyz");
    await refused(path, "ERR_INMEM_NOT_FOUND");
  });

  it("a link to nowhere, or in a circle", async () => {
    const link = join(tmpDir(), "link");
    symlinkSync("/nowhere", link);
    await refused(link, "ERR_INMEM_NOT_FOUND");
    const circle = join(tmpDir(), "circle");
    symlinkSync(circle, circle);
    const { error } = await failPython(circle);
    expect(["ERR_INMEM_NOT_FOUND", "ERR_INMEM_UNREADABLE"]).toContain(error.code);
    expect(error.message).toContain(circle);
  });

  it("a folder without wheels", () => refused(tmpDir(), "ERR_INMEM_NOT_A_FILE", /expected/));

  it("a FIFO: at once, without waiting for a writer", async () => {
    const path = join(tmpDir(), "fifo");
    execFileSync("mkfifo", [path]);
    await refused(path, "ERR_INMEM_NOT_A_FILE", /FIFO|pipe/i, /expected/);
  });

  it("a device", async () => {
    await refused("/dev/null", "ERR_INMEM_NOT_A_FILE", /expected/);
    await refused("/dev/zero", "ERR_INMEM_NOT_A_FILE");
  });

  it("a socket", async () => {
    const path = join(tmpDir(), "socket");
    const server = createServer().listen(path);
    await new Promise((done) => server.once("listening", done));
    const { error } = await failPython(path);
    server.close();
    expect(["ERR_INMEM_NOT_A_FILE", "ERR_INMEM_UNREADABLE"]).toContain(error.code);
  });

  // Skipped for root, who reads every file; the next one is root's.
  it.runIf(process.getuid?.() !== 0)("unreadable", async () => {
    const path = zipFile({ "__main__.py": "" });
    chmodSync(path, 0);
    await refused(path, "ERR_INMEM_UNREADABLE", /[Pp]ermission denied/);
  });

  // Skipped for others, who cannot become nobody; the one before is theirs.
  it.runIf(process.getuid?.() === 0)("unreadable, for root by becoming nobody", async () => {
    const folder = tmpDir();
    chmodSync(folder, 0o711);
    const path = join(folder, "app.pyz");
    writeFileSync(path, bundleOf("print(1)"));
    chmodSync(path, 0o600);
    // The binary is loaded first: nobody may not be able to read the checkout.
    const source = `
      require("inmem-python").version.python;
      process.setuid(65534);
      require("inmem-python").run(process.argv[2]).catch((e) => console.log(e.code, e.message));`;
    const { stdout } = await spawnNode(source, { args: [path] });
    expect(stdout).toMatch(/^ERR_INMEM_UNREADABLE .*app\.pyz.*[Pp]ermission denied/);
  });

  it("too long", async () => {
    const path = `/${"x".repeat(5000)}`;
    const { error } = await failPython(path);
    expect(["ERR_INMEM_NOT_FOUND", "ERR_INMEM_UNREADABLE"]).toContain(error.code);
  });
});

describe("a file that changes under us", () => {
  it("truncated between open and a late import: an error that says so, no SIGBUS", async () => {
    const path = zipFile({
      "__main__.py": py`
        import os, sys
        os.truncate(sys.argv[0], 150)
        try: import late
        except ImportError as e: print(type(e).__name__, e.inmem_code, e)
        import json; print(json.dumps("goes on"))
      `,
      "late.py": `X = 1\n${"#".repeat(100_000)}`,
    });
    const { stdout } = await runPython(path);
    expect(stdout).toMatch(/^ImportError ERR_INMEM_FILE_CHANGED .*app\.pyz.*late\.py/);
    expect(stdout).toContain('"goes on"');
    expect((await runPython("print('next')")).stdout).toBe("next\n");
  });

  it("truncated, and nobody catches it: PythonError with the code", async () => {
    const path = zipFile({
      "__main__.py": "import os, sys\nos.truncate(sys.argv[0], 0)\nimport late",
      "late.py": "X = 1",
    });
    const { error } = await failPython(path);
    expect(error).toMatchObject({ type: "ImportError", code: "ERR_INMEM_FILE_CHANGED" });
    expect(error).toBeInstanceOf(api.PythonError);
  });

  it("truncated between two runs: the second sees what is there", async () => {
    const path = zipFile({ "__main__.py": "print('ran')" });
    expect((await runPython(path)).stdout).toBe("ran\n");
    ftruncateSync(openSync(path, "r+"), 60);
    await refused(path, "ERR_INMEM_NOT_ZIP");
  });

  it("rewritten in place with other bytes: never a crash, the CRC tells", async () => {
    const late = `X = 1\n${"#".repeat(50_000)}`;
    const files = { "__main__.py": "", "late.py": late };
    const path = zipFile({
      ...files,
      "__main__.py": py`
        import sys
        with open(sys.argv[0], "r+b") as f:
            f.seek(5000); f.write(b"?" * 20000)
        try: import late
        except ImportError as e: print(e.inmem_code, e)
      `,
    });
    expect((await runPython(path)).stdout).toMatch(/^ERR_INMEM_BAD_CRC .*late\.py/);
  });

  it("deleted during the run: goes on, since it is open", async () => {
    const path = zipFile({
      "__main__.py": "import os, sys\nos.unlink(sys.argv[0])\nimport late; print(late.X)",
      "late.py": "X = 'still there'",
    });
    expect((await runPython(path)).stdout).toBe("still there\n");
    await refused(path, "ERR_INMEM_NOT_FOUND");
  });

  it("a folder of wheels in which one is no zip names that one", async () => {
    const folder = tmpDir();
    mkdirSync(join(folder, "ignored"));
    writeFileSync(join(folder, "bad-1.0-py3-none-any.whl"), "not a zip");
    const { error } = await failPython(folder);
    expect(error.code).toBe("ERR_INMEM_NOT_ZIP");
    expect(error.message).toContain("bad-1.0-py3-none-any.whl");
  });

  it("text and other formats are no zip", async () => {
    for (const content of [
      "print('a script')",
      "\x7fELF\x02\x01\x01",
      "\x1f\x8b\x08",
      "PK\x03\x04",
      "",
    ]) {
      await refused(tmpFile("app.pyz", content), "ERR_INMEM_NOT_ZIP", /expected/);
    }
  });
});
