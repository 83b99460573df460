// test/signals/modes.test.ts: option `signals`: who has them, when, and that they come back.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { clean, runWith } from "./support.js";

describe("mode python", () => {
  it("gives the signals back, to the listeners that Node has by then", async () => {
    const program = py`
      import signal, sys
      signal.signal(signal.SIGTERM, lambda n, f: None)
      print("ready", flush=True)
      sys.stdin.read()
    `;
    const main = `
      process.on("SIGINT", () => console.log("first"));
      const { PassThrough } = require("node:stream");
      const stdin = new PassThrough();
      const going = run(path, { signals: "python", stdin, stdout });
      await ready;
      const gone = () => console.log("gone");
      process.on("SIGHUP", gone);
      process.off("SIGHUP", gone);
      process.on("SIGTERM", () => console.log("second"));
      send("SIGTERM");
      await sleep(100);
      stdin.end();
      await going;
      for (const name of ["SIGINT", "SIGTERM"]) { send(name); await sleep(50); }
      send("SIGHUP");
      await sleep(2000);`;
    const result = await runWith(program, main);
    expect(result).toMatchObject({ code: null, signal: "SIGHUP", stderr: "" });
    expect(result.stdout).toBe("ready\nfirst\nsecond\n");
  });

  it("raises KeyboardInterrupt as often as SIGINT comes, and at once", async () => {
    const program = py`
      import time
      for _ in range(3):
          print("ready", flush=True)
          start = time.monotonic()
          try: time.sleep(20)
          except KeyboardInterrupt: print("interrupted", time.monotonic() - start < 5, flush=True)
    `;
    const main = `
      const stdout = (chunk) => { process.stdout.write(chunk); if (String(chunk).includes("ready")) setTimeout(send, 100, "SIGINT"); };
      console.log(await run(path, { signals: "python", stdout }));`;
    const result = await runWith(program, main);
    expect(result).toMatchObject(clean);
    expect(result.stdout).toBe(`${"ready\ninterrupted True\n".repeat(3)}{ exitCode: 0 }\n`);
  });

  it("rejects with PythonError after an uncaught KeyboardInterrupt, and Node goes on", async () => {
    const main = `
      const going = run(path, { signals: "python", stdout });
      await ready;
      send("SIGINT");
      await going.catch((error) => console.log(error.name, error.type));
      console.log("on");`;
    const program = `print("ready", flush=True)\nimport time\ntime.sleep(20)`;
    const result = await runWith(program, main);
    expect(result).toMatchObject({ code: 0, stdout: "ready\nPythonError KeyboardInterrupt\non\n" });
    expect(result.stderr).toMatch(/Traceback.*KeyboardInterrupt\n$/s);
  });

  it("honours SIG_IGN, for children too, pthread_sigmask and sigwait", async () => {
    const program = py`
      import os, signal, subprocess, sys
      signal.signal(signal.SIGHUP, signal.SIG_IGN)
      os.kill(os.getpid(), signal.SIGHUP)
      ignored = "import signal; print(signal.getsignal(signal.SIGHUP).name)"
      subprocess.run([sys.executable, "-c", ignored], check=True)
      signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
      print("ready", flush=True)
      print(signal.Signals(signal.sigwait([signal.SIGTERM])).name, flush=True)
      signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    `;
    const main = `
      const going = run(path, { signals: "python", stdout });
      await ready;
      send("SIGTERM");
      await going;`;
    const result = await runWith(program, main);
    expect(result).toMatchObject(clean);
    expect(result.stdout.trim().split("\n").sort()).toEqual(["SIGTERM", "SIG_IGN", "ready"]);
  });

  it("a forked child has the program's handlers", async () => {
    const program = py`
      import os, signal, time, warnings
      warnings.simplefilter("ignore")
      def on_term(n, f):
          os.write(1, b"child saw it" + bytes([10]))
          os._exit(7)
      signal.signal(signal.SIGTERM, on_term)
      child = os.fork()
      if child == 0:
          time.sleep(20)
          os._exit(1)
      time.sleep(0.2)
      os.kill(child, signal.SIGTERM)
      print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    `;
    for (const mode of ["python", "node"]) {
      const result = await runWith(program, `await run(path, { signals: "${mode}" });`);
      expect(result).toMatchObject({ ...clean, stdout: "child saw it\n7\n" });
    }
  });
});

describe("a signal at any moment of a run, before and after it", () => {
  const program = py`
    import os, signal
    signal.signal(signal.SIGINT, lambda n, f: os.write(1, b"P"))
    for _ in range(300_000): pass
  `;
  const main = (mode: string) => `
    let node = 0, interrupted = 0;
    process.on("SIGINT", () => node++);
    for (let i = 0; i < 60; i++) {
      const going = run(path, { signals: "${mode}" }).catch((error) => { if (error.type !== "KeyboardInterrupt") throw error; interrupted++; });
      const until = performance.now() + (i % 20) * 1.5;
      while (performance.now() < until);
      send("SIGINT");
      await going;
      await sleep(1);
    }
    await sleep(50);
    console.log("", node, interrupted);`;

  it("node: Node sees each", async () => {
    const result = await runWith(program, main("node"));
    expect(result).toMatchObject(clean);
    expect(result.stdout).toMatch(/^P* 60 0\n$/);
  });

  it("node: Node sees each once, when the run ends just then", async () => {
    const short = py`
      import signal
      signal.signal(signal.SIGINT, lambda n, f: None)
      for _ in range(3000): pass
    `;
    const many = `
      let node = 0;
      process.on("SIGINT", () => node++);
      for (let i = 0; i < 200; i++) {
        const going = run(path, { signals: "node" });
        const until = performance.now() + Math.random() * 4;
        while (performance.now() < until);
        send("SIGINT");
        await going;
        await sleep(1);
      }
      await sleep(50);
      console.log(node);`;
    expect(await runWith(short, many)).toMatchObject({ ...clean, stdout: "200\n" });
  });

  it("python: each is Python's or Node's, and none is lost", async () => {
    const result = await runWith(program, main("python"));
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0, timedOut: false });
    const [handled = "", node, interrupted] = result.stdout.trimEnd().split(" ");
    expect(handled.length + Number(node) + Number(interrupted)).toBe(60);
    expect(handled.length).toBeGreaterThan(0);
  });
});

describe.each(["node", "python"])("mode %s", (mode) => {
  it("ends a blocking call of Python's main thread: alarms, sleep, a read of stdin", async () => {
    const program = py`
      import signal, sys, time
      class Late(Exception): pass
      def late(n, f): raise Late
      signal.signal(signal.SIGALRM, late)
      def timed(call):
          signal.setitimer(signal.ITIMER_REAL, 0.1)
          start = time.monotonic()
          try: call()
          except Late: print(time.monotonic() - start < 4, flush=True)
      timed(lambda: time.sleep(8))
      timed(sys.stdin.readline)
    `;
    const main = `
      const { PassThrough } = require("node:stream");
      await run(path, { signals: "${mode}", stdin: new PassThrough() });
      await run(path, { signals: "${mode}" });`;
    const result = await runWith(program, main, { stdin: "" });
    expect(result).toMatchObject(clean);
    // The second run's stdin has ended: nothing to wait for.
    expect(result.stdout).toBe("True\nTrue\nTrue\n");
  });

  it("a listener that Node sets or takes away does not take the signal from the program", async () => {
    const program = py`
      import signal, sys
      seen = []
      signal.signal(signal.SIGTERM, lambda n, f: seen.append(n))
      print("ready", flush=True)
      for line in sys.stdin: print(len(seen), flush=True)
    `;
    const main = `
      const { PassThrough } = require("node:stream");
      const stdin = new PassThrough();
      const going = run(path, { signals: "${mode}", stdin, stdout });
      await ready;
      const listener = () => console.log("node");
      process.on("SIGTERM", listener);
      send("SIGTERM"); await sleep(50);
      process.off("SIGTERM", listener);
      send("SIGTERM"); await sleep(50);
      stdin.end("x\\n");
      await going;
      console.log(process.listenerCount("newListener"), process.listenerCount("removeListener"));`;
    const bare = await runWith("", `await run(path); ${main.split("\n").at(-1)}`);
    const result = await runWith(program, main);
    expect(result).toMatchObject(clean);
    const node = mode === "node" ? "node\n" : "";
    expect(result.stdout).toBe(`ready\n${node}2\n${bare.stdout}`);
  });

  it("works in a worker", async () => {
    const program = py`
      import signal, time
      def on_term(n, f): raise SystemExit(9)
      signal.signal(signal.SIGTERM, on_term)
      print("ready", flush=True)
      time.sleep(20)
    `;
    const main = `
      const { Worker } = require("node:worker_threads");
      const inWorker = \`
        const { workerData: { path, name, signals }, parentPort } = require("node:worker_threads");
        const { run } = require(name);
        run(path, { signals, stdout: (text) => parentPort.postMessage(String(text)) }).then(({ exitCode }) => parentPort.postMessage(exitCode));
      \`;
      const workerData = { path, name: require.resolve("inmem-python"), signals: "${mode}" };
      const worker = new Worker(inWorker, { eval: true, workerData });
      process.on("SIGTERM", () => console.log("node"));
      worker.on("message", async (text) => {
        if (text === "ready\\n") { await sleep(300); send("SIGTERM"); }
        else console.log(text);
      });
      await new Promise((done) => worker.on("exit", done));`;
    const result = await runWith(program, main);
    expect(result).toMatchObject(clean);
    const lines = result.stdout.trim().split("\n").sort();
    expect(lines).toEqual(mode === "node" ? ["9", "node"] : ["9"]);
  });
});

describe("in a process of its own", () => {
  it.each(["node", "python"])("a signal sent to it is Python's, mode %s", async (mode) => {
    const program = py`
      import os, signal, time
      def on_term(n, f): raise SystemExit(9)
      signal.signal(signal.SIGTERM, on_term)
      print("ready", os.getpid(), flush=True)
      time.sleep(20)
    `;
    const main = `
      let pid;
      const stdout = (text) => { pid = Number(/ready (\\d+)/.exec(text)[1]); isReady(); };
      const going = run(path, { process: true, signals: "${mode}", stdout });
      await ready;
      process.kill(pid, "SIGTERM");
      console.log(pid !== process.pid, await going);`;
    const result = await runWith(program, main);
    expect(result).toMatchObject({ ...clean, stdout: "true { exitCode: 9 }\n" });
  });
});

describe("a wrong mode", () => {
  it("is a TypeError that names the right ones", async () => {
    const main = `await run(path, { signals: "both" }).catch((error) => console.log(error.name, error.message));`;
    const result = await runWith("", main);
    expect(result.stdout).toBe(
      'TypeError Expected "node" or "python" for signals but received "both" of type string\n',
    );
  });
});
