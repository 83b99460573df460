// examples/bridge/control.mjs: calls into Python that end: in time, by a signal, by an interrupt.
import { InmemError, PythonError, start } from "inmem-python";

const py = await start();
const { spin, nap, sleep } = py.runPython(`
import asyncio, time, types
def spin():
    while True:
        pass
def nap(seconds):
    time.sleep(seconds)
async def sleep(seconds):
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print("the task was cancelled", flush=True)
        raise
types.SimpleNamespace(spin=spin, nap=nap, sleep=sleep)
`);

async function told(what, call) {
  try {
    await call();
  } catch (error) {
    if (error instanceof InmemError && !(error instanceof PythonError)) {
      console.log(`${what}: ${error.code}`);
    } else console.log(`${what}: ${error.type}`);
  }
}

// On this very thread, where no timer of JavaScript could fire.
await told("a busy loop", () => spin.callWithOptions({ timeout: 50 }));
await told("a sleep", () => nap.callWithOptions({ timeout: 50 }, 60));
await told("code", () => py.runPython("while True: pass", { timeout: 50 }));

// On Python's threads: by any AbortSignal.
const controller = new AbortController();
setTimeout(() => controller.abort(), 50);
await told("a coroutine", () => sleep.callAsyncWithOptions({ signal: controller.signal }, 60));

// All that this program has under way.
setTimeout(() => py.interrupt(), 50);
await told("a call on a thread", () => nap.callAsync(60));

console.log("and Python goes on:", py.runPython("sum(range(10))"));
