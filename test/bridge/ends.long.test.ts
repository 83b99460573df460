// test/bridge/ends.long.test.ts: hundreds of workers, each ended at a random moment of its use of Python.
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";

const WORKERS = 200;

it(`${WORKERS} workers end at random moments, in whatever they do with Python`, async () => {
  const index = JSON.stringify(join(packageRoot, "dist", "index.js"));
  const result = await spawnNode(
    `const { Worker, isMainThread, workerData, parentPort } = require("node:worker_threads");
    const api = require(${index});
    const codes = ["while True: pass", "import time; time.sleep(600)",
      "import threading; threading.Event().wait()", "import socket; a, b = socket.socketpair(); a.recv(1)",
      "while True:\\n  try: back(1)\\n  except Exception: pass", "while True: back([{}])",
      "inner()", "x = [object() for i in range(100000)]\\nwhile True: list(map(str, x))"];
    async function work() {
      const py = await api.start();
      const back = (x) => x;
      const globals = py.toPy({ back });
      globals.set("inner", () => py.runPython("while True: back(1)", { globals }));
      for (let i = 0; i < 100; i++) py.toPy([{ i }, [i]]);
      void py.runPythonAsync("import asyncio\\nawait asyncio.sleep(600)").catch(() => {});
      py.runPython(codes[workerData % codes.length], { globals });
    }
    async function main() {
      const py = await api.start();
      let slowest = 0;
      let left = ${WORKERS};
      const lane = async () => {
        while (left-- > 0) {
          const worker = new Worker(__filename, { workerData: left });
          const ended = new Promise((done) => worker.once("exit", done));
          await new Promise((done) => setTimeout(done, Math.random() * 400));
          const before = Date.now();
          void worker.terminate();
          await ended;
          slowest = Math.max(slowest, Date.now() - before);
        }
      };
      await Promise.all([lane(), lane(), lane(), lane()]);
      console.log(JSON.stringify({ slowest, sum: py.runPython("1 + 1") }));
      process.exit(0);
    }
    isMainThread ? main() : work();`,
    { timeoutMs: 280_000 },
  );
  expect(result).toMatchObject({ code: 0, signal: null, timedOut: false, stderr: "" });
  const { slowest, sum } = JSON.parse(result.stdout);
  expect(sum).toBe(2);
  expect(slowest).toBeLessThan(20_000);
}, 300_000);

it("300 workers end while start() is at work", async () => {
  const index = JSON.stringify(join(packageRoot, "dist", "index.js"));
  const result = await spawnNode(
    `const { Worker, isMainThread, parentPort } = require("node:worker_threads");
    const api = require(${index});
    async function main() {
      await api.start();
      let left = 300;
      const lane = async () => {
        while (left-- > 0) {
          const worker = new Worker(__filename);
          const ended = new Promise((done) => worker.once("exit", done));
          await new Promise((done) => worker.once("message", done));
          await new Promise((done) => setTimeout(done, Math.random() * 10));
          void worker.terminate();
          await ended;
        }
      };
      await Promise.all([lane(), lane(), lane(), lane()]);
      console.log("ended");
      process.exit(0);
    }
    async function work() {
      const started = api.start();
      parentPort.postMessage("starting");
      await started;
      setInterval(() => {}, 1000);
    }
    isMainThread ? main() : work();`,
    { timeoutMs: 280_000 },
  );
  expect(result).toMatchObject({ code: 0, stdout: "ended\n", stderr: "", timedOut: false });
}, 300_000);
