// test/run/signals.test.ts: signals stay Node's: what a Python program sets up does it no harm.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { extension, extensionSuffix } from "../helpers/shared-object.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const takesAll = py`
  import faulthandler, signal, sys
  for name in ("SIGCHLD", "SIGTERM", "SIGINT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT",
               "SIGHUP", "SIGPIPE", "SIGUSR1", "SIGWINCH", "SIGPROF", "SIGQUIT"):
      signal.signal(getattr(signal, name), lambda n, f: print("PYTHON SAW", n, flush=True))
  faulthandler.enable(open("/dev/null", "w"), all_threads=True)
`;

const clean = { code: 0, signal: null, timedOut: false, stderr: "" };

function spawnWith(program: string | Record<string, string | Uint8Array>, main: string) {
  const files = typeof program === "string" ? { "__main__.py": program } : program;
  const source = `
    const { run } = require("inmem-python");
    const { spawn, exec } = require("node:child_process");
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
    const path = process.argv[2];
    (async () => { ${main} })().catch((e) => { console.log("failed", e); process.exit(1); });`;
  return spawnNode(source, { args: [zipFile(files)], timeoutMs: 20_000 });
}

/** `value()`: the number of SIGCHLD that C code saw; the first call begins. */
const seesChildren = () =>
  extension(
    "_children",
    "started++ ? seen : start()",
    `#include <signal.h>
     static volatile int seen, started;
     static void on_child(int number) { if (number == SIGCHLD) seen++; }
     static int start(void) {
       struct sigaction action = {0};
       action.sa_handler = on_child;
       return sigaction(SIGCHLD, &action, 0);
     }`,
  );

describe("a program that sets handlers", () => {
  it("leaves Node's process.on handlers working, during and after", async () => {
    const main = `
      for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2", "SIGWINCH"]) process.on(name, () => console.log("node", name));
      const send = async () => {
        for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2", "SIGWINCH"]) { process.kill(process.pid, name); await sleep(20); }
      };
      const { PassThrough } = require("node:stream");
      const stdin = new PassThrough();
      let seen = "";
      const until = async (count) => { while (seen.trim().split("\\n").length < count) await sleep(10); };
      const going = run(path, { stdin, stdout: (c) => { seen += c; } });
      while (seen === "") await sleep(10);
      await send();
      await until(5);
      stdin.end();
      await going;
      await send();
      for (const line of seen.trim().split("\\n")) console.log("out", line);`;
    const result = await spawnWith(
      `${takesAll}\nprint("ready", flush=True); sys.stdin.read()`,
      main,
    );
    expect(result).toMatchObject(clean);
    const five = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2", "SIGWINCH"].map((s) => `node ${s}`);
    const lines = result.stdout.trim().split("\n");
    expect(lines.filter((line) => line.startsWith("node"))).toEqual([...five, ...five]);
    // Beside them, and only while it runs; of two at once the lower number comes first.
    const python = [1, 15, 2, 28].map((number) => `out PYTHON SAW ${number}`);
    expect(lines.filter((line) => line.startsWith("out")).sort()).toEqual([...python, "out ready"]);
  });

  it("leaves child_process exit events working: SIGCHLD with waitpid(-1) in Python", async () => {
    const program = py`
      import os, signal, time
      def reap(n, f):
          try:
              while os.waitpid(-1, os.WNOHANG)[0]: print("PYTHON REAPED", flush=True)
          except ChildProcessError: pass
      signal.signal(signal.SIGCHLD, reap)
      print("ready", flush=True)
      time.sleep(0.6)
    `;
    const main = `
      const codes = [];
      const child = (n) => new Promise((done) => spawn("sh", ["-c", "sleep 0.1; exit " + n]).on("exit", (code) => { codes.push(code); done(); }));
      const going = run(path);
      await sleep(150);
      await Promise.all([child(1), child(2), child(3)]);
      await going;
      await Promise.all([child(4)]);
      console.log(codes.sort().join());`;
    const result = await spawnWith(program, main);
    expect(result).toMatchObject({ ...clean, stdout: "ready\n1,2,3,4\n" });
  });

  it("shares SIGCHLD with C code of the bundle, before, beside and after Node's own children", async () => {
    const program = py`
      import _children, subprocess, sys, time
      assert _children.value() == 0
      def grows(why):
          before = _children.value()
          subprocess.run(["true"], check=True)
          until = time.monotonic() + 10
          while _children.value() == before and time.monotonic() < until: time.sleep(0.01)
          print(why, _children.value() > before, flush=True)
      grows("before")
      for why in sys.stdin: grows(why.strip())
    `;
    const main = `
      const child = () => new Promise((done) => spawn("sh", ["-c", "exit 3"]).on("exit", done));
      async function* lines() {
        console.log("node", await child());
        yield "after\\n";
        const long = spawn("sleep", ["5"]);
        yield "beside\\n";
        await sleep(300);
        long.kill();
        console.log("node", await new Promise((done) => long.on("exit", (_, signal) => done(signal))));
        yield "last\\n";
      }
      await run(path, { stdin: require("node:stream").Readable.from(lines()) });
      console.log("node", await child());`;
    const files = { "__main__.py": program, [`_children${extensionSuffix}`]: seesChildren() };
    const result = await spawnWith(files, main);
    expect(result).toMatchObject(clean);
    const lines = result.stdout.trim().split("\n");
    expect(lines.filter((line) => !line.startsWith("node"))).toEqual(
      ["before", "after", "beside", "last"].map((why) => `${why} True`),
    );
    expect(lines.filter((line) => line.startsWith("node"))).toEqual([
      "node 3",
      "node SIGTERM",
      "node 3",
    ]);
  });

  it("shares it in a worker too, while Node's main thread has a child", async () => {
    const program = py`
      import _children, subprocess, time
      _children.value()
      print("ready", flush=True)
      input()
      before = _children.value()
      subprocess.run(["true"], check=True)
      until = time.monotonic() + 10
      while _children.value() == before and time.monotonic() < until: time.sleep(0.01)
      print("seen", _children.value() > before, flush=True)
    `;
    const main = `
      const { Worker } = require("node:worker_threads");
      const inWorker = \`
        const { workerData: { path, package: name }, parentPort } = require("node:worker_threads");
        const { Readable } = require("node:stream");
        const { run } = require(name);
        let go; const line = new Promise((done) => (go = done));
        parentPort.once("message", go);
        const stdin = Readable.from((async function* () { await line; yield "go\\\\n"; })());
        run(path, { stdin, stdout: (text) => parentPort.postMessage(String(text)) }).then(() => parentPort.close());
      \`;
      const workerData = { path, package: require.resolve("inmem-python") };
      const worker = new Worker(inWorker, { eval: true, workerData });
      let child;
      worker.on("message", (text) => {
        console.log(text.trim());
        if (text.trim() !== "ready") return child.kill();
        child = spawn("sleep", ["20"]).on("spawn", () => worker.postMessage("go"));
      });
      await new Promise((done) => worker.on("exit", done));`;
    const files = { "__main__.py": program, [`_children${extensionSuffix}`]: seesChildren() };
    const result = await spawnWith(files, main);
    expect(result).toMatchObject({ ...clean, stdout: "ready\nseen True\n" });
  });

  it("leaves WebAssembly's traps working: SIGSEGV and faulthandler in Python", async () => {
    // (module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load))
    const wasm =
      "0061736d0100000001060160017f017f03020100050301000107050101660000" + "0a0901070020002802000b";
    const main = `
      const { instance } = await WebAssembly.instantiate(Buffer.from("${wasm}", "hex"));
      const trap = () => { try { return instance.exports.f(-1); } catch (error) { return error.name; } };
      console.log(instance.exports.f(0), trap());
      const going = run(path);
      await sleep(200);
      console.log(instance.exports.f(0), trap());
      await going;
      console.log(instance.exports.f(0), trap());`;
    const result = await spawnWith(`${takesAll}\nimport time; time.sleep(0.5)`, main);
    expect(result).toMatchObject({ ...clean, stdout: "0 RuntimeError\n".repeat(3) });
  });

  it("SIGPIPE stays ignored: writing to a closed pipe is EPIPE on both sides", async () => {
    const program = py`
      import os, signal
      signal.signal(signal.SIGPIPE, signal.SIG_DFL)
      r, w = os.pipe(); os.close(r)
      try: os.write(w, b"x")
      except BrokenPipeError: print("EPIPE in Python", flush=True)
    `;
    const main = `
      await run(path);
      const child = spawn("sh", ["-c", "exec 0<&-; echo closed; sleep 0.3"]);
      child.stdin.on("error", (e) => console.log("node", e.code));
      child.stdout.once("data", () => { child.stdin.write("x".repeat(1 << 20)); });`;
    const result = await spawnWith(program, main);
    expect(result).toMatchObject(clean);
    expect(result.stdout).toBe("EPIPE in Python\nnode EPIPE\n");
  });

  it("sees what it sends to itself: os.kill, signal.raise_signal", async () => {
    const program = py`
      import os, signal
      for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD):
          signal.signal(number, lambda n, f: print("saw", signal.Signals(n).name, flush=True))
          os.kill(os.getpid(), number)
          signal.raise_signal(number)
    `;
    const result = await spawnWith(program, "await run(path);");
    const twice = ["SIGTERM", "SIGUSR1", "SIGCHLD"].flatMap((name) => [
      `saw ${name}`,
      `saw ${name}`,
    ]);
    expect(result).toMatchObject({ ...clean, stdout: `${twice.join("\n")}\n` });
  });

  it("has working alarms and interval timers", async () => {
    const program = py`
      import signal, time
      class Late(Exception): pass
      def late(n, f): raise Late
      signal.signal(signal.SIGALRM, late)
      signal.setitimer(signal.ITIMER_REAL, 0.1)
      try: time.sleep(5)
      except Late: print("alarm", flush=True)
      signal.alarm(1)
      try:
          while True: pass
      except Late: print("alarm in a loop", flush=True)
    `;
    const result = await spawnWith(program, "await run(path);");
    expect(result).toMatchObject({ ...clean, stdout: "alarm\nalarm in a loop\n" });
  });

  it("has working subprocesses while Node has its own children", async () => {
    const program = py`
      import subprocess, sys
      codes = [subprocess.run(["sh", "-c", f"sleep 0.05; exit {n}"]).returncode for n in range(5)]
      p = subprocess.Popen(["cat"], stdin=-1, stdout=-1); out, _ = p.communicate(b"data")
      print(codes, out, p.returncode, flush=True)
      print(subprocess.run(["sleep", "10"], timeout=0.2) if 0 else "no", flush=True)
      try: subprocess.run(["sleep", "10"], timeout=0.2)
      except subprocess.TimeoutExpired: print("timeout", flush=True)
    `;
    const main = `
      const going = run(path);
      const codes = [];
      for (let i = 0; i < 5; i++) await new Promise((done) => exec("exit " + i, (e) => { codes.push(e?.code ?? 0); done(); }));
      await going;
      console.log(codes.join());`;
    const result = await spawnWith(program, main);
    expect(result).toMatchObject({
      ...clean,
      stdout: "[0, 1, 2, 3, 4] b'data' 0\nno\ntimeout\n0,1,2,3,4\n",
    });
  });
});

describe("children of Python", () => {
  it("have the default handlers, not Node's nor Python's", async () => {
    const program = py`
      import signal, subprocess
      signal.signal(signal.SIGTERM, lambda *a: None)
      p = subprocess.Popen(["sleep", "100"]); p.terminate(); print(p.wait(), flush=True)
      mask = subprocess.run(["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"], capture_output=True, text=True).stdout
      print(*mask.split(), flush=True)
    `;
    const main = `process.on("SIGTERM", () => console.log("node")); await run(path);`;
    const result = await spawnWith(program, main);
    expect(result.stdout).toMatch(/^-15\nSigBlk: 0{16} SigIgn: 0{16}\n$/);
  });
});
