// test/cli/usage.test.ts: help, versions, and what is said about wrong use.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot, spawnCommand } from "../helpers/spawn-node.js";

describe("help", () => {
  it.each([["--help"], ["-h"], ["help"]])("%s lists the commands", async (word) => {
    const { code, stdout, stderr } = await spawnCommand([word]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const name of ["run", "python", "bundle", "bench", "doctor"])
      expect(stdout).toMatch(RegExp(`^  ${name} `, "m"));
  });

  it.each(["run", "bundle", "bench", "doctor"])(
    "%s --help tells its options and ends well",
    async (name) => {
      const { code, stdout } = await spawnCommand([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: inmem-python ${name}`);
    },
  );

  it("help python tells what is ours", async () => {
    const { code, stdout } = await spawnCommand(["help", "python"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--bundle <file>");
  });

  it("no word at all: the help, as a wrong use", async () => {
    const { code, stdout, stderr } = await spawnCommand([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: inmem-python");
  });
});

describe("--version", () => {
  it.each(["--version", "-V"])("%s begins with ours", async (word) => {
    const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
    const { code, stdout } = await spawnCommand([word]);
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toBe(`inmem-python ${version}`);
  });

  it("tells Python's and OpenSSL's", async () => {
    const { stdout } = await spawnCommand(["--version"]);
    expect(stdout).toMatch(/^Python 3\.13\.\d+$/m);
    expect(stdout).toMatch(/^OpenSSL 3\.\d+\.\d+/m);
  });
});

describe("wrong use ends with 2, says what, and suggests", () => {
  it.each([
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["runn", "x.pyz"], "Did you mean run?"],
    [["--frob"], "unknown option '--frob'"],
    [["run"], "missing required argument 'bundle'"],
    [["run", "--frob", "x.pyz"], "unknown option '--frob'"],
    [["run", "--repor", "x.pyz"], "Did you mean --report?"],
    [["run", "--load=fast", "x.pyz"], "Allowed choices are auto, mapped, memfd, tmpfs, extract"],
    [["run", "--report=xml", "x.pyz"], "Allowed choices are table, json"],
    [["run", "-m"], "argument missing"],
    [["bundle", "numpy"], "no output (expected -o FILE)"],
    [
      ["bundle", "-o", "x.pyz"],
      "nothing to bundle (expected requirements, a folder with an inmem.toml, -r FILE",
    ],
    [["python", "--bundle"], "argument missing"],
  ])("%j", async (words, message) => {
    const { code, stdout, stderr } = await spawnCommand(words);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});
