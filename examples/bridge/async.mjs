// examples/bridge/async.mjs: Python that JavaScript waits for, and the other way round.
import { start } from "inmem-python";

const py = await start();

// A long call, on a thread of Python's own: the event loop goes on.
const sum = py.runPython("lambda n: sum(range(n))");
let ticks = 0;
const timer = setInterval(() => ticks++, 1);
console.log("sum:", await sum.callAsync(3_000_000));
clearInterval(timer);
console.log("the event loop went on:", ticks > 0);

// A coroutine is a Promise; a Promise can be awaited.
const value = await py.runPythonAsync(`
import asyncio
async def slow(value):
    await asyncio.sleep(0.01)
    return value
sum(await asyncio.gather(slow(1), slow(2), slow(3)))
`);
console.log("gathered:", value);
