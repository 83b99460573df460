// test/run/abort.test.ts: AbortSignal as KeyboardInterrupt, the grace, and what comes after.
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RunOptions } from "../../lib/index.js";
import { api, bundleOf, failPython, py, runPython } from "../helpers/python.js";

/** Runs a program and aborts it when it has printed "ready"; gives the outcome and the time since. */
async function abortWhenReady(source: string, options: RunOptions & { reason?: unknown } = {}) {
  const { reason, ...rest } = options;
  const controller = new AbortController();
  let out = "";
  let err = "";
  let abortedAt = 0;
  const outcome = await api
    .run(bundleOf(source), {
      ...rest,
      signal: controller.signal,
      stdout(chunk) {
        out += chunk;
        if (abortedAt === 0 && out.includes("ready")) {
          abortedAt = performance.now() + 50;
          setTimeout(() => controller.abort(reason), 50);
        }
      },
      stderr(chunk) {
        err += chunk;
      },
    })
    .then(
      ({ exitCode }) => ({ exitCode, error: undefined }),
      (error) => ({ exitCode: undefined, error }),
    );
  return { ...outcome, stdout: out, stderr: err, tookMs: performance.now() - abortedAt };
}

const blocking: Record<string, [string, RunOptions?]> = {
  "time.sleep": ["import time; print('ready', flush=True); time.sleep(100)"],
  "a busy loop": ["print('ready', flush=True)\nwhile True: pass"],
  "socket.accept": [
    "import socket; s = socket.create_server(('127.0.0.1', 0)); print('ready', flush=True); s.accept()",
  ],
  "socket.recv": [
    "import socket; a, b = socket.socketpair(); print('ready', flush=True); a.recv(1)",
  ],
  "select.select": ["import select; print('ready', flush=True); select.select([], [], [], 100)"],
  "select.poll": ["import select; p = select.poll(); print('ready', flush=True); p.poll(100000)"],
  "os.read of a pipe": ["import os; r, w = os.pipe(); print('ready', flush=True); os.read(r, 1)"],
  "queue.get": ["import queue; q = queue.Queue(); print('ready', flush=True); q.get()"],
  "Lock.acquire": [
    "import threading; l = threading.Lock(); l.acquire(); print('ready', flush=True); l.acquire()",
  ],
  "Event.wait": ["import threading; print('ready', flush=True); threading.Event().wait()"],
  "Thread.join": [
    "import threading, time; t = threading.Thread(target=time.sleep, args=(30,), daemon=True); t.start(); print('ready', flush=True); t.join()",
  ],
  "a child's wait": [
    "import subprocess; p = subprocess.Popen(['sleep', '5']); print('ready', flush=True); p.wait()",
  ],
  "asyncio.run": [
    "import asyncio\nasync def main():\n    print('ready', flush=True)\n    await asyncio.sleep(100)\nasyncio.run(main())",
  ],
  "input() through JavaScript": [
    "print('ready', flush=True); input()",
    { stdin: new PassThrough() },
  ],
  "sys.stdin.read() through JavaScript": [
    "import sys; print('ready', flush=True); sys.stdin.read()",
    { stdin: new PassThrough() },
  ],
};

describe("an abort", () => {
  it.each(Object.entries(blocking))("ends %s at once", async (_name, [source, options]) => {
    const { error, stderr, tookMs } = await abortWhenReady(source, options);
    expect(error).toBeInstanceOf(api.InmemError);
    expect(error.code).toBe("ERR_INMEM_ABORTED");
    expect(stderr).toContain("KeyboardInterrupt");
    expect(tookMs).toBeLessThan(2000);
    expect((await runPython("print('next')")).stdout).toBe("next\n");
  });

  it("carries the signal's reason as cause", async () => {
    const reason = new Error("the user left");
    const { error } = await abortWhenReady(
      "import time; print('ready', flush=True); time.sleep(9)",
      { reason },
    );
    expect(error.cause).toBe(reason);
    expect(error.message).toContain("KeyboardInterrupt");
  });

  it("works with AbortSignal.timeout and AbortSignal.any", async () => {
    const source = "import time; time.sleep(100)";
    const signal = AbortSignal.any([AbortSignal.timeout(100), new AbortController().signal]);
    const { error } = await failPython(source, { signal });
    expect(error.code).toBe("ERR_INMEM_ABORTED");
    expect((error.cause as Error).name).toBe("TimeoutError");
  });

  it("lets the program clean up: finally, with, except, exit status", async () => {
    const source = py`
      import contextlib, sys, time
      @contextlib.contextmanager
      def resource():
          try: yield
          finally: print("closed", flush=True)
      try:
          with resource():
              print("ready", flush=True)
              time.sleep(100)
      except KeyboardInterrupt:
          print("caught", flush=True)
          sys.exit(3)
    `;
    const { exitCode, stdout } = await abortWhenReady(source);
    expect([exitCode, stdout]).toEqual([3, "ready\nclosed\ncaught\n"]);
  });

  it("reaches a real server: socketserver answers, then ends", async () => {
    const source = py`
      import http.server, threading, urllib.request
      class Handler(http.server.BaseHTTPRequestHandler):
          def do_GET(self):
              self.send_response(200); self.end_headers(); self.wfile.write(b"hello")
          def log_message(self, *a): pass
      with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
          print("port", server.server_address[1], flush=True)
          try: server.serve_forever()
          finally: print("server closed", flush=True)
    `;
    const controller = new AbortController();
    let out = "";
    const done = api
      .run(bundleOf(source), {
        signal: controller.signal,
        stderr: () => undefined,
        stdout(chunk) {
          out += chunk;
          const port = /port (\d+)/.exec(out)?.[1];
          if (!port || out.includes("server closed")) return;
          void fetch(`http://127.0.0.1:${port}/`)
            .then((response) => response.text())
            .then((text) => {
              out += `[${text}]`;
              controller.abort();
            });
        },
      })
      .catch((error) => error);
    expect((await done).code).toBe("ERR_INMEM_ABORTED");
    expect(out).toMatch(/^port \d+\n\[hello\]server closed\n$/);
  });

  it("runs the program's own SIGINT handler instead", async () => {
    const source = py`
      import signal, time
      stop = []
      signal.signal(signal.SIGINT, lambda n, f: stop.append(n))
      print("ready", flush=True)
      while not stop: time.sleep(0.01)
      print("stopped by", stop[0], flush=True)
    `;
    const { exitCode, stdout } = await abortWhenReady(source);
    expect([exitCode, stdout]).toEqual([0, "ready\nstopped by 2\n"]);
  });

  it("with reason { signal: SIGTERM } runs its own SIGTERM handler, else KeyboardInterrupt", async () => {
    const handler = py`
      import signal, sys, time
      signal.signal(signal.SIGTERM, lambda n, f: sys.exit(40 + n))
      print("ready", flush=True); time.sleep(100)
    `;
    const reason = { signal: "SIGTERM" };
    expect((await abortWhenReady(handler, { reason })).exitCode).toBe(55);
    const none = await abortWhenReady("import time; print('ready', flush=True); time.sleep(100)", {
      reason,
    });
    expect(none.error.code).toBe("ERR_INMEM_ABORTED");
  });

  it("runs asyncio's add_signal_handler", async () => {
    const source = py`
      import asyncio, signal
      async def main():
          stop = asyncio.Event()
          loop = asyncio.get_running_loop()
          loop.add_signal_handler(signal.SIGTERM, stop.set)
          print("ready", flush=True)
          await stop.wait()
          print("stopped", flush=True)
      asyncio.run(main())
    `;
    const { exitCode, stdout } = await abortWhenReady(source, { reason: { signal: "SIGTERM" } });
    expect([exitCode, stdout]).toEqual([0, "ready\nstopped\n"]);
  });

  it("in a program of many threads ends the main one; the others are awaited", async () => {
    const source = py`
      import threading, time
      stop = threading.Event()
      threads = [threading.Thread(target=stop.wait) for _ in range(4)]
      [t.start() for t in threads]
      print("ready", flush=True)
      try: time.sleep(100)
      finally: stop.set()
    `;
    expect((await abortWhenReady(source)).error.code).toBe("ERR_INMEM_ABORTED");
  });

  it("before the run rejects without running", async () => {
    const signal = AbortSignal.abort(new Error("early"));
    const { error, stdout } = await failPython("print('never')", { signal });
    expect([error.code, stdout]).toEqual(["ERR_INMEM_ABORTED", ""]);
    expect(error.message).toContain("did not begin");
    expect((await runPython("print('next')")).stdout).toBe("next\n");
  });

  it.each([0, 1, 2, 5, 10])("%i ms after run() is not lost", async (ms) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), ms);
    const promise = failPython("import time; time.sleep(100)", { signal: controller.signal });
    expect((await promise).error.code).toBe("ERR_INMEM_ABORTED");
    expect((await runPython("print('next')")).stdout).toBe("next\n");
  });

  it("in the same turn as run() is not lost", async () => {
    const controller = new AbortController();
    const promise = failPython("import time; time.sleep(100)", { signal: controller.signal });
    controller.abort();
    expect((await promise).error.code).toBe("ERR_INMEM_ABORTED");
  });

  it("after the run has no effect, neither on it nor on the next", async () => {
    const controller = new AbortController();
    await runPython("print(1)", { signal: controller.signal });
    const next = runPython("import time; time.sleep(0.2); print('undisturbed')");
    controller.abort();
    expect((await next).stdout).toBe("undisturbed\n");
  });

  it("as the run ends does not hit the next one", async () => {
    for (let i = 0; i < 30; i++) {
      const controller = new AbortController();
      const first = api.run(bundleOf("pass"), {
        signal: controller.signal,
        stderr: () => undefined,
      });
      setTimeout(() => controller.abort(), i % 8);
      await first.catch((error) => expect(error.code).toBe("ERR_INMEM_ABORTED"));
      controller.abort();
      expect((await runPython("import time; time.sleep(0.005); print('ok')")).stdout).toBe("ok\n");
    }
  });
});

describe("the grace", () => {
  // Whatever line the interrupt meets: it is swallowed, and the work goes on.
  const stubborn = (ms: number) => py`
    import time
    end = time.monotonic() + ${ms / 1000}
    def work():
        try:
            while time.monotonic() < end: time.sleep(0.05)
        except KeyboardInterrupt: work()
    try:
        print("ready", flush=True)
        work()
    except KeyboardInterrupt: work()
    print("over", flush=True)
  `;

  it("over: rejects, stays BUSY until the program ends, then is free", async () => {
    const { error, tookMs } = await abortWhenReady(stubborn(1500), { abortGraceMs: 200 });
    expect(error.code).toBe("ERR_INMEM_ABORT_TIMEOUT");
    expect(error.message).toContain("200 ms");
    expect(tookMs).toBeGreaterThan(150);
    expect(tookMs).toBeLessThan(1000);
    expect((await failPython("print(1)")).error.code).toBe("ERR_INMEM_BUSY");
    expect((await runPython("print('queued')", { queue: true })).stdout).toBe("queued\n");
  });

  it("of 0 gives the program no time", async () => {
    const { error, tookMs } = await abortWhenReady(stubborn(400), { abortGraceMs: 0 });
    expect(error.code).toBe("ERR_INMEM_ABORT_TIMEOUT");
    expect(tookMs).toBeLessThan(300);
    await runPython("pass", { queue: true });
  });

  it("of Infinity waits for the program", async () => {
    const { exitCode, stdout } = await abortWhenReady(stubborn(600), {
      abortGraceMs: Number.POSITIVE_INFINITY,
    });
    expect([exitCode, stdout]).toEqual([0, "ready\nover\n"]);
  });

  it("is long enough for a program that takes its time", async () => {
    const source = py`
      import sys, time
      try: print("ready", flush=True); time.sleep(100)
      except KeyboardInterrupt:
          time.sleep(0.3)
          sys.exit(6)
    `;
    expect((await abortWhenReady(source, { abortGraceMs: 3000 })).exitCode).toBe(6);
  });

  it("over: what is printed later goes nowhere, and the next run's output is its own", async () => {
    const { error } = await abortWhenReady(stubborn(500), { abortGraceMs: 50 });
    expect(error.code).toBe("ERR_INMEM_ABORT_TIMEOUT");
    await sleep(10);
    expect((await runPython("print('mine')", { queue: true })).stdout).toBe("mine\n");
  });

  it("over: the last interrupt passes the program's own handler", async () => {
    const source = py`
      import signal, time
      signal.signal(signal.SIGINT, signal.SIG_IGN)
      print("ready", flush=True)
      while True: time.sleep(0.05)
    `;
    const { error } = await abortWhenReady(source, { abortGraceMs: 200 });
    expect(["ERR_INMEM_ABORT_TIMEOUT", "ERR_INMEM_ABORTED"]).toContain(error.code);
    // It would hold the interpreter for ever otherwise.
    expect((await runPython("print('free')", { queue: true })).stdout).toBe("free\n");
  });
});
