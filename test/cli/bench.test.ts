// test/cli/bench.test.ts: `inmem-python bench` measures what it says, and tells why where it cannot.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BenchResult } from "../../lib/measure/bench.js";
import { diskPython } from "../helpers/disk-python.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

// Leaves a file of five bytes behind, and takes a fifth of a second of which the half is work.
const PROGRAM = `
import os, sys, tempfile, time
if sys.argv[1:] == ["fail"]:
    sys.exit("the program's own words")
if sys.argv[1:] == ["stay"]:
    time.sleep(60)
with open(os.path.join(tempfile.gettempdir(), "left"), "w") as file:
    file.write("12345")
end = time.process_time() + 0.1
while time.process_time() < end:
    pass
time.sleep(0.1)
`;

const bundle = () => zipFile({ "__main__.py": PROGRAM, "data/words.txt": "0123456789" });
const quick = ["--runs", "2", "--processes", "2"];
const bench = (...args: string[]) => spawnCommand(["bench", ...args]);

describe("inmem-python bench", () => {
  it("measures time, memory and files of each way, and leaves nothing behind", async () => {
    const html = join(tmpDir(), "page.html");
    const ways = [
      "--way",
      "extract",
      "--way",
      "extract-cached",
      "--way",
      "memfd",
      "--way",
      "python",
    ];
    const places = ["--python", diskPython(), "--html", html];
    const temporary = tmpDir();
    const { code, stdout, stderr } = await spawnCommand(
      ["bench", ...quick, ...ways, ...places, "--json", bundle()],
      { env: { TMPDIR: temporary } },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const result = JSON.parse(stdout) as BenchResult;
    expect(result.ways.map(({ way }) => way)).toEqual([
      "extract",
      "extract-cached",
      "memfd",
      "python",
    ]);
    for (const way of result.ways) {
      expect(way.run.n).toBe(2);
      expect(way.run.min - way.start.min).toBeGreaterThan(190);
      expect(way.cpu.min).toBeGreaterThan(100);
      expect(way.start.min).toBeGreaterThan(0);
      expect(way.peakBytes.min).toBeGreaterThan(2 ** 22);
      expect(way.pssBytes).toBeGreaterThan(2 ** 22);
    }
    const written = result.ways.map(({ written: { files, bytes } }) => [files, bytes]);
    const extracted = [3, Buffer.byteLength(PROGRAM) + 10 + 5];
    expect(written).toEqual([extracted, [1, 5], [1, 5], [1, 5]]);
    expect(result.ways[0]?.ratio).toBe(1);
    expect(readdirSync(temporary)).toEqual([]);
    const page = readFileSync(html, "utf8");
    for (const { way } of result.ways) expect(page).toContain(`>${way}</text>`);
    expect(page).not.toMatch(/NaN|undefined|https?:\/\/(?!www\.w3\.org)/);
  });

  it("prints a table for people", async () => {
    const { code, stdout } = await bench(
      "--runs",
      "1",
      "--processes",
      "0",
      "--way",
      "mapped",
      bundle(),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^way +start +run +least - most +ratio +CPU +peak +files written/m);
    expect(stdout).toMatch(/^mapped +[\d.]+ ms +[\d.]+ ms .* 1\.00 /m);
    expect(stdout).toContain("Medians of 1 runs each");
  });

  it("a program that fails: which way, and what it said", async () => {
    const { code, stdout, stderr } = await bench("--runs", "1", bundle(), "fail");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(
      "ERR_INMEM_BENCH: the program failed: exit status 1, extracted to a new",
    );
    expect(stderr).toContain("the program's own words");
  });

  it("a program that does not end: stopped, and told what to do", async () => {
    const { code, stderr } = await bench("--timeout", "1", "--way", "memfd", bundle(), "stay");
    expect(code).toBe(2);
    expect(stderr).toContain(
      "did not end within 1 s (expected a program that ends; give it the arguments",
    );
  });

  it("a zip that would write outside of the folder that it is extracted to", async () => {
    const outside = tmpDir("outside");
    const entries = [
      { name: "__main__.py", data: "print(1)" },
      { name: "out", data: outside, mode: 0o120777 },
      { name: "out/pwned.txt", data: "pwned" },
    ];
    const { code, stderr } = await bench(
      "--way",
      "extract-cached",
      ...quick,
      zipFile(entries, "evil.pyz"),
    );
    expect(readdirSync(outside)).toEqual([]);
    expect(code).toBe(2);
    expect(stderr).toContain("entry out/pwned.txt is below out, a symbolic link");
  });

  it("a time limit beyond what a timer can be, as no limit", async () => {
    const { code } = await bench("--timeout", "1e9", "--way", "memfd", "--runs", "1", bundle());
    expect(code).toBe(0);
  });

  it("no python that can be started", async () => {
    const { code, stderr } = await bench("--way", "python", "--python", "/absent/python", bundle());
    expect(code).toBe(2);
    expect(stderr).toContain("spawn /absent/python ENOENT");
    expect(existsSync("/absent")).toBe(false);
  });

  it("the way python without a python, an unknown way, no bundle", async () => {
    const none = await bench("--way", "python", bundle());
    expect(none.stderr).toContain(
      "no way of running is left to measure (python: no python was given)",
    );
    const unknown = await bench("--way", "docker", bundle());
    expect(unknown.stderr).toContain("expected one of extract, extract-cached, mapped, memfd");
    const absent = await bench("/absent.pyz");
    expect(absent.stderr).toContain("ERR_INMEM_NOT_FOUND");
    expect([none.code, unknown.code, absent.code]).toEqual([2, 2, 2]);
  });
});
