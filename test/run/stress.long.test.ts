// test/run/stress.long.test.ts: many runs of every kind, aborted at any moment, also from workers: no crash, no hang, no mix-up.
import { describe, expect, it } from "vitest";
import { spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const kinds: Record<string, string> = {
  print: "print('out')",
  raise: "raise ValueError('v')",
  exit: "raise SystemExit(3)",
  sleep: "import time; time.sleep(0.05); print('slept')",
  busy: "for i in range(300000): pass\nprint('busy')",
  threads:
    "import threading, time\nts = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(5)]\n[t.start() for t in ts]\nprint('threads')",
  daemons:
    "import threading, time\n[threading.Thread(target=time.sleep, args=(0.2,), daemon=True).start() for _ in range(3)]\nprint('daemons')",
  much: "for i in range(3000): print('x' * 100)",
  input: "print(len(__import__('sys').stdin.read()))",
  child: "import subprocess; print(subprocess.run(['true']).returncode)",
  asyncio: "import asyncio; asyncio.run(asyncio.sleep(0.02)); print('asyncio')",
  imports: "import json, decimal, email, http.client, sqlite3; print('imports')",
  swallow: "import time\ntry: time.sleep(0.03)\nexcept KeyboardInterrupt: print('swallowed')",
};

const driver = `
  const { isMainThread, workerData, Worker } = require("node:worker_threads");
  const { run } = require("inmem-python");
  const bundles = isMainThread ? JSON.parse(process.argv[2]) : workerData.bundles;
  let seed = isMainThread ? Number(process.argv[3]) : workerData.seed;
  const random = (n) => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return (seed >> 8) % n; };
  const allowed = new Set(["ERR_INMEM_ABORTED", "ERR_INMEM_PYTHON", "ERR_INMEM_BUSY", "ERR_INMEM_ABORT_TIMEOUT"]);
  const counts = {};
  async function go(rounds) {
    const names = Object.keys(bundles);
    for (let i = 0; i < rounds; i++) {
      const name = names[random(names.length)];
      const controller = new AbortController();
      const timer = random(3) === 0 ? setTimeout(() => controller.abort(), random(60)) : undefined;
      const chunks = [];
      const options = { signal: controller.signal, stdin: "text", stdout: (c) => chunks.push(c), stderr() {}, queue: random(2) === 0 };
      const what = await run(bundles[name], options).then((r) => "exit " + r.exitCode, (e) => {
        if (!allowed.has(e.code)) { console.log("UNEXPECTED", name, e); process.exit(9); }
        return e.code;
      });
      clearTimeout(timer);
      counts[what] = (counts[what] ?? 0) + 1;
      const text = Buffer.concat(chunks).toString();
      const own = { print: "out", sleep: "slept", busy: "busy", threads: "threads", daemons: "daemons", input: "4", child: "0", asyncio: "asyncio", imports: "imports" }[name];
      if (what === "exit 0" && own && text.trim() !== own && !controller.signal.aborted) { console.log("MIXED", name, text); process.exit(8); }
    }
  }`;

async function stress(body: string, seed: number) {
  const paths = Object.fromEntries(
    Object.entries(kinds).map(([name, source]) => [name, zipFile({ "__main__.py": source })]),
  );
  const args = [JSON.stringify(paths), String(seed)];
  const { code, signal, timedOut, stdout, stderr } = await spawnNode(driver + body, {
    args,
    timeoutMs: 300_000,
  });
  console.log(stdout.trim());
  expect({ code, signal, timedOut, stderr }).toEqual({
    code: 0,
    signal: null,
    timedOut: false,
    stderr: "",
  });
  expect(stdout).toContain("all done");
}

describe("stress", () => {
  it.each([1, 2, 3])("600 runs on the main thread, seed %i", (seed) =>
    stress(`go(600).then(() => console.log(JSON.stringify(counts), "all done"));`, seed),
  );

  it.each([1, 2])("runs from four workers that are ended at any moment, seed %i", (seed) =>
    stress(
      `
      if (isMainThread) {
        (async () => {
          for (let round = 0; round < 15; round++) {
            const workers = Array.from({ length: 4 }, (_, i) => new Worker(__filename, { workerData: { bundles, seed: seed + round * 7 + i } }));
            workers.forEach((w) => w.on("error", (e) => { console.log("worker error", e); process.exit(7); }));
            await new Promise((done) => setTimeout(done, 150 + random(300)));
            await Promise.all(workers.map((w) => w.terminate()));
          }
          for (let i = 0; i < 200; i++) {
            const ok = await run(bundles.print, { stdout() {} }).then(() => true, (e) => { if (e.code !== "ERR_INMEM_BUSY") throw e; });
            if (ok) break;
            await new Promise((done) => setTimeout(done, 50));
            if (i === 199) { console.log("still busy"); process.exit(6); }
          }
          console.log("all done");
        })();
      } else go(1e9);`,
      seed,
    ),
  );
});
