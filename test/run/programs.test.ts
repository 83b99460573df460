// test/run/programs.test.ts: everyday things of Python programs that a host could break.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { api, bundleOf, py, runPython } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { tmpFile } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

describe("a program", () => {
  it("runs from a path with spaces, quotes, colons, newlines and signs", async () => {
    const path = tmpFile(
      "we ird\n:%41'\"\\ ü.pyz",
      bundleOf({ "__main__.py": "import mod; print(mod.X)", "mod.py": "X = 'fine'" }),
    );
    expect((await runPython(path)).stdout).toBe("fine\n");
  });

  it("asks by input() with a prompt on stdout", async () => {
    const { stdout } = await runPython("print(repr(input('name? ')))", { stdin: "x\n" });
    expect(stdout).toBe("name? 'x'\n");
  });

  it("is debugged by pdb over the streams", async () => {
    const { stdout } = await runPython("x = 41\nbreakpoint()\nx += 1\n", { stdin: "p x + 1\nc\n" });
    expect(stdout).toContain("(Pdb) 42\n");
  });

  it("is profiled and traced", async () => {
    const source =
      "import cProfile, tracemalloc; tracemalloc.start(); cProfile.run('sum(range(1000))'); print(tracemalloc.get_traced_memory()[0] > 0); tracemalloc.stop()";
    expect((await runPython(source)).stdout).toMatch(/function calls in[\s\S]*True\n$/);
  });

  it("runs unittest, doctest and timeit as modules", async () => {
    const files = {
      "test_x.py":
        "import unittest\nclass T(unittest.TestCase):\n  def test_one(self): self.assertEqual(1, 1)\n",
    };
    const { stderr, exitCode } = await runPython(files, { module: "unittest", args: ["test_x"] });
    expect(exitCode).toBe(0);
    expect(stderr).toContain("Ran 1 test");
    expect(
      (await runPython(files, { module: "timeit", args: ["-n", "1", "pass"] })).stdout,
    ).toContain("1 loop");
  });

  it("starts sys.executable as Python", async () => {
    const source =
      "import subprocess, sys; print(subprocess.run([sys.executable, '-c', 'import json, sys; print(json.dumps(sys.version_info[:2]))'], capture_output=True, text=True).stdout)";
    expect((await runPython(source)).stdout).toContain("[3, 13]");
  });

  it("forks a pool of processes, the default on Linux", async () => {
    const source = py`
      import multiprocessing
      def square(x): return x * x
      if __name__ == "__main__":
          with multiprocessing.Pool(2) as pool: print(pool.map(square, [1, 2, 3]))
    `;
    expect((await runPython(source)).stdout).toBe("[1, 4, 9]\n");
  });

  it("has its own umask", async () => {
    const before = process.umask();
    expect(
      (await runPython("import os; os.umask(0o077); print(oct(os.umask(0o077)))")).stdout,
    ).toBe("0o77\n");
    expect(process.umask()).toBe(before);
  });

  it("that left an alarm or a timer behind does not kill Node", async () => {
    const path = zipFile({
      "__main__.py":
        "import signal\nsignal.signal(signal.SIGALRM, lambda *a: print('late'))\nsignal.setitimer(signal.ITIMER_REAL, 0.2)\n",
    });
    const source = `const { run } = require("inmem-python");
      run(process.argv[2]).then(() => run(process.argv[2])).then(() => setTimeout(() => console.log("node lives"), 500));`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(result).toMatchObject({ code: 0, signal: null, stdout: "node lives\n" });
  });

  it("sees time pass, sleeps as told, and has entropy", async () => {
    const source = py`
      import os, secrets, time
      a = time.monotonic(); time.sleep(0.05); b = time.monotonic()
      print(0.049 < b - a < 1, len(os.urandom(16)), len(secrets.token_hex(8)), abs(time.time() - float(__import__("sys").argv[1])) < 30)
    `;
    const { stdout } = await runPython(source, { args: [`${Date.now() / 1000}`] });
    expect(stdout).toBe("True 16 16 True\n");
  });

  it("talks to a server in the same Node", async () => {
    const { createServer } = await import("node:http");
    const server = createServer((request, response) => response.end(`node saw ${request.url}`));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as import("node:net").AddressInfo;
    const source = `import urllib.request; print(urllib.request.urlopen("http://127.0.0.1:${port}/x").read().decode())`;
    expect((await runPython(source)).stdout).toBe("node saw /x\n");
    server.close();
  });

  it("raises an error of a megabyte, and prints a line of 10 MB", async () => {
    const long = "raise ValueError('x' * 1_000_000)";
    await expect(api.run(bundleOf(long), { stderr: () => undefined })).rejects.toMatchObject({
      message: "x".repeat(1_000_000),
    });
    expect((await runPython("print('y' * 10_000_000)")).stdout.length).toBe(10_000_001);
  });

  it("leaves no descriptor, no timer and no listener behind", async () => {
    const warnings: string[] = [];
    const listen = (warning: Error) => void warnings.push(String(warning));
    process.on("warning", listen);
    const controller = new AbortController();
    const { PassThrough } = await import("node:stream");
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    stdout.resume();
    const fds = async () =>
      Number((await runPython("import os; print(len(os.listdir('/proc/self/fd')))")).stdout);
    const before = await fds();
    for (let i = 0; i < 30; i++) {
      stdin.write("x\n");
      await api.run(zipFile({ "__main__.py": `print(input(), ${i})` }), {
        stdin,
        stdout,
        stderr: stdout,
        signal: controller.signal,
      });
    }
    await sleep(20);
    process.off("warning", listen);
    expect(warnings).toEqual([]);
    expect(await fds()).toBeLessThanOrEqual(before + 1);
    expect(stdout.listenerCount("close")).toBeLessThanOrEqual(1);
  });
});
