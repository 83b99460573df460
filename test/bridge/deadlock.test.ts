// test/bridge/deadlock.test.ts: threads of Python that need JavaScript's while that is in Python itself.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";

type Call = (...args: unknown[]) => unknown;

const py = await api.start();
py.runPython(`
import threading, time
from inmem.ffi import create_proxy

def joined(f):
    """JavaScript's thread waits for a thread that needs it."""
    told = []
    def work():
        try:
            told.append(f(1))
        except RuntimeError as error:
            told.append(getattr(error, "inmem_code", repr(error)))
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return told[0]

def begun(f, seconds):
    """Another thread needs JavaScript's, which sleeps in Python and comes back."""
    told = []
    thread = threading.Thread(target=lambda: told.append(f(2)))
    thread.start()
    time.sleep(seconds)
    return told, thread
`);

describe("a thread that needs JavaScript's", () => {
  it("gets ERR_INMEM_DEADLOCK where that waits for it", () => {
    const given: unknown[] = [];
    const joined = py.globals.get("joined") as Call;
    expect(joined((value: unknown) => given.push(value))).toBe("ERR_INMEM_DEADLOCK");
    expect(given).toEqual([]);
  });

  it("leaves nothing behind, and may come again", async () => {
    const given: unknown[] = [];
    const joined = py.globals.get("joined") as Call;
    expect(joined((value: unknown) => given.push(value))).toBe("ERR_INMEM_DEADLOCK");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(given).toEqual([]);
    const direct = py.runPython("lambda f: f(3)") as Call & {
      callAsync: (f: unknown) => Promise<unknown>;
    };
    expect(await direct.callAsync((value: number) => value + 1)).toBe(4);
  });

  it("waits for one that sleeps", async () => {
    const begun = py.globals.get("begun") as Call;
    const [told, thread] = begun((value: number) => value * 21, 1.5) as [
      { length: number; get(index: number): unknown },
      { is_alive(): boolean },
    ];
    expect(told.length).toBe(0);
    while (thread.is_alive()) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(told.get(0)).toBe(42);
  });

  it("is ended by its own limit while it waits", async () => {
    const ended = new Uint8Array(1);
    const stuck = py.runPython(`
def stuck(f, ended):
    try:
        return f()
    finally:
        ended[0] = 1
stuck`) as { callAsyncWithOptions: (options: object, ...args: unknown[]) => Promise<unknown> };
    const called = stuck.callAsyncWithOptions({ timeout: 50 }, () => "too late", ended);
    const until = Date.now() + 30_000;
    while (ended[0] === 0 && Date.now() < until); // JavaScript's thread has no time
    await expect(called).rejects.toMatchObject({ code: "ERR_INMEM_TIMEOUT" });
  });
});

// Other work on each processor: whoever waits and looks now and then is mostly about to run.
const workers = `
const { spawn } = require("node:child_process");
const { availableParallelism } = require("node:os");
const { Worker, isMainThread, parentPort } = require("node:worker_threads");
const api = require(${JSON.stringify(join(packageRoot, "dist", "index.js"))});
const message = (port) => new Promise((done) => port.once("message", done));
async function main() {
  const py = await api.start();
  py.runPython(\`
import threading
barrier = threading.Barrier(2)
def meet(other):
    barrier.wait()
    try:
        return other()
    except RuntimeError as error:
        return error.inmem_code\`);
  py.globals.set("of_main", () => "main's");
  const worker = new Worker(__filename);
  await message(worker);
  const busy = Array.from({ length: 4 * availableParallelism() }, () =>
    spawn(process.execPath, ["-e", "for (;;);"]));
  worker.postMessage("go");
  const told = py.runPython("meet(of_worker)");
  console.log(told, await message(worker));
  for (const one of busy) one.kill();
  await worker.terminate();
}
async function work() {
  const py = await api.start();
  py.globals.set("of_worker", () => "worker's");
  parentPort.postMessage("ready");
  await message(parentPort);
  parentPort.postMessage(py.runPython("meet(of_main)"));
}
void (isMainThread ? main() : work());`;

it("two environments that call each other at once go on, on a busy machine, too", async () => {
  const { code, stdout } = await spawnNode(workers);
  expect(code).toBe(0);
  // The one that is told first comes back, and may have time for the other.
  expect(stdout).toMatch(/ERR_INMEM_DEADLOCK/);
  expect(stdout).toMatch(/^(ERR_INMEM_DEADLOCK|worker's) (ERR_INMEM_DEADLOCK|main's)\n$/);
});
