// test/loader/debuggers.long.test.ts: the real gdb and the real perf name functions of a bundle's library.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureSystemPackages, which } from "../../scripts/common/system-packages.mjs";
import { api, py } from "../helpers/python.js";
import { sharedObject } from "../helpers/shared-object.js";
import { cleanEnv, commandLine, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const library = sharedObject(
  "libburn",
  `__attribute__((noinline)) double burn_cycles(long n) {
     volatile double x = 1;
     for (long i = 0; i < n; i++) x = x * 1.0000001 + 0.5;
     return x;
   }
   double entry_point(void) { double sum = 0; for (;;) sum += burn_cycles(1000000); return sum; }`,
  ["-g", "-O1"],
);

const pageBytes = 4096;
const bundle = zipFile([
  {
    name: "__main__.py",
    data: py`
      import ctypes, os
      library = ctypes.CDLL(os.path.join(os.path.dirname(__file__), "pkg/libburn.so"))
      print("ready", flush=True)
      library.entry_point()
    `,
  },
  { name: "pkg/libburn.so", data: library, align: pageBytes },
]);
const object = `${bundle}/pkg/libburn.so`;

/** A run that goes on until it is killed. */
async function burning(...options: string[]): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, [commandLine, "run", ...options, bundle], {
    env: cleanEnv(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("exit", () => reject(new Error("the run ended")));
  });
  return child as ChildProcess & { pid: number };
}

const output = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

describe.each(["memfd", "auto"])("a run with --load %s", { timeout: 180_000 }, (tier) => {
  const folder = join(tmpDir("symbols"), "new");
  let child: ChildProcess & { pid: number };
  let told: string;

  beforeAll(async () => {
    await ensureSystemPackages([{ program: "gdb", package: "gdb" }]);
    child = await burning("--load", tier);
    const { code, stdout, stderr } = await spawnCommand(["symbols", String(child.pid), folder]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    told = stdout;
  }, 180_000);

  afterAll(() => child?.kill("SIGKILL"));

  it("the command writes the object as it is in the bundle, and tells the use", () => {
    expect(readFileSync(join(folder, "objects", object))).toEqual(library);
    expect(told).toContain(`gdb -p ${child.pid} -x ${folder}/gdb-commands`);
    expect(/mapped from the bundle/.test(told)).toBe(tier === "auto");
  });

  it("gdb's backtrace has the functions and lines", () => {
    const script = join(folder, "gdb-commands");
    const text = output(
      "gdb",
      ...["-nx", "-batch", "-p", String(child.pid), "-x", script, "-ex", "thread apply all bt 3"],
    );
    expect(text).toMatch(/burn_cycles \(n=.*\) at libburn\.c:\d+/);
    expect(text).toMatch(/entry_point \(\) at libburn\.c:\d+/);
  });
});

describe("perf", { timeout: 180_000 }, () => {
  it.for([
    { tier: "memfd", file: "libburn.so" },
    { tier: "mapped", file: basename(bundle) },
  ])("reports the functions with --symfs, --load $tier", async ({ tier, file }, { skip }) => {
    await ensureSystemPackages([{ program: "perf", package: "linux-perf" }]);
    expect(which("perf")).toBeDefined();
    const folder = tmpDir("perf");
    const data = join(folder, "perf.data");
    const child = await burning("--load", tier);
    try {
      const pid = String(child.pid);
      try {
        output(
          "perf",
          "record",
          "-q",
          "-e",
          "cpu-clock",
          "-o",
          data,
          "-p",
          pid,
          "--",
          "sleep",
          "1",
        );
      } catch (error) {
        skip(`perf may not record here: ${String((error as { stderr?: string }).stderr)}`);
      }
      await spawnCommand(["symbols", pid, folder]);
    } finally {
      child.kill("SIGKILL");
    }
    const report = (...options: string[]) =>
      output("perf", "report", "-i", data, "--stdio", "--comm", "python", ...options);
    const lines = report("--symfs", join(folder, "symfs")).split("\n");
    expect(lines.some((line) => line.includes(file) && line.includes("burn_cycles"))).toBe(true);
    expect(report()).not.toContain("burn_cycles");
  });
});

describe("writeSymbols()", () => {
  it("of this process, and again into the same folder", () => {
    const { path } = api.loadSharedObject(object);
    const folder = tmpDir("symbols");
    const written = api.writeSymbols(folder);
    expect(written).toMatchObject({ objects: [path], missing: [] });
    expect(api.writeSymbols(folder)).toEqual(written);
    expect(readFileSync(written.gdbCommands, "utf8")).toContain("libburn.so");
    expect(existsSync(join(written.symfs, process.execPath))).toBe(true);
  });

  it("what came out of a Buffer cannot be found again, and is told", () => {
    const { path } = api.loadSharedObject("pkg/libburn2.so", {
      archive: readFileSync(
        zipFile({ "pkg/libburn2.so": Buffer.concat([library, Buffer.from([0])]) }),
      ),
    });
    expect(api.writeSymbols(tmpDir("symbols")).missing).toEqual([path]);
  });

  it("misuse: TypeError; no such process, no such user command: told", async () => {
    const write = api.writeSymbols as (...words: unknown[]) => unknown;
    for (const words of [
      [],
      [""],
      [5],
      ["a\0b"],
      [tmpDir(), 0],
      [tmpDir(), 1.5],
      [tmpDir(), "1"],
    ]) {
      expect(() => write(...words)).toThrow(TypeError);
    }
    expect(() => write(tmpDir(), 2 ** 30)).toThrow(/ENOENT/);
    const folder = tmpDir();
    expect((await spawnCommand(["symbols", "x", folder])).code).toBe(2);
    expect((await spawnCommand(["symbols", String(2 ** 30), folder])).code).not.toBe(0);
  });
});
