// test/bridge/own-workers.test.ts: workers with interpreters of their own, and how those end.
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";

const index = JSON.stringify(join(packageRoot, "dist", "index.js"));
const clean = { code: 0, signal: null, timedOut: false, stderr: "" };

/** A worker's `py` is one of its own; `use(i)` is what each does with it. */
function program(use: string, main: string): string {
  return `
    const { Worker, isMainThread, workerData, parentPort } = require("node:worker_threads");
    const api = require(${index});
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    const codes = ["while True: pass", "import time; time.sleep(600)", "import threading; threading.Event().wait()",
      "while True:\\n  try: back(1)\\n  except Exception: pass", "while True:\\n  try: nothing()\\n  except BaseException: pass",
      "x = [object() for i in range(10000)]\\nwhile True: list(map(str, x))"];
    async function work() {
      const py = await api.start({ interpreter: "own" });
      const globals = py.toPy({ back: (x) => x });
      ${use}
    }
    async function main() { ${main} }
    void (isMainThread ? main() : work());`;
}

it("terminate() ends whatever they do; what they share with nobody ends with them", async () => {
  const result = await spawnNode(
    program(
      `void py.runPythonAsync("import asyncio\\nawait asyncio.sleep(600)").catch(() => {});
       void py.runPythonAsync(codes[(workerData + 3) % codes.length], { globals }).catch(() => {});
       parentPort.postMessage("ready");
       py.runPython(codes[workerData % codes.length], { globals });`,
      `await Promise.all(Array.from({ length: 6 }, async (_, i) => {
         const worker = new Worker(__filename, { workerData: i });
         await new Promise((done) => worker.once("message", done));
         await pause(50);
         await worker.terminate();
       }));
       const py = await api.start();
       console.log(py.runPython("1 + 1"));`,
    ),
    { timeoutMs: 60_000 },
  );
  expect(result).toMatchObject({ ...clean, stdout: "2\n" });
});

it("at random moments, from the first on", async () => {
  const result = await spawnNode(
    program(
      "py.runPython(codes[workerData % codes.length], { globals });",
      `for (let i = 0; i < 24; i++) {
         const worker = new Worker(__filename, { workerData: i });
         await pause(Math.random() * 120);
         await worker.terminate();
       }
       console.log("done");`,
    ),
    { timeoutMs: 60_000 },
  );
  expect(result).toMatchObject({ ...clean, stdout: "done\n" });
});

it("process.exit() does not wait for what they do, and prints what they printed", async () => {
  const result = await spawnNode(
    program(
      `py.runPython("import sys; print('printed', end='')");
       for (const code of codes) void py.runPythonAsync(code, { globals }).catch(() => {});
       py.runPython("import threading, time\\nfor _ in range(3): threading.Thread(target=time.sleep, args=(600,)).start()");
       parentPort.postMessage("ready");`,
      `const py = await api.start({ interpreter: "own" });
       void py.runPythonAsync("while True: pass");
       const worker = new Worker(__filename);
       await new Promise((done) => worker.once("message", done));
       process.exit(0);`,
    ),
    { timeoutMs: 30_000 },
  );
  expect(result).toMatchObject({ ...clean, stdout: "printed" });
});
