// test/run/stream-ends.test.ts: streams that lag behind, wait or are left unread, inside Node and in a process of its own.
import { PassThrough, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { api, bundleOf, py, runPython } from "../helpers/python.js";

describe.each([
  ["inside Node", {}],
  ["in a process of its own", { process: true }],
])("a run %s", (_, more) => {
  it("hands all output to a stream that is slower than the program", async () => {
    const sizeBytes = 150_000; // more than fits into a pipe at the program's end
    let taken = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length;
        setTimeout(done, 350);
      },
    });
    await runPython(`print("x" * ${sizeBytes - 1})`, { ...more, stdout: slow });
    expect(taken).toBe(sizeBytes);
  });

  it("hands all output to a function that is slower than the program", async () => {
    let taken = 0;
    const stdout = (chunk: Buffer) => {
      taken += chunk.length;
      const until = performance.now() + 300;
      while (performance.now() < until); // the event loop stands still
    };
    await runPython(`print("x" * 149_999)`, { ...more, stdout });
    expect(taken).toBe(150_000);
  });

  it("does not mind a program that reads none of its stdin", async () => {
    const { exitCode } = await runPython("raise SystemExit(3)", {
      ...more,
      stdin: "x".repeat(5_000_000),
    });
    expect(exitCode).toBe(3);
  });

  it("leaves no listeners on stdin, and none of what comes after the end is taken", async () => {
    const warned = vi.fn();
    process.on("warning", warned);
    const stdin = new PassThrough();
    const main = py`
      import sys, threading
      for _ in range(20): sys.stdout.write(sys.stdin.readline()); sys.stdout.flush()
      threading.Thread(target=sys.stdin.readline, daemon=True).start()
    `;
    // The next line is written when the one before is through.
    let lines = 0;
    stdin.write("0\n");
    const stdout = (chunk: Buffer) => {
      for (const line of String(chunk).trim().split("\n")) {
        expect(line).toBe(String(lines++));
        if (lines < 20) setTimeout(() => stdin.write(`${lines}\n`), 5);
      }
    };
    await api.run(bundleOf(main), { ...more, stdin, stdout });
    expect(lines).toBe(20);
    stdin.write("late");
    await sleep(20);
    expect(String(stdin.read())).toBe("late");
    const events = ["readable", "end", "close", "error"];
    const own = events.map((event) => new PassThrough().listenerCount(event));
    expect(events.map((event) => stdin.listenerCount(event))).toEqual(own);
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
  });

  it("rejects with the error of its stdin", async () => {
    const stdin = new PassThrough();
    setTimeout(() => stdin.destroy(new Error("of the stream")), 50);
    const ran = runPython("import sys; sys.stdin.read()", { ...more, stdin });
    await expect(ran).rejects.toThrow("of the stream");
  });

  it.each(["before the run", "half-way"])("rejects for a stdin destroyed %s", async (when) => {
    const stdin = new PassThrough();
    stdin.write("half");
    if (when === "before the run") stdin.destroy();
    else setTimeout(() => stdin.destroy(), 50);
    const ran = runPython("import sys; sys.stdin.read()", { ...more, stdin });
    await expect(ran).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
  });

  it.each([
    ["silent", "signal.pause()"],
    ["talking", "while True: print(file=sys.stderr, flush=True); time.sleep(0.02)"],
  ])("does not wait for what os.fork() has left running: %s", async (_what, forked) => {
    const main = py`
      import os, signal, sys, time
      child = os.fork()
      if child == 0:
          signal.alarm(30)
          ${forked}
      print(child)
    `;
    const begun = performance.now();
    const { stdout } = await runPython(main, { ...more, stderr: () => undefined });
    process.kill(Number(stdout), "SIGKILL");
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});
