// test/bridge/ends.test.ts: environments that end while their thread is in Python.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";

const clean = { code: 0, signal: null, timedOut: false, stderr: "" };

/**
 * Runs `main` with `start(source)`, which makes a worker that runs `source` with `py` and `ready`: to be
 * called right before it blocks; `begun(worker)` awaits that.
 */
function withWorkers(main: string, timeoutMs = 20_000) {
  const index = JSON.stringify(join(packageRoot, "dist", "index.js"));
  return spawnNode(
    `const { Worker } = require("node:worker_threads");
    const api = require(${index});
    const start = (source) => new Worker(\`
      const { parentPort } = require("node:worker_threads");
      const ready = () => parentPort.postMessage("ready");
      require(${index.replaceAll('"', "'")}).start().then((py) => { \${source} });\`, { eval: true });
    const begun = (worker) => new Promise((done) => worker.once("message", done));
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    (async () => { ${main} })();`,
    { timeoutMs },
  );
}

/** A worker's code that would last for ever. */
const endless: Record<string, string> = {
  "a loop": "while True: pass",
  "a sleep": "import time; time.sleep(600)",
  "a socket": "import socket; a, b = socket.socketpair(); a.recv(1)",
  "Event.wait()": "import threading; threading.Event().wait()",
  "a lock": "import threading; l = threading.Lock(); l.acquire(); l.acquire()",
  "an RLock": `
import threading
l = threading.RLock()
t = threading.Thread(target=l.acquire)
t.start(); t.join(); l.acquire()`,
  "a thread": `
import threading
t = threading.Thread(target=threading.Event().wait, daemon=True)
t.start(); t.join()`,
  "code that catches Exception": `
while True:
    try: nothing()
    except Exception: pass`,
  "code that catches all": `
while True:
    try: nothing()
    except BaseException: pass`,
  "code that catches all and sleeps": `
import time
while True:
    try: time.sleep(1)
    except: pass`,
};

function sourceOf(code: string): string {
  const own = "{ globals: py.toPy({ nothing: () => {} }) }";
  return `const own = ${own}; ready(); py.runPython(${JSON.stringify(code)}, own);`;
}

describe("worker.terminate() in a call that lasts for ever", () => {
  it("ends it, whatever Python does", async () => {
    const sources = Object.fromEntries(
      Object.entries(endless).map(([name, code]) => [name, sourceOf(code)]),
    );
    sources["Python in JavaScript in Python"] =
      `const own = { globals: py.toPy({ inner: () => py.runPython("while True: pass") }) };` +
      `ready(); py.runPython("while True:\\n  try: inner()\\n  except Exception: pass", own);`;
    sources["JavaScript that Python called"] =
      `const f = py.runPython("lambda f: f()"); ready(); f(() => { for (;;); });`;
    const main = `
      await Promise.all(Object.entries(${JSON.stringify(sources)}).map(async ([name, source]) => {
        const worker = start(source);
        await begun(worker);
        await pause(100);
        const before = Date.now();
        await worker.terminate();
        const took = Date.now() - before;
        console.log(took < 10000 ? "ended" : name + " took " + took);
      }));
      const py = await api.start();
      console.log("main:", py.runPython("1 + 1"));`;
    const result = await withWorkers(main);
    const ended = "ended\n".repeat(Object.keys(sources).length);
    expect(result).toMatchObject({ ...clean, stdout: `${ended}main: 2\n` });
  });

  it("runs what Python does at the end of a block", async () => {
    const code = `
import os, time
try: begun(); time.sleep(600)
finally: os.write(1, b"finally\\n")`;
    const source = `py.globals.set("begun", ready); py.runPython(${JSON.stringify(code)});`;
    const main = `
      const worker = start(${JSON.stringify(source)});
      await begun(worker);
      await worker.terminate();
      console.log("ended");`;
    const result = await withWorkers(main);
    expect(result).toMatchObject({ ...clean, stdout: "finally\nended\n" });
  });
});

describe("a process that ends while workers are in Python", () => {
  it("ends", async () => {
    const names = ["a loop", "a sleep", "code that catches all"];
    const sources = names.map((name) => sourceOf(endless[name] as string));
    const main = `
      const workers = ${JSON.stringify(sources)}.map(start);
      await Promise.all(workers.map(begun));
      process.exit(7);`;
    expect(await withWorkers(main)).toMatchObject({ ...clean, code: 7, stdout: "" });
  });

  it("ends where the worker itself calls process.exit() in a callback of Python's", async () => {
    const code = "while True:\n  try: leave()\n  except Exception: pass";
    const source = `py.globals.set("leave", () => process.exit(5)); py.runPython(${JSON.stringify(code)});`;
    const main = `start(${JSON.stringify(source)}).on("exit", (code) => console.log("exit", code));`;
    expect(await withWorkers(main)).toMatchObject({ ...clean, stdout: "exit 5\n" });
  });
});

describe("work of the event loop that is no end", () => {
  it("ends no call: messages, timers and connections wait", async () => {
    const code = `
import time
begun = time.monotonic()
time.sleep(0.6)
slept = time.monotonic() - begun
while time.monotonic() < begun + 1.2: pass
slept >= 0.6`;
    const source = `
      const server = require("node:net").createServer((socket) => socket.end()).listen(0, () => {
        parentPort.postMessage(server.address().port);
        setTimeout(() => {}, 10);
        const value = py.runPython(${JSON.stringify(code)});
        parentPort.postMessage("value " + value);
        server.close();
      });
      let messages = 0;
      parentPort.on("message", () => { if (++messages === 50) { parentPort.postMessage("all"); parentPort.close(); } });`;
    const main = `
      const worker = start(${JSON.stringify(source)});
      worker.on("message", (told) => console.log(typeof told === "number" ? "port" : told));
      const port = await begun(worker);
      require("node:net").connect(port).on("error", () => {}).resume();
      for (let i = 0; i < 50; i++) { worker.postMessage(i); await pause(20); }`;
    const result = await withWorkers(main);
    expect(result).toMatchObject({ ...clean, stdout: "port\nvalue true\nall\n" });
  });
});

describe("a Promise of an environment that ends", () => {
  it.each([
    ["runPythonAsync()", `py.runPythonAsync("await prom")`],
    ["a loop of the program's own", `py.runPythonAsync("import asyncio\\nasyncio.run(wait())")`],
  ])("is an error in Python that awaits it, in %s", async (_name, awaits) => {
    const source = `py.globals.set("prom", new Promise(() => {})); setInterval(() => {}, 1000); ready();`;
    const main = `
      const py = await api.start();
      py.runPython("async def wait(): return await prom");
      const worker = start(${JSON.stringify(source)});
      await begun(worker);
      const awaited = ${awaits}.then(console.log, (error) => console.log(error.type, error.message));
      await pause(100);
      await worker.terminate();
      await awaited;`;
    const result = await withWorkers(main);
    expect(result).toMatchObject({ ...clean });
    expect(result.stdout).toBe(
      "RuntimeError the JavaScript environment of this object has ended\n",
    );
  });
});
