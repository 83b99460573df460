// test/run/event-loop.test.ts: JavaScript goes on while Python is busy, and libuv's pool is left alone.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { api, bundleOf, py, runPython } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const busy = (seconds: number) => py`
  import time
  end = time.monotonic() + ${seconds}
  n = 0
  while time.monotonic() < end: n += sum(range(100))
`;

/** Delays of a 5 ms interval, sorted. */
async function tick(until: Promise<unknown>): Promise<number[]> {
  const delays: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    delays.push(Math.max(0, now - last - 5));
    last = now;
  }, 5);
  await until;
  clearInterval(timer);
  return delays.sort((a, b) => a - b);
}

const percentile = (sorted: number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

describe("the event loop", () => {
  it("ticks on beside a busy pure-Python program", async () => {
    const delays = await tick(runPython(busy(1.5)));
    const [p50, p99] = [percentile(delays, 0.5), percentile(delays, 0.99)];
    console.log(`delay of a 5 ms interval: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
    expect(delays.length).toBeGreaterThan(50);
    expect(p99).toBeLessThan(200);
  });

  it("ticks on beside busy Python threads, and during the first import of much of the stdlib", async () => {
    const source = py`
      import threading
      def work():
          n = 0
          for i in range(3_000_000): n += i
      threads = [threading.Thread(target=work) for _ in range(4)]
      [t.start() for t in threads]
      import asyncio, http.server, sqlite3, unittest.mock, xml.dom.minidom, email.mime.text, pydoc
      [t.join() for t in threads]
    `;
    const delays = await tick(runPython(source));
    expect(percentile(delays, 0.99)).toBeLessThan(200);
  });

  it("answers fs.readFile meanwhile", async () => {
    let isGoing = true;
    const run = runPython(busy(1)).finally(() => {
      isGoing = false;
    });
    let reads = 0;
    while (isGoing) {
      expect((await readFile(__filename)).length).toBeGreaterThan(100);
      reads += 1;
      await sleep(1);
    }
    await run;
    expect(reads).toBeGreaterThan(50);
  });

  it("is not held by a program that blocks in C without letting go of the GIL", async () => {
    // A regular expression that backtracks for long holds the GIL all the time.
    const source = "import re; re.match('(a+)+$', 'a' * 24 + 'b')";
    const delays = await tick(api.run(bundleOf(source)));
    expect(percentile(delays, 0.99)).toBeLessThan(200);
  });

  it("is kept alive by a run, and by nothing after it", async () => {
    const source = `
      const { run } = require("inmem-python");
      run(process.argv[2]).then(() => console.log("ended", process.getActiveResourcesInfo().join()));`;
    const path = zipFile({ "__main__.py": "import time; time.sleep(0.3); print('python')" });
    const { code, stdout } = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(code).toBe(0);
    expect(stdout).toContain("python\n");
    expect(stdout).toContain("ended");
  });
});

describe("libuv's pool", () => {
  it("of one thread still answers fs, crypto and dns while Python runs", async () => {
    const path = zipFile({ "__main__.py": `${busy(0.5)}\nprint("python done", flush=True)` });
    const source = `
      const { run } = require("inmem-python");
      const { readFile } = require("node:fs/promises");
      const { promisify } = require("node:util");
      const { pbkdf2 } = require("node:crypto");
      const { gzip } = require("node:zlib");
      let done = false;
      const going = run(process.argv[2]).then(() => { done = true; });
      (async () => {
        let rounds = 0;
        while (!done) {
          await readFile(__filename);
          await promisify(pbkdf2)("secret", "salt", 100, 32, "sha256");
          await promisify(gzip)("text");
          if (!done) rounds += 1;
        }
        await going;
        console.log("rounds", rounds > 10);
      })();`;
    const { stdout, code } = await spawnNode(source, {
      args: [path],
      env: { UV_THREADPOOL_SIZE: "1" },
      timeoutMs: 20_000,
    });
    expect(code).toBe(0);
    expect(stdout).toContain("rounds true");
  });

  it("full of work does not hold Python up", async () => {
    const path = zipFile({ "__main__.py": "print('python')" });
    const source = `
      const { run } = require("inmem-python");
      const { pbkdf2 } = require("node:crypto");
      let free = false;
      pbkdf2("secret", "salt", 3e6, 32, "sha512", () => { free = true; });
      run(process.argv[2]).then(() => { console.log("pool free:", free); process.exit(0); });`;
    const { stdout } = await spawnNode(source, { args: [path], env: { UV_THREADPOOL_SIZE: "1" } });
    expect(stdout).toBe("python\npool free: false\n");
  });
});
