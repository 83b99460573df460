// test/bridge/loop.long.test.ts: coroutines on uvloop's loop, from the stock wheel in a bundle.
import { expect, it } from "vitest";
import type { Python } from "../../lib/index.js";
import { api } from "../helpers/python.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";

it("start({ loop: 'uvloop' })", async () => {
  const bundles = await wheelBundle(["uvloop==0.23.0"], {});
  const py = await api.start({ bundles, loop: "uvloop" });
  const kind = "import asyncio\ntype(asyncio.get_running_loop()).__module__";
  expect(await py.runPythonAsync(`await __import__('asyncio').sleep(0)\n${kind}`)).toBe("uvloop");
  py.runPython(`
import asyncio
async def echo(value):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(value.encode() + b"\\n")
    line = await reader.readline()
    writer.close()
    return line.decode().strip()

async def serve():
    async def one(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()
    server = await asyncio.start_server(one, "127.0.0.1", 0)
    global port
    port = server.sockets[0].getsockname()[1]
    return server
`);
  const call = (name: string) => py.globals.get(name) as (...args: unknown[]) => Promise<unknown>;
  const server = (await call("serve")()) as { close(): void };
  const echo = call("echo");
  const texts = Array.from({ length: 200 }, (_, i) => `text ${i}`);
  expect(await Promise.all(texts.map((text) => echo(text)))).toEqual(texts);
  const wait = py.runPython("lambda: asyncio.sleep(600)") as {
    callAsyncWithOptions(options: object): Promise<unknown>;
  };
  await expect(wait.callAsyncWithOptions({ timeout: 20 })).rejects.toMatchObject({
    code: "ERR_INMEM_TIMEOUT",
  });
  const awaited = py.runPython("async def awaited(p): return await p\nawaited") as (
    promise: Promise<unknown>,
  ) => Promise<unknown>;
  expect(await awaited(Promise.resolve(7))).toBe(7);
  server.close();
  await schedules(py);
});

/** What JavaScript's thread schedules is done, while the loop has nothing else to wake for. */
async function schedules(py: Python): Promise<void> {
  type Member = (...args: unknown[]) => unknown;
  const made = py.runPython(`
async def made():
    loop = asyncio.get_running_loop()
    return loop, asyncio.Event(), asyncio.Queue(), loop.create_future(), loop.create_task(asyncio.sleep(600))
made`) as () => Promise<Record<string, Member>[]>;
  const [loop, event, queue, future, task] = (await made()) as [
    Record<string, Member>,
    Record<string, Member>,
    Record<string, Member>,
    Record<string, Member>,
    Record<string, Member>,
  ];
  const set = Promise.resolve(event["wait"]?.());
  const got = Promise.resolve(queue["get"]?.());
  const done = Promise.resolve(future);
  const ended = Promise.resolve(task).catch((error: unknown) => error);
  await asleep();
  event["set"]?.();
  expect(await set).toBe(true);
  await asleep();
  queue["put_nowait"]?.("item");
  expect(await got).toBe("item");
  await asleep();
  future["set_result"]?.(5);
  expect(await done).toBe(5);
  await asleep();
  task["cancel"]?.();
  expect(await ended).toMatchObject({ type: "CancelledError" });
  await asleep();
  expect(await new Promise((resolve) => loop["call_soon"]?.(resolve, 1))).toBe(1);
  await asleep();
  expect(await new Promise((resolve) => loop["call_later"]?.(0.01, resolve, 2))).toBe(2);
}

const asleep = () => new Promise((resolve) => setTimeout(resolve, 50));
