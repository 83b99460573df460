// test/bridge/own-ends.test.ts: what an interpreter of its own has at work when close() comes.
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";

async function printed(body: string): Promise<string> {
  const source = `
    const api = require(${JSON.stringify(join(packageRoot, "dist", "index.js"))});
    (async () => {
      const py = await api.start({ interpreter: "own" });
      ${body}
    })().catch((error) => { console.error(error); process.exit(1); });`;
  const { code, signal, stdout, stderr } = await spawnNode(source);
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
  return stdout;
}

const sleeper = "import _thread, atexit, threading, time\nsleep = lambda: time.sleep(600)\n";

it.each([
  ["threading", "atexit.register(lambda: threading.Thread(target=sleep).start())"],
  [
    "threading, a daemon",
    "atexit.register(lambda: threading.Thread(target=sleep, daemon=True).start())",
  ],
  ["_thread", "atexit.register(_thread.start_new_thread, sleep, ())"],
  [
    "_thread, by what threading calls",
    "threading._register_atexit(_thread.start_new_thread, sleep, ())",
  ],
  [
    "_thread, by an object that goes with the functions",
    `class Last:
  def __call__(self): pass
  def __del__(self, begin=_thread.start_new_thread, what=sleep): begin(what, ())
atexit.register(Last())`,
  ],
])("threads that functions of atexit begin end: %s", async (_, code) => {
  const stdout = await printed(`
    py.runPython(${JSON.stringify(sleeper + code)});
    await py.close();
    console.log((await api.start()).runPython("1 + 1"));`);
  expect(stdout).toBe("2\n");
});

it("daemon threads end as others do, and run their finally", async () => {
  const stdout = await printed(`
    py.runPython(${JSON.stringify(`${sleeper}
import http.server, os, queue
reading, writing = os.pipe()
begun = []
def begin(wait, mark):
    def run():
        try:
            begun.append(mark)
            wait()
        finally:
            os.write(writing, mark)
    threading.Thread(target=run, daemon=True).start()
def catches():
    while True:
        try:
            while True: pass
        except BaseException: pass
begin(sleep, b"s")
begin(queue.Queue().get, b"q")
begin(lambda: begin(sleep, b"i") or sleep(), b"o")
threading.Thread(target=catches, daemon=True).start()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
begin(server.serve_forever, b"h")
while len(begun) < 5: time.sleep(0.001)`)});
    const shared = await api.start();
    const reading = py.runPython("reading");
    await py.close();
    shared.globals.set("reading", reading);
    console.log(shared.runPython("import os; ''.join(sorted(os.read(reading, 9).decode()))"));`);
  expect(stdout).toBe("hioqs\n");
});

// An application that goes on after its response, as with background tasks.
const application = `
import asyncio
async def app(scope, receive, send):
  if scope["type"] != "http": raise ValueError
  await send({"type": "http.response.start", "status": 200})
  await send({"type": "http.response.body", "body": b"all of it", "more_body": scope["path"] == "/half"})
  await asyncio.sleep(600)
app`;

it("a web application at work after its response is no unhandled rejection", async () => {
  const stdout = await printed(`
    const handler = py.asgi(py.runPython(${JSON.stringify(application)}), { onError: console.log });
    const server = require("node:http").createServer(handler).listen(0, "127.0.0.1");
    await require("node:events").once(server, "listening");
    const url = "http://127.0.0.1:" + server.address().port;
    const texts = await Promise.all([
      handler.fetch(new Request(url)).then((response) => response.text()),
      handler.fetch(new Request(url, { method: "HEAD" })).then((response) => response.text()),
      fetch(url).then((response) => response.text()),
    ]);
    console.log(texts.join());
    await py.close();
    await new Promise(setImmediate);
    server.close();`);
  expect(stdout).toBe("all of it,,all of it\n");
});

it("a response in the middle breaks off, and onError is told", async () => {
  const stdout = await printed(`
    const told = [];
    const onError = (text) => void told.push(text);
    const handler = py.asgi(py.runPython(${JSON.stringify(application)}), { onError });
    const server = require("node:http").createServer(handler).listen(0, "127.0.0.1");
    await require("node:events").once(server, "listening");
    const url = "http://127.0.0.1:" + server.address().port + "/half";
    const responses = [await handler.fetch(new Request(url)), await fetch(url)];
    const texts = Promise.allSettled(responses.map((response) => response.text()));
    await py.close();
    console.log((await texts).map(({ status }) => status).join());
    console.log(told.every((text) => text.includes("has been closed")), told.length > 0);
    server.close();`);
  expect(stdout).toBe("rejected,rejected\ntrue true\n");
});

it("leaves no descriptor, whether or not JavaScript has let go of it", async () => {
  const stdout = await printed(`
    const once = async (of) => {
      await of.runPythonAsync("import asyncio; await asyncio.sleep(0)");
      await of.close();
      return of;
    };
    const count = () => require("node:fs").readdirSync("/proc/self/fd").length;
    const kept = [await once(py)];
    const before = count();
    for (let i = 0; i < 4; i++) kept.push(await once(await api.start({ interpreter: "own" })));
    console.log(kept.length, count() - before);`);
  expect(stdout).toBe("5 0\n");
});

it.each(["import datetime", "import asyncio, logging.handlers, email.utils"])(
  "interpreters that use the same types of CPython's end one after the other: %s",
  async (code) => {
    const stdout = await printed(`
      const more = await api.start({ interpreter: "own" });
      for (const each of [py, more]) each.runPython(${JSON.stringify(code)});
      await py.close();
      const later = await api.start({ interpreter: "own" });
      await more.close();
      console.log(String(later.runPython("import datetime; datetime.date(2026, 1, 2).__class__.mro()[1].__name__")));
      await later.close();`);
    expect(stdout).toBe("object\n");
  },
);

// CPython keeps an interpreter's arenas, for the strings that it interned; what is free in them goes back.
it("leaves less than half of the memory that it had", async () => {
  const stdout = await printed(`
    const { readFileSync } = require("node:fs");
    const resident = () => Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
    const make = async () => {
      const one = await api.start({ interpreter: "own" });
      one.runPython("import asyncio, email.message, json, ssl, urllib.request");
      return one;
    };
    await py.close();
    await (await make()).close();
    const before = resident();
    for (let i = 0; i < 10; i++) await (await make()).close();
    const left = resident() - before;
    const open = [];
    for (let i = 0; i < 10; i++) open.push(await make());
    const had = resident() - before - left;
    console.log(left < had / 2 || { left, had });
    await Promise.all(open.map((one) => one.close()));`);
  expect(stdout).toBe("true\n");
});
