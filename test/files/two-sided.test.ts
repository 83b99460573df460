// test/files/two-sided.test.ts: data files beside a program, from disk by the stock interpreter and from a bundle by ours.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { diskPython } from "../helpers/disk-python.js";
import { bundleOf, py, runPython } from "../helpers/python.js";
import { commandLine, packageRoot } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

type Facts = Record<string, unknown>;

let folder: string;
let bundle: string;
let disk: Facts;

function facts(program: string, args: readonly string[]): Facts {
  const scratch = tmpDir("scratch");
  return JSON.parse(
    execFileSync(program, [...args, scratch], { encoding: "utf8", timeout: 60_000 }),
  ) as Facts;
}

describe("data files of a program", () => {
  beforeAll(() => {
    const root = tmpDir("files");
    mkdirSync(root, { recursive: true });
    folder = join(root, "app");
    bundle = join(root, "app.pyz");
    const make = join(import.meta.dirname, "make_tree.py");
    execFileSync(diskPython(), ["-I", make, join(import.meta.dirname, "app"), folder, bundle]);
    disk = facts(diskPython(), ["-I", "-X", "utf8", folder]);
    // So that the temporary folder can be removed.
    for (const name of ["", "data", "data/deep", "data/deep/deeper", "data/empty"]) {
      chmodSync(join(folder, name), 0o755);
    }
  }, 120_000);

  it("have facts on disk that are no faults of the suite", () => {
    expect(Object.keys(disk).length).toBeGreaterThan(25);
    const faults = Object.entries(disk).filter(
      ([, value]) => typeof value === "string" && /^\w+Error/.test(value),
    );
    expect(faults).toEqual([]);
  });

  it("are the same in Node", () => {
    expect(facts(process.execPath, [commandLine, "run", bundle])).toEqual(disk);
  });

  it("are the same in the launcher", () => {
    const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
    expect(facts(launcher, ["-X", "utf8", bundle])).toEqual(disk);
  });

  it("are the same from a Buffer, but for what leads to the bundle's own file", async () => {
    const source = py`
      import runpy, sys, os, io, contextlib
      sys.argv = ["x", ${JSON.stringify(tmpDir("scratch"))}]
      runpy.run_path(os.path.dirname(__file__) + "/program.py", run_name="__main__")
    `;
    const files = { "__main__.py": source, "program.py": "print(open(__file__).read()[:5])" };
    const { stdout } = await runPython(bundleOf(files));
    expect(stdout).toBe("print\n");
  });
});

describe("writing below a bundle", () => {
  it("is refused as by a read-only file system", async () => {
    const { stdout } = await runPython(py`
      import errno, os, shutil, tempfile
      here = os.path.dirname(__file__)
      own, new = __file__, here + "/new"
      calls = [
          lambda: open(own, "w"), lambda: open(own, "r+"), lambda: open(own, "a"), lambda: open(new, "w"),
          lambda: os.mkdir(new), lambda: os.unlink(own), lambda: os.rename(own, new), lambda: os.chmod(own, 0o777),
          lambda: os.utime(own), lambda: os.truncate(own, 0), lambda: os.symlink("x", new), lambda: os.mkfifo(new),
          lambda: os.chown(own, 0, 0), lambda: shutil.copy("/proc/version", new), lambda: tempfile.mkstemp(dir=here),
          lambda: os.setxattr(own, "user.x", b"y"), lambda: os.mknod(new),
      ]
      for call in calls:
          try:
              call()
              print("done")
          except OSError as error:
              print(errno.errorcode[error.errno])
      for call in (lambda: open(own, "x"), lambda: os.mkdir(own), lambda: os.link(own, "/tmp/inmem-new")):
          try:
              call()
              print("done")
          except OSError as error:
              print(errno.errorcode[error.errno])
      print(os.access(own, os.W_OK), os.statvfs(own).f_flag & os.ST_RDONLY)
    `);
    const expected = [...Array(17).fill("EROFS"), "EEXIST", "EEXIST", "EXDEV", "False 1"];
    expect(stdout.trimEnd().split("\n")).toEqual(expected);
  });
});

describe("docs/virtual-files.md", () => {
  it("has each function once, and no other", () => {
    const list = readFileSync(join(packageRoot, "native", "files", "functions.def"), "utf8");
    const names = [...list.matchAll(/^INMEM_FILE\((\w+)\)/gm)].map((match) => match[1] as string);
    const page = readFileSync(join(packageRoot, "docs", "virtual-files.md"), "utf8");
    const table = page.split("## Functions\n")[1]?.split("\n## ")[0] ?? "";
    const rows = [...table.matchAll(/^\| (`.+?`) \|/gm)].map((match) => match[1] as string);
    const told = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map((match) => match[1]));
    expect(names.length).toBeGreaterThan(90);
    expect([...told].sort()).toEqual([...names].sort());
  });
});
