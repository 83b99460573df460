// test/run/process-end.test.ts: Node ends with the right status while Python threads are alive: no crash, no hang.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { type SpawnResult, spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const programs: Record<string, string> = {
  "a busy loop": "print('ready', flush=True)\nwhile True: pass",
  "a busy loop that swallows everything": py`
    print("ready", flush=True)
    while True:
        try:
            while True: pass
        except BaseException: pass
  `,
  "time.sleep": "import time; print('ready', flush=True); time.sleep(1000)",
  "a blocking accept": py`
    import socket
    s = socket.create_server(("127.0.0.1", 0)); print("ready", flush=True); s.accept()
  `,
  "a lock":
    "import threading; print('ready', flush=True); l = threading.Lock(); l.acquire(); l.acquire()",
  "busy threads": py`
    import threading
    def work():
        while True: sum(range(100))
    for i in range(4): threading.Thread(target=work, daemon=i % 2 == 0).start()
    print("ready", flush=True)
    while True: pass
  `,
  "threads that print": py`
    import threading, sys
    def work():
        while True: print("x", file=sys.stderr)
    for i in range(4): threading.Thread(target=work, daemon=True).start()
    print("ready", flush=True)
    while True: print("y", file=sys.stderr)
  `,
  "a child's wait":
    "import subprocess; p = subprocess.Popen(['sleep', '1000']); print('ready', p.pid, flush=True); p.wait()",
  "a regular expression in C":
    "import re; print('ready', flush=True); re.match('(a+)+$', 'a' * 64 + 'b')",
  "input() from the process": "print('ready', flush=True); input()",
};

/** Tells what happened where the child did not end as it should. */
function describeEnd({ code, signal, timedOut, stderr }: SpawnResult) {
  return { code, signal, timedOut, stderr: stderr.slice(0, 300).replace(/^x?y?$/gm, "") };
}

const clean = (code: number) => ({ code, signal: null, timedOut: false });

describe("process.exit()", () => {
  it.each(Object.entries(programs))("during %s", async (_name, program) => {
    const path = zipFile({ "__main__.py": program });
    const source = `
      const { run } = require("inmem-python");
      process.on("exit", (code) => console.log("exit event", code));
      run(process.argv[2], { stdout(chunk) {
        const pid = /ready (\\d+)/.exec(chunk)?.[1];
        if (pid) process.kill(Number(pid));
        if (String(chunk).includes("ready")) setTimeout(() => process.exit(7), 50);
      } }).catch(() => {});`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(describeEnd(result)).toMatchObject(clean(7));
    expect(result.stdout).toContain("exit event 7");
  });

  it("right after run(), before Python has begun", async () => {
    const path = zipFile({ "__main__.py": "while True: pass" });
    const source = `require("inmem-python").run(process.argv[2]); process.exit(5);`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(describeEnd(result)).toMatchObject(clean(5));
  });

  it.each([1, 5, 10, 20, 40])("%i ms after run(), in the middle of the start", async (ms) => {
    const path = zipFile({
      "__main__.py": "import asyncio, http.server, json, sqlite3\nwhile True: pass",
    });
    const source = `require("inmem-python").run(process.argv[2]); setTimeout(() => process.exit(6), ${ms});`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(describeEnd(result)).toMatchObject(clean(6));
  });

  it("in the run's own callbacks", async () => {
    const path = zipFile({ "__main__.py": "print('x')\nimport time; time.sleep(100)" });
    const source = `require("inmem-python").run(process.argv[2], { stdout() { process.exit(8); } });`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(describeEnd(result)).toMatchObject(clean(8));
  });

  it("flushes what the program had printed to the process's stdout", async () => {
    const program =
      "import sys, time; sys.stdout.write('buffered'); print('r', file=sys.stderr, flush=True); time.sleep(100)";
    const path = zipFile({ "__main__.py": program });
    const source = `require("inmem-python").run(process.argv[2], { stderr() { setTimeout(() => process.exit(0), 50); } });`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(describeEnd(result)).toMatchObject(clean(0));
    expect(result.stdout).toBe("buffered");
  });
});

describe("a natural end", () => {
  it.each([
    ["after a run", "print('python')"],
    [
      "with sleeping daemon threads",
      "import threading, time; threading.Thread(target=time.sleep, args=(1000,), daemon=True).start(); print('python')",
    ],
    [
      "with busy daemon threads",
      "import threading\ndef work():\n    while True: sum(range(1000))\nfor i in range(4): threading.Thread(target=work, daemon=True).start()\nprint('python')",
    ],
    [
      "with daemon threads in numpy-like C code",
      "import threading, hashlib\ndef work():\n    while True: hashlib.pbkdf2_hmac('sha256', b'x', b'y', 100000)\nfor i in range(3): threading.Thread(target=work, daemon=True).start()\nprint('python')",
    ],
    [
      "with a thread pool left open",
      "from concurrent.futures import ThreadPoolExecutor\np = ThreadPoolExecutor(3); p.submit(print, 'python').result()",
    ],
    [
      "with open files, sockets and a database",
      "import socket, sqlite3, tempfile\ns = socket.create_server(('127.0.0.1', 0)); d = sqlite3.connect(':memory:'); t = tempfile.TemporaryFile(); print('python')",
    ],
    [
      "with a subinterpreter left alive",
      "import _interpreters; i = _interpreters.create(); _interpreters.run_string(i, 'import json'); print('python')",
    ],
  ])("%s", async (_name, program) => {
    const path = zipFile({ "__main__.py": program });
    const source = `
      require("inmem-python").run(process.argv[2]).then(({ exitCode }) => {
        console.log("run ended", exitCode); process.exitCode = 4;
      });`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 15_000 });
    expect(describeEnd(result)).toMatchObject({ ...clean(4), stderr: "" });
    expect(result.stdout).toBe("python\nrun ended 0\n");
  });

  it("after a run that failed, with status 1 where nobody caught it", async () => {
    const path = zipFile({ "__main__.py": "1/0" });
    const source = `require("inmem-python").run(process.argv[2]);`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(describeEnd(result)).toMatchObject(clean(1));
    expect(result.stderr).toContain("PythonError: division by zero");
  });
});

describe("a JavaScript failure", () => {
  it("that nobody catches ends Node with 1 while Python is busy", async () => {
    const path = zipFile({ "__main__.py": "print('ready', flush=True)\nwhile True: pass" });
    const source = `
      require("inmem-python").run(process.argv[2], { stdout() {
        setTimeout(() => { throw new Error("nobody catches this"); }, 30);
      } });`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(describeEnd(result)).toMatchObject(clean(1));
    expect(result.stderr).toContain("nobody catches this");
  });

  it("process.abort() dies by SIGABRT, and SIGKILL kills", async () => {
    const path = zipFile({ "__main__.py": "while True: pass" });
    const run = `require("inmem-python").run(process.argv[2]);`;
    const abort = await spawnNode(`${run} setTimeout(() => process.abort(), 200);`, {
      args: [path],
      timeoutMs: 10_000,
    });
    expect(abort.signal).toBe("SIGABRT");
    const kill = await spawnNode(
      `${run} setTimeout(() => process.kill(process.pid, "SIGKILL"), 100);`,
      { args: [path], timeoutMs: 10_000 },
    );
    expect([kill.signal, kill.timedOut]).toEqual(["SIGKILL", false]);
  });

  it("process.reallyExit and a SIGTERM without a handler end at once", async () => {
    const path = zipFile({ "__main__.py": "print('ready', flush=True)\nwhile True: pass" });
    const source = `require("inmem-python").run(process.argv[2], { stdout() { process.kill(process.pid, "SIGTERM"); } });`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect([result.code, result.signal, result.timedOut]).toEqual([null, "SIGTERM", false]);
  });
});

describe("os._exit() and friends in Python", () => {
  it("os._exit ends the process with its status", async () => {
    const path = zipFile({ "__main__.py": "import os; os._exit(9)" });
    const source = `require("inmem-python").run(process.argv[2]);`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(describeEnd(result)).toMatchObject(clean(9));
  });

  it("a fork's child ends by itself, and Node lives on", async () => {
    const program =
      "import os\npid = os.fork()\nif pid == 0: os._exit(3)\nprint(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))";
    const path = zipFile({ "__main__.py": program });
    const source = `require("inmem-python").run(process.argv[2]).then(() => console.log("node lives"));`;
    const result = await spawnNode(source, { args: [path], timeoutMs: 10_000 });
    expect(describeEnd(result)).toMatchObject(clean(0));
    expect(result.stdout).toBe("3\nnode lives\n");
  });
});
