// test/bridge/async-limits.test.ts: calls that end in time, by a signal, or by py.interrupt().
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { zipFile } from "../helpers/zip.js";

interface Callable {
  (...args: unknown[]): unknown;
  callAsync(...args: unknown[]): Promise<unknown>;
  callWithOptions(options: object, ...args: unknown[]): unknown;
  callAsyncWithOptions(options: object, ...args: unknown[]): Promise<unknown>;
}

const py = await api.start();

function define(code: string): Callable {
  return py.runPython(code) as Callable;
}

/** Would last for ever, or for longer than a test may. */
const blocking: Record<string, string> = {
  "a busy loop": "def f():\n  while True: pass\nf",
  "time.sleep()": "import time\nlambda: time.sleep(600)",
  "Event.wait()": "import threading\nlambda: threading.Event().wait()",
  "Event.wait() with a time": "import threading\nlambda: threading.Event().wait(600)",
  "a lock": "import threading\nlock = threading.Lock()\nlock.acquire()\nlambda: lock.acquire()",
  "an RLock": `
import threading
rlock = threading.RLock()
owner = threading.Thread(target=rlock.acquire)
owner.start(); owner.join()
lambda: rlock.acquire()`,
  // C code that never gives the GIL away, but asks for signals.
  "a regular expression": "import re\nlambda: re.match('(a+)+b', 'a' * 60)",
  "a power of large ints": "lambda: 7 ** (10 ** 8)",
  "a queue": "import queue\nlambda: queue.Queue().get()",
  "a socket": "import socket\npair = socket.socketpair()\nlambda: pair[0].recv(1)",
  "select()": "import select\nlambda: select.select([pair[0]], [], [])",
};

/** On JavaScript's thread and on Python's. */
async function expectTimeout(call: Callable): Promise<void> {
  const expected = { code: "ERR_INMEM_TIMEOUT", cause: { type: "CallTimeout" } };
  let caught: unknown;
  try {
    call.callWithOptions({ timeout: 20 });
  } catch (error) {
    caught = error;
  }
  expect(caught).toMatchObject(expected);
  await expect(call.callAsyncWithOptions({ timeout: 20 })).rejects.toMatchObject(expected);
}

describe("timeout", () => {
  for (const [name, code] of Object.entries(blocking)) {
    it(`ends ${name}, on JavaScript's thread and on Python's`, async () => {
      await expectTimeout(define(code));
      expect(py.runPython("1 + 1")).toBe(2);
    });
  }

  it("ends an extension that asks for signals as it waits", async () => {
    // It gives up at last, so that nobody waits for ever where it is not told.
    const source = extensionSource(
      "asking",
      0,
      "int PyErr_CheckSignals(void), usleep(unsigned);",
    ).replace(
      "return PyLong",
      "for (int i = 0; i < 8000; i++) if (PyErr_CheckSignals()) return 0; else usleep(1000);\n  return PyLong",
    );
    const path = zipFile(
      { [`asking${extensionSuffix}`]: sharedObject("asking", source) },
      "asking.pyz",
    );
    py.mount(path);
    await expectTimeout(define("import asking; asking.value"));
  });

  it("ends a regular expression in a coroutine", async () => {
    const match = define("async def match():\n  re.match('(a+)+b', 'a' * 60)\nimport re; match");
    await expect(match.callAsyncWithOptions({ timeout: 20 })).rejects.toMatchObject({
      code: "ERR_INMEM_TIMEOUT",
    });
    expect(await py.runPythonAsync("import asyncio; await asyncio.sleep(0, 5)")).toBe(5);
  });

  it("is refused under another name", () => {
    const add = define("lambda a, b: a + b");
    for (const options of [{ timeOut: 5 }, { a: 1 }, [5]]) {
      expect(() => add.callWithOptions(options, 1, 2)).toThrow(/unknown option .* timeout, signal/);
    }
  });

  it("is no error where the call ends in time", async () => {
    const add = define("lambda a, b: a + b");
    expect(add.callWithOptions({ timeout: 60_000 }, 1, 2)).toBe(3);
    expect(await add.callAsyncWithOptions({ timeout: 60_000 }, 1, 2)).toBe(3);
    expect(() => add.callWithOptions({ timeout: 60_000 }, 1, "x")).toThrow(/unsupported operand/);
  });

  it("raises again where the exception is caught", () => {
    const stubborn = define(`
def stubborn():
    caught = 0
    while True:
        try:
            while True: pass
        except KeyboardInterrupt:
            caught += 1
            if caught == 2: raise
stubborn`);
    expect(() => stubborn.callWithOptions({ timeout: 20 })).toThrow(
      expect.objectContaining({ code: "ERR_INMEM_TIMEOUT" }),
    );
  });

  it("cancels a coroutine where it waits, and interrupts its code where it computes", async () => {
    const wait = define(`
import asyncio
seen = []
async def wait(begun):
    try:
        asyncio.get_running_loop().call_soon(begun)  # once it waits
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        seen.append("cancelled")
        raise
wait`);
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const begun = () => setImmediate(() => controller.abort());
    await expect(wait.callAsyncWithOptions(options, begun)).rejects.toMatchObject({
      code: "ERR_INMEM_ABORTED",
    });
    // The rejection may come before the task has its turn.
    await expect.poll(() => py.runPython("tuple(seen)")).toEqual(["cancelled"]);
    const busy = define("async def busy():\n  while True: pass\nbusy");
    await expect(busy.callAsyncWithOptions({ timeout: 20 })).rejects.toMatchObject({
      code: "ERR_INMEM_TIMEOUT",
    });
    expect(await py.runPythonAsync("await asyncio.sleep(0)\n7")).toBe(7);
  });

  it("tells when Python does not end: the call is left behind", async () => {
    // Nothing raises in code that catches all, until it has seen what it waits for.
    const deaf = define(`
import threading
go = threading.Event()
def deaf(begun):
    told = False
    while True:
        try:
            if not told:
                told = True
                begun()
            while not go.is_set(): go.wait()
            return
        except KeyboardInterrupt: pass
deaf`);
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const begun = () => setImmediate(() => controller.abort());
    const error = await deaf.callAsyncWithOptions(options, begun).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "ERR_INMEM_ABORTED" });
    expect(String(error)).toContain("still in Python");
    py.runPython("go.set()");
  });

  it("holds for runPython() and runPythonAsync()", async () => {
    expect(() => py.runPython("while True: pass", { timeout: 20 })).toThrow(/20 ms/);
    await expect(
      py.runPythonAsync("import time\ntime.sleep(600)", { timeout: 20 }),
    ).rejects.toMatchObject({ code: "ERR_INMEM_TIMEOUT" });
  });

  it("refuses what is no time and no signal", () => {
    const add = define("lambda: 0");
    expect(() => add.callWithOptions({ timeout: -1 })).toThrow(RangeError);
    expect(() => add.callWithOptions({ timeout: "1" })).toThrow(TypeError);
    expect(() => add.callWithOptions({ signal: {} })).toThrow(TypeError);
    expect(() => add.callWithOptions(null as unknown as object)).toThrow(TypeError);
  });
});

describe("signal", () => {
  it("ends a call, with the signal's reason as the cause", async () => {
    const sleep = define("import time\ndef sleep(begun):\n  begun()\n  time.sleep(600)\nsleep");
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = sleep.callAsyncWithOptions({ signal: controller.signal }, () =>
      setImmediate(() => controller.abort(reason)),
    );
    const error = (await call.catch((e: unknown) => e)) as Error;
    expect(error).toMatchObject({ code: "ERR_INMEM_ABORTED" });
    expect(error.cause).toBe(reason);
  });

  it("ends a call that JavaScript waits for, by a callback", () => {
    const call = define("import time\ndef call(f):\n  f()\n  time.sleep(600)\ncall");
    const controller = new AbortController();
    expect(() =>
      call.callWithOptions({ signal: controller.signal }, () => controller.abort()),
    ).toThrow(expect.objectContaining({ code: "ERR_INMEM_ABORTED" }));
  });

  it("lets nothing begin that was aborted before", async () => {
    const signal = AbortSignal.abort();
    const never = define("begun = []\nlambda: begun.append(1)");
    expect(() => never.callWithOptions({ signal })).toThrow(
      expect.objectContaining({ code: "ERR_INMEM_ABORTED" }),
    );
    await expect(never.callAsyncWithOptions({ signal })).rejects.toMatchObject({
      code: "ERR_INMEM_ABORTED",
    });
    expect(py.runPython("len(begun)")).toBe(0);
  });
});

it("py.interrupt() raises KeyboardInterrupt in all calls", async () => {
  const sleep = define("import time\ndef sleep(begun):\n  begun()\n  time.sleep(600)\nsleep");
  let begun = 0;
  const calls = [1, 2].map(() =>
    sleep
      .callAsync(() => {
        begun++;
        if (begun === 2) setImmediate(() => py.interrupt());
      })
      .catch((error: unknown) => error),
  );
  for (const error of await Promise.all(calls)) {
    expect(error).toMatchObject({ type: "KeyboardInterrupt" });
  }
});

describe("callWithOptions() of what can be awaited", () => {
  const slow = define(`
import asyncio
ends = []
async def slow(begun=None):
    try:
        if begun: asyncio.get_running_loop().call_soon(begun)
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        ends.append("cancelled")
        raise
slow`);

  it("is limited until it is done", async () => {
    const expected = { code: "ERR_INMEM_TIMEOUT", message: "the call took longer than 50 ms" };
    await expect(slow.callWithOptions({ timeout: 50 })).rejects.toMatchObject(expected);
    await expect(py.runPython("slow()", { timeout: 50 })).rejects.toMatchObject(expected);
    await expect.poll(() => py.runPython("tuple(ends)")).toEqual(["cancelled", "cancelled"]);
  });

  it("has the time from the call on, and ends by the signal", async () => {
    const late = slow.callWithOptions({ timeout: 50 }) as Promise<unknown>;
    late.catch(() => undefined); // it ends before anybody waits
    await new Promise((resolve) => setTimeout(resolve, 60));
    const before = performance.now();
    await expect(late).rejects.toMatchObject({ code: "ERR_INMEM_TIMEOUT" });
    expect(performance.now() - before).toBeLessThan(5_000);
    const controller = new AbortController();
    const begun = () => setImmediate(() => controller.abort());
    await expect(slow.callWithOptions({ signal: controller.signal }, begun)).rejects.toMatchObject({
      code: "ERR_INMEM_ABORTED",
    });
  });

  it("is no error where it is done in time", async () => {
    const soon = define("async def soon(n):\n  await asyncio.sleep(0.01)\n  return n + 1\nsoon");
    expect(await soon.callWithOptions({ timeout: 60_000 }, 1)).toBe(2);
    expect(await soon.callWithOptions({ signal: new AbortController().signal }, 2)).toBe(3);
  });
});

describe("py.interrupt() in a callback", () => {
  const interrupted = expect.objectContaining({ type: "KeyboardInterrupt" });
  const below = (body: string) => define(`import time\ndef below(f):\n${body}\nbelow`);

  it("ends the call that JavaScript waits for", () => {
    for (const rest of ["return 1", "time.sleep(60)", "while True: pass"]) {
      const call = below(`  f()\n  ${rest}`);
      expect(() => call(() => py.interrupt())).toThrow(interrupted);
      expect(() => call.callWithOptions({ timeout: 60_000 }, () => py.interrupt())).toThrow(
        interrupted,
      );
    }
    expect(py.runPython("1 + 1")).toBe(2);
  });

  it("lets finally blocks run, and interrupts again where it was caught", () => {
    const call = below(`
  seen = []
  try:
    f()
  except KeyboardInterrupt:
    seen.append("caught")
  try:
    time.sleep(60)
  finally:
    time.sleep(0.05)
    f(*seen)`);
    const seen: unknown[] = [];
    const callback = (...args: unknown[]) =>
      args.length > 0 ? seen.push(args[0]) : py.interrupt();
    expect(() => call(callback)).toThrow(interrupted);
    expect(seen).toEqual(["caught"]);
  });

  it("ends the calls below, however deep, and none after them", () => {
    const call = below("  f()\n  time.sleep(60)");
    let inner: unknown;
    const callback = () => {
      try {
        call(() => py.interrupt());
      } catch (error) {
        inner = error;
      }
    };
    expect(() => call(callback)).toThrow(interrupted);
    expect(inner).toMatchObject({ type: "KeyboardInterrupt" });
    expect(py.runPython("sum(range(100_000))")).toBe(4_999_950_000);
  });
});
