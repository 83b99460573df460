// test/run/given-up.test.ts: aborted runs whose streams take nothing, or whose times are out of the ordinary.
import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { api, bundleOf, failPython, py, runPython } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";

const never = (onFirst: () => void = () => undefined) => new Writable({ write: onFirst });

const chatty = "for _ in range(20): print('x' * 1_000_000)";

describe.each([
  ["inside Node", {}],
  ["in a process of its own", { process: true }],
])("a run %s whose stdout is never taken", (_, more) => {
  it("that printed much ends when its grace is over, and the next one has its own output", async () => {
    const controller = new AbortController();
    const { error } = await failPython(chatty, {
      ...more,
      stdout: never(() => controller.abort()),
      signal: controller.signal,
      abortGraceMs: 300,
    });
    expect(error.code).toBe("ERR_INMEM_ABORT_TIMEOUT");
    const next = await runPython("print('next')", { queue: true });
    expect(next).toMatchObject({ exitCode: 0, stdout: "next\n" });
  });

  it("that is through rejects after the grace, and does not hit the run that goes by then", async () => {
    const controller = new AbortController();
    const first = failPython("print('x')", {
      ...more,
      stdout: never(),
      signal: controller.signal,
      abortGraceMs: 300,
    });
    const second = runPython("import time; print('begun'); time.sleep(0.6); print('through')", {
      queue: true,
    });
    setTimeout(() => controller.abort(), 300);
    const { error } = await first;
    expect(error.code).toBe("ERR_INMEM_ABORT_TIMEOUT");
    expect(error.message).toContain("was not taken");
    expect(await second).toMatchObject({ exitCode: 0, stdout: "begun\nthrough\n" });
  });
});

describe("a run that was given up", () => {
  it("gets the end of its input, and takes nothing more of the stream", async () => {
    const stdin = new PassThrough();
    const stubborn = py`
      import sys
      def read():
          try: return sys.stdin.read()
          except KeyboardInterrupt: return read()
      read()
    `;
    const { error } = await failPython(stubborn, {
      stdin,
      signal: AbortSignal.timeout(200),
      abortGraceMs: 0,
    });
    expect(error.code).toBe("ERR_INMEM_ABORT_TIMEOUT");
    expect((await runPython("print('free')", { queue: true })).stdout).toBe("free\n");
    stdin.write("late");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(String(stdin.read())).toBe("late");
  });

  it("does not keep Node from ending", async () => {
    const { code, stdout, timedOut } = await spawnNode(
      `const { run } = require("inmem-python");
       const { Writable } = require("node:stream");
       const options = {
         stdout: new Writable({ write() {} }),
         stderr: () => {},
         signal: AbortSignal.timeout(300),
         abortGraceMs: 300,
       };
       run(Buffer.from(process.argv[2], "base64"), options).catch(({ code }) => console.log(code));`,
      { args: [bundleOf(chatty).toString("base64")], timeoutMs: 30_000 },
    );
    expect({ code, stdout, timedOut }).toEqual({
      code: 0,
      stdout: "ERR_INMEM_ABORT_TIMEOUT\n",
      timedOut: false,
    });
  });
});

describe.each([
  ["inside Node", {}],
  ["in a process of its own", { process: true }],
])("an abort of a run %s", (_, more) => {
  it("with a grace beyond Node's timers gives the program its time", async () => {
    const patient = py`
      import time
      try:
          print("ready", flush=True)
          time.sleep(100)
      except KeyboardInterrupt:
          time.sleep(0.3)
          raise SystemExit(7)
    `;
    const controller = new AbortController();
    const { exitCode } = await api.run(bundleOf(patient), {
      ...more,
      signal: controller.signal,
      abortGraceMs: 2 ** 40,
      stdout: () => controller.abort(),
    });
    expect(exitCode).toBe(7);
  });

  it.each([[{ signal: "nonsense" }], [{ signal: "toString" }], [{ signal: 9 }], [null]])(
    "for the reason %j is SIGINT's",
    async (reason) => {
      const controller = new AbortController();
      const { error } = await failPython(
        "import time; print('ready', flush=True); time.sleep(100)",
        {
          ...more,
          signal: controller.signal,
          stdout: () => controller.abort(reason),
        },
      );
      expect(error.code).toBe("ERR_INMEM_ABORTED");
    },
  );
});
