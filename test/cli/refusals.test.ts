// test/cli/refusals.test.ts: flags that would have no effect, and paths that cannot be: told in one sentence, before the work.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { commandLine, spawnCommand, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const bundle = zipFile({ "__main__.py": "print('ran')" });
const nowhere = join(tmpDir(), "no", "such");
const folder = tmpDir();
const source = join(tmpDir(), "app.py");
writeFileSync(source, "");
const OUTPUT = "ERR_INMEM_OUTPUT";
const long = "x".repeat(300);

describe("inmem-python", () => {
  it.each([
    [["run", "--refresh", bundle], "--refresh"],
    [["run", "--process", "--grace", "1", bundle], "--grace"],
    [["run", "--process", "--signals", "node", bundle], "--signals"],
    [["run", "--verify-full", bundle], "--verify-full needs --verify"],
    [["inspect", bundle, "extra"], "extra"],
    [["run", long], "ERR_INMEM_UNREADABLE"],
    [["bench", "--html", nowhere, bundle], OUTPUT],
    [["bench", "--html", folder, bundle], OUTPUT],
    [["inspect", "--html", nowhere, bundle], OUTPUT],
    [["inspect", "--sbom", folder, bundle], OUTPUT],
    [["audit", "--sarif", nowhere, bundle], OUTPUT],
    [["audit", "--sarif", "/dev/full", bundle], OUTPUT],
    [["bundle", "--main", source, "-o", nowhere], OUTPUT],
    [["bundle", "--main", source, "-o", folder], OUTPUT],
    [["bundle", "--main", source, "-o", "/dev/full"], OUTPUT],
    [["bundle", "missing.py", "-o", nowhere], "cannot read missing.py"],
    [["bundle", "requirments.txt", "-o", nowhere], "cannot read requirments.txt"],
    [["bundle", bundle, "-o", nowhere], `--from ${bundle}`],
    [["keygen", nowhere], OUTPUT],
    [["symbols", String(process.pid), join(bundle, "below")], OUTPUT],
    [["symbols", "99999999", folder], "ERR_INMEM_NOT_FOUND"],
  ])("%j: %s", async (args, told) => {
    const { code, stdout, stderr } = await spawnCommand(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(told);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe("where the working directory is gone", () => {
  const there = (...words: string[]) => {
    const start = 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"';
    const place = join(tmpDir(), "gone");
    return spawnProcess("sh", ["-c", start, place, process.execPath, commandLine, ...words]);
  };

  it("what is named by an absolute path runs", async () => {
    expect(await there("run", bundle)).toMatchObject({ code: 0, stdout: "ran\n", stderr: "" });
    expect(await there("python", "-c", "print(1)")).toMatchObject({ code: 0, stdout: "1\n" });
  });

  it.each([
    ["run", "app.pyz"],
    ["bundle", "--main", source, "-o", "app.pyz"],
    ["python", "--bundle", "app.pyz", "-c", "pass"],
  ])("%s with a relative one says so", async (...words) => {
    const { code, stderr } = await there(...words);
    expect(code).toBe(2);
    expect(stderr).toContain("the working directory is gone (expected");
    expect(stderr).not.toContain("    at ");
  });
});

describe("the API", () => {
  it("refuses an unknown option of loadSharedObject() by name", () => {
    const load = () => api.loadSharedObject(join(bundle, "x.so"), { globl: true } as never);
    expect(load).toThrow(/unknown option globl/);
  });

  it("tells by its code that symbols cannot be written", () => {
    const write = () => api.writeSymbols(join(bundle, "below a file"));
    expect(write).toThrow(expect.objectContaining({ code: OUTPUT }));
  });
});
