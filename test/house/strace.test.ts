// test/house/strace.test.ts: the count of written files counts: each way to make a file is seen, and what is none is not.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, straceFiles } from "../../scripts/strace.mjs";
import { cleanEnv, commandLine } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

async function trace(command: string[], cwd = tmpDir("strace")) {
  const seen = await straceFiles(command, { cwd, env: cleanEnv() });
  if (!seen) throw new Error("strace does not work here");
  return seen;
}

const written = async (script: string, cwd?: string) =>
  (await trace(["/bin/sh", "-c", script], cwd)).written.map(({ path }) => path);

describe("what a shell does", () => {
  it("counts nothing where nothing is written", async () => {
    expect(await written("cat /etc/passwd >/dev/null; echo x | cat")).toEqual([]);
  });

  it.each([
    ["a new file", "echo x > new", ["new"]],
    ["an old file", "echo x >> old", ["old"]],
    ["a folder", "mkdir folder", ["folder"]],
    ["a link", "ln -s old link", ["link"]],
    ["a FIFO", "mkfifo fifo", ["fifo"]],
    ["another name", "mv old renamed", ["renamed"]],
    ["a cut", "truncate -s 0 old", ["old"]],
    ["a child's", "(sh -c 'echo x > new')", ["new"]],
  ])("counts %s", async (_, script, expected) => {
    const dir = tmpDir("strace");
    writeFileSync(join(dir, "old"), "old");
    expect(await written(script, dir)).toEqual(expected);
  });

  it("tells what was refused apart", async () => {
    const { written: made, refused } = await trace([
      "/bin/sh",
      "-c",
      "echo x > /absent/file; true",
    ]);
    expect(made).toEqual([]);
    expect(refused.map(({ path }) => path)).toEqual(["/absent/file"]);
  });

  it("sees files of Python that are opened", async () => {
    const dir = tmpDir("strace");
    mkdirSync(join(dir, "site-packages"));
    writeFileSync(join(dir, "module.py"), "");
    writeFileSync(join(dir, "site-packages", "data.txt"), "");
    const { pythonFiles } = await trace(["cat", "module.py", "site-packages/data.txt"], dir);
    expect(pythonFiles.map(({ path }) => path)).toEqual(["module.py", "site-packages/data.txt"]);
  });
});

describe("a run", () => {
  const run = (program: string) =>
    trace([process.execPath, commandLine, "run", zipFile({ "__main__.py": program, "m.py": "" })]);

  it("writes nothing and opens no file of Python", async () => {
    const seen = await run("import m, json, ssl, sqlite3, decimal; print(1)");
    expect(seen.status).toBe(0);
    expect(seen.written).toEqual([]);
    expect(seen.pythonFiles).toEqual([]);
  });

  it("that writes is seen to", async () => {
    const { written: made } = await run("open('out.txt', 'w').close()");
    expect(made.map(({ path }) => path)).toEqual([expect.stringMatching(/out\.txt$/)]);
  });
});

describe("parse", () => {
  it("takes the call, the name, the flags and what was opened", () => {
    const line =
      'openat(AT_FDCWD</w>, "/proc/self/fd/9", O_RDWR|O_CLOEXEC) = 21</memfd:x (deleted)>\n';
    expect(parse(line)).toEqual([
      {
        call: "openat",
        path: "/proc/self/fd/9",
        real: "/memfd:x",
        flags: "O_RDWR|O_CLOEXEC",
        ok: true,
      },
    ]);
  });
});
