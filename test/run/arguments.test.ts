// test/run/arguments.test.ts: what a program sees of args, cwd and module.
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, failPython, jsonOf, py, runPython } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const show = (expression: string) => `import json, os, sys; print(json.dumps(${expression}))`;

describe("args", () => {
  it("become sys.argv[1:], behind the bundle's path", async () => {
    const path = zipFile({ "__main__.py": show("sys.argv") });
    const args = ["-m", "--x=1", "", "a b", "ünï 💡"];
    expect(await jsonOf(path, { args })).toEqual([path, ...args]);
  });

  it("are none by default, also after a run that had some", async () => {
    const source = show("sys.argv[1:]");
    await runPython(source, { args: ["left", "over"] });
    expect(await jsonOf(source)).toEqual([]);
  });

  it("show in sys.orig_argv behind the executable", async () => {
    const [executable, , last] = await jsonOf<string[]>(show("sys.orig_argv"), { args: ["z"] });
    expect(executable).toMatch(/\/inmem-launcher$/);
    expect(last).toBe("z");
  });

  it("keep what is not the basic plane; a lone surrogate becomes U+FFFD, as Node's UTF-8 does", async () => {
    const args = ["𝒳", "\u{10FFFF}", "a\uD800b"];
    expect(await jsonOf(show("[ascii(x) for x in sys.argv[1:]]"), { args })).toEqual([
      "'\\U0001d4b3'",
      "'\\U0010ffff'",
      "'a\\ufffdb'",
    ]);
  });

  it("may be many and long", async () => {
    const args = Array.from({ length: 5000 }, (_, i) => `${i}`.repeat(20));
    const source = show("[len(sys.argv) - 1, sys.argv[5000], sum(map(len, sys.argv[1:]))]");
    expect(await jsonOf(source, { args })).toEqual([5000, "4999".repeat(20), args.join("").length]);
  });
});

describe("cwd", () => {
  const where = show("[os.getcwd(), sorted(os.listdir('.'))]");

  it("is Python's own: relative paths resolve there, and Node's stays", async () => {
    const folder = realpathSync(tmpDir());
    mkdirSync(join(folder, "inner"));
    const before = process.cwd();
    expect(await jsonOf(where, { cwd: folder })).toEqual([folder, ["inner"]]);
    expect(process.cwd()).toBe(before);
  });

  it("is the process's by default, also after a run that had one or changed it", async () => {
    await runPython("import os; os.chdir('/')", { cwd: tmpDir() });
    expect(process.cwd()).not.toBe("/");
    expect(await jsonOf(show("os.getcwd()"))).toBe(process.cwd());
  });

  it("reaches other threads and children", async () => {
    const folder = realpathSync(tmpDir());
    const source = py`
      import json, os, subprocess, threading
      seen = []
      thread = threading.Thread(target=lambda: seen.append(os.getcwd()))
      thread.start(); thread.join()
      seen.append(subprocess.run(["pwd"], capture_output=True, text=True).stdout.strip())
      print(json.dumps(seen))
    `;
    expect(await jsonOf(source, { cwd: folder })).toEqual([folder, folder]);
  });

  it("that is no folder is refused with its name, and the next run works", async () => {
    const { error } = await failPython("pass", { cwd: "/nowhere/at/all" });
    expect(error.code).toBe("ERR_INMEM_NOT_FOUND");
    expect(error.message).toContain("/nowhere/at/all");
    expect(error.message).toContain("expected");
    expect((await runPython("print(1)")).stdout).toBe("1\n");
  });
});

describe("module", () => {
  const names = show("[__name__, __package__, __spec__.name, sys.argv, __file__]");
  const path = zipFile({
    "__main__.py": "print('not this')",
    "tool.py": names,
    "pkg/__init__.py": "print('init', __name__, flush=True)",
    "pkg/__main__.py": names,
    "pkg/sub.py": "from . import helper; print(helper.NAME)",
    "pkg/helper.py": "NAME = __name__",
    "plain/__init__.py": "",
  });

  it("runs a module as __main__, sys.argv[0] is its file", async () => {
    const file = `${path}/tool.py`;
    expect(await jsonOf(path, { module: "tool", args: ["a"] })).toEqual([
      "__main__",
      "",
      "tool",
      [file, "a"],
      file,
    ]);
  });

  it("runs a package's __main__ after its __init__", async () => {
    const { stdout } = await runPython(path, { module: "pkg" });
    const [first, second] = stdout.split("\n");
    expect(first).toBe("init pkg");
    const file = `${path}/pkg/__main__.py`;
    expect(JSON.parse(second ?? "")).toEqual(["__main__", "pkg", "pkg.__main__", [file], file]);
  });

  it("knows its package: relative imports work", async () => {
    const { stdout } = await runPython(path, { module: "pkg.sub" });
    expect(stdout).toContain("pkg.helper\n");
  });

  it("runs a stdlib module", async () => {
    const { stdout } = await runPython(path, { module: "json.tool", stdin: '{"a":1}' });
    expect(JSON.parse(stdout)).toEqual({ a: 1 });
  });

  it("runs from a bundle that has no __main__", async () => {
    const bundle = bundleOf({ "only.py": "print('only')" });
    expect((await runPython(bundle, { module: "only" })).stdout).toBe("only\n");
  });

  // `python -m` prints "No module named X" and ends with 1.
  it.each([
    ["absent", "No module named absent"],
    ["pkg.absent", "No module named pkg.absent"],
    ["plain", "No module named plain.__main__; 'plain' is a package"],
  ])("not found: %s ends as python -m does", async (module, message) => {
    const { exitCode, stderr } = await runPython(path, { module });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
  });
});
