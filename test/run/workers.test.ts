// test/run/workers.test.ts: run() from worker_threads.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const clean = { code: 0, signal: null, timedOut: false, stderr: "" };

/** A main script that starts `worker` (source), with the bundle as workerData. */
function withWorker(worker: string, main: string, path: string) {
  const source = `
    const { Worker } = require("node:worker_threads");
    const { run } = require("inmem-python");
    const path = process.argv[2];
    const prelude = "require = require('node:module').createRequire(" + JSON.stringify(${JSON.stringify(`${process.cwd()}/package.json`)}) + ");"
      + "const { run } = require('inmem-python'); const { parentPort, workerData: path } = require('node:worker_threads');";
    const start = () => new Worker(prelude + ${JSON.stringify(worker)}, { eval: true, workerData: path });
    ${main}`;
  return spawnNode(source, { args: [path], timeoutMs: 20_000 });
}

describe("run() in a worker", () => {
  it("works, with output, errors and stdin there", async () => {
    const path = zipFile({ "__main__.py": "print(input()); raise SystemExit(3)" });
    const worker = `run(path, { stdin: "hello", stdout: (c) => parentPort.postMessage(String(c)) })
      .then(({ exitCode }) => parentPort.postMessage(exitCode));`;
    const main = `start().on("message", (m) => console.log(JSON.stringify(m)));`;
    const result = await withWorker(worker, main, path);
    expect(result).toMatchObject({ ...clean, stdout: '"hello\\n"\n3\n' });
  });

  it("takes env, cwd and args", async () => {
    const program = "import os, sys; print(os.environ.get('INMEM_W'), os.getcwd(), sys.argv[1:])";
    const path = zipFile({ "__main__.py": program });
    const worker = `run(path, { env: { INMEM_W: "w" }, cwd: "/", args: ["a"], stdout: (c) => parentPort.postMessage(String(c)) });`;
    const main = `start().on("message", (m) => console.log(m.trim())).on("exit", () => console.log(process.env.INMEM_W));`;
    const result = await withWorker(worker, main, path);
    expect(result).toMatchObject({ ...clean, stdout: "w / ['a']\nundefined\n" });
  });

  it("shows a running program nothing of the env of a run that waits for it", async () => {
    const program = py`
      import ctypes, os, time
      if "INMEM_LEAKED" in os.environ:
          print("its own run has it")
      else:
          getenv = ctypes.CDLL(None).getenv
          end = time.monotonic() + 1.5
          seen = 0
          while time.monotonic() < end:
              for _ in range(1000):
                  seen += getenv(b"INMEM_LEAKED") != 0
          print("seen by another's:", seen)
    `;
    const path = zipFile({ "__main__.py": program });
    const worker = `run(path, { env: { INMEM_LEAKED: "1" }, queue: true, stdout: (c) => parentPort.postMessage(String(c)) });`;
    const main = `run(path); start().on("message", (m) => console.log(m.trim()));`;
    const result = await withWorker(worker, main, path);
    const stdout = "seen by another's: 0\nits own run has it\n";
    expect(result).toMatchObject({ ...clean, stdout });
  });

  it("is ERR_INMEM_BUSY while the main thread's is going, and the other way round", async () => {
    const path = zipFile({ "__main__.py": "import time; time.sleep(2)" });
    const worker = `run(path).catch((e) => parentPort.postMessage([e.name, e.code]));`;
    const main = `
      const going = run(path);
      start().on("message", async (m) => { console.log(...m); await going; await run(path); console.log("free"); });`;
    const result = await withWorker(worker, main, path);
    expect(result).toMatchObject({ ...clean, stdout: "InmemError ERR_INMEM_BUSY\nfree\n" });
  });

  it("shares the interpreter: modules stay across threads", async () => {
    const path = zipFile({
      "__main__.py": "import mod; mod.N += 1; print(mod.N)",
      "mod.py": "N = 0",
    });
    const worker = `run(path, { stdout: (c) => parentPort.postMessage(String(c).trim()) });`;
    const main = `
      const once = (w) => new Promise((done) => w.on("message", (m) => console.log("worker", m)).on("exit", done));
      (async () => { await once(start()); await run(path); await once(start()); })();`;
    const result = await withWorker(worker, main, path);
    expect(result).toMatchObject({ ...clean });
    expect(result.stdout.split("\n").filter(Boolean)).toEqual(["worker 1", "2", "worker 3"]);
  });

  it.each([
    ["busy", "print('ready', flush=True)\nwhile True: pass"],
    ["sleeping", "import time; print('ready', flush=True)\ntime.sleep(2)"],
    ["printing", "print('ready', flush=True)\nwhile True: print('x' * 1000)"],
    ["reading", "print('ready', flush=True)\ninput()"],
  ])(
    "does not crash when the worker is terminated while its program is %s",
    async (_name, program) => {
      const path = zipFile({ "__main__.py": program });
      const worker = `run(path, { stdin: new (require("node:stream").PassThrough)(), stdout: (c) => parentPort.postMessage("ready"), stderr() {} }).catch(() => {});`;
      const main = `
      const w = start();
      w.once("message", async () => {
        await w.terminate();
        console.log("terminated");
        setTimeout(() => { console.log("main lives"); process.exit(0); }, 300);
      });`;
      const result = await withWorker(worker, main, path);
      expect(result).toMatchObject({ ...clean, stdout: "terminated\nmain lives\n" });
    },
  );

  it("process.exit() in the worker ends the worker alone", async () => {
    const path = zipFile({
      "__main__.py": "import time; print('ready', flush=True); time.sleep(1)",
    });
    const worker = `run(path, { stdout: () => process.exit(5) });`;
    const main = `start().on("exit", (code) => { console.log("worker", code); setTimeout(() => { console.log("main lives"); }, 100); });`;
    const result = await withWorker(worker, main, path);
    expect(result).toMatchObject({ ...clean, stdout: "worker 5\nmain lives\n" });
  });

  it("frees the interpreter for the main thread when the abandoned program ends", async () => {
    const path = zipFile({
      "__main__.py":
        "import sys, time; print('ready', flush=True)\nif len(sys.argv) == 1: time.sleep(0.5)",
    });
    const worker = `run(path, { stdout: () => parentPort.postMessage("ready") });`;
    const main = `
      const w = start();
      w.once("message", async () => {
        await w.terminate();
        for (let i = 0; i < 100; i++) {
          try { await run(path, { args: ["second"] }); break; }
          catch (error) { if (error.code !== "ERR_INMEM_BUSY") throw error; }
          await new Promise((done) => setTimeout(done, 50));
        }
        console.log("ran in main");
      });`;
    const result = await withWorker(worker, main, path);
    expect(result).toMatchObject({ ...clean, stdout: "ready\nran in main\n" });
  });
});

describe("many workers", () => {
  it("one after another run Python and end", async () => {
    const path = zipFile({ "__main__.py": "import json; print(json.dumps('x'))" });
    const worker = `run(path, { stdout: (c) => parentPort.postMessage("ok") });`;
    const main = `(async () => {
      for (let i = 0; i < 10; i++) await new Promise((done, fail) => start().on("error", fail).on("exit", done));
      console.log("all ended"); })();`;
    expect(await withWorker(worker, main, path)).toMatchObject({ ...clean, stdout: "all ended\n" });
  });
});
