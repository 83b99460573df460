// test/bridge/web-handler.test.ts: handlers of web applications: what they refuse, where they are mounted, how they end.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import type { PyProxy, WebHandler } from "../../lib/index.js";
import { api } from "../helpers/python.js";
import { packageRoot } from "../helpers/spawn-node.js";
import { until } from "./web-support.js";

const py = await api.start();
const errors: string[] = [];
const options = { onError: (text: string) => void errors.push(text) };

py.runPython(`
import asyncio, json
log = []
start = {"type": "http.response.start", "status": 200}
def body(content, more=False):
    return {"type": "http.response.body", "body": content, "more_body": more}

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["name"] = "kept"
        await send({"type": "lifespan.startup.complete"})
        log.append((await receive())["type"])
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send(start)
    if scope["path"].endswith("/raise"):
        raise ValueError("behind the start")
    if scope["path"].endswith("/text"):
        await send(body("text"))
    told = {"path": scope["path"], "root": scope["root_path"], **scope["state"]}
    await send(body(json.dumps(told).encode()))

def pages(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("299 Very Special" if path == "/reason" else "200 OK", [])
    return [f"{environ['SCRIPT_NAME']} {path}".encode()]

async def numbers():
    try:
        while True:
            yield b"x" * 70_000
    finally:
        log.append("closed")

async def streams(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    source = numbers()
    await send(start)
    try:
        async for part in source:
            await send(body(part, True))
    except OSError as error:
        kept = error  # and it has this frame: only the garbage collector would find that
        raise RuntimeError("gone") from kept
`);

const named = (name: string) => py.globals.get(name) as PyProxy;
const log = () => (py.runPython("list(log)") as { toJs(): string[] }).toJs();
const ask = (handler: WebHandler, path: string) =>
  handler.fetch(new Request(`http://app.example${path}`));

async function listen(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("refuses what is no request", async () => {
  const handler = py.asgi(named("app"), options) as unknown as Record<"fetch" | "upgrade", never> &
    ((...args: unknown[]) => void);
  for (const args of [[], [null], [{}, {}], [{ rawHeaders: [] }, {}]]) {
    expect(() => handler(...args)).toThrow(TypeError);
  }
  const { fetch, upgrade } = handler as Record<string, (...args: unknown[]) => unknown>;
  for (const value of [undefined, 5, "http://app.example/", new URL("http://app.example/"), {}]) {
    await expect(fetch?.(value)).rejects.toThrow(/Expected a Request for request/);
  }
  for (const args of [[], [{ rawHeaders: [] }, {}]]) {
    expect(() => upgrade?.(...args)).toThrow(TypeError);
  }
  const read = new Request("http://app.example/", { method: "POST", body: "text" });
  await read.text();
  await expect(fetch?.(read)).rejects.toThrow(/body nobody reads/);
});

it("answers 500 as long as nothing of a body was sent", async () => {
  const handler = py.asgi(named("app"), options);
  const url = await listen(handler);
  for (const path of ["/raise", "/text"]) {
    errors.length = 0;
    const answers = [await ask(handler, path), await fetch(url + path)];
    expect(answers.map(({ status }) => status)).toEqual([500, 500]);
    expect(answers[1]?.statusText).toBe("Internal Server Error");
    expect(errors).toHaveLength(2);
  }
});

it.each([
  ["await send(5)", /found 5, expected a dict with a 'type'/],
  ["await send({'status': 200})", /found \{'status': 200\}, expected a dict with a 'type'/],
  ["await send({'type': 'http.response.start'})", /found the status None, expected one from 200/],
  ["await send({**start, 'headers': [('a', 'b')]})", /found \('a', 'b'\), expected pairs of bytes/],
])("says what is wrong with a message: %s", async (code, told) => {
  errors.length = 0;
  const wrong = py.runPython(`
async def wrong(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    ${code}
wrong`) as PyProxy;
  expect((await ask(py.asgi(wrong, options), "/")).status).toBe(500);
  expect(errors.join()).toMatch(told);
});

it.each([
  ["start_response(200, [])", "[b'']", /found the status 200, expected a text such as '200 OK'/],
  ["start_response('200 OK', [('a', 5)])", "[b'']", /found the header \('a', 5\)/],
  ["start_response('200 OK', [])", "['text']", /found 'text' in a body, expected bytes/],
  ["start_response('200 OK', [])", "None", /the application gave None, expected an iterable/],
])("says what is wrong with a WSGI application: %s, %s", async (code, result, told) => {
  errors.length = 0;
  const source = `def wrong(environ, start_response):\n  ${code}\n  return ${result}\nwrong`;
  const handler = py.wsgi(py.runPython(source) as PyProxy, options);
  expect((await ask(handler, "/")).status).toBe(500);
  expect(errors.join()).toMatch(told);
});

it("sends the reason phrase of a WSGI application", async () => {
  const handler = py.wsgi(named("pages"), options);
  const url = await listen(handler);
  for (const response of [await fetch(`${url}/reason`), await ask(handler, "/reason")]) {
    expect([response.status, response.statusText]).toEqual([299, "Very Special"]);
  }
});

it("is mounted where express says that it is", async () => {
  // What express's app.use("/mounted", handler) makes of a request.
  const mounted = (handler: WebHandler) =>
    listen((request, response) => {
      const originalUrl = request.url;
      Object.assign(request, { originalUrl, baseUrl: "/mounted" });
      request.url = originalUrl?.slice("/mounted".length) || "/";
      handler(request, response);
    });
  const pages = await mounted(py.wsgi(named("pages"), options));
  expect(await (await fetch(`${pages}/mounted/a`)).text()).toBe("/mounted /a");
  const service = await mounted(py.asgi(named("app"), options));
  const told = await (await fetch(`${service}/mounted/a?b`)).json();
  expect(told).toMatchObject({ root: "/mounted", path: "/mounted/a" });
});

it("rejects when the request is aborted, also in the middle of its body", async () => {
  errors.length = 0;
  const waits = py.runPython(`
async def waits(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    if scope["path"] == "/body":
        await send(start)
        await send(body(b"begun", True))
    while (await receive())["type"] != "http.disconnect":
        pass
    log.append("told")
waits`) as PyProxy;
  const handler = py.asgi(waits, options);
  const controller = new AbortController();
  const { signal } = controller;
  const early = handler.fetch(new Request("http://app.example/", { signal }));
  const late = await handler.fetch(new Request("http://app.example/body", { signal }));
  const rest = late.text();
  const reason = new Error("of the test");
  controller.abort(reason);
  await expect(early).rejects.toBe(reason);
  await expect(rest).rejects.toBe(reason);
  await expect(handler.fetch(new Request("http://app.example/", { signal }))).rejects.toBe(reason);
  await until(() => log().filter((entry) => entry === "told").length >= 2);
  expect(errors).toEqual([]);
});

it("of one application twice: each has a state of its own", async () => {
  const [first, second] = [py.asgi(named("app"), options), py.asgi(named("app"), options)];
  await Promise.all([first.ready(), second.ready()]);
  await first.close();
  expect(await (await ask(second, "/")).json()).toMatchObject({ name: "kept" });
  await second.close();
});

it("ends a stream's generator when its client has gone, not when garbage is collected", async () => {
  const handler = py.asgi(named("streams"), options);
  py.runPython("import gc; gc.disable()");
  try {
    const reader = (await ask(handler, "/")).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await until(() => log().includes("closed"));
  } finally {
    py.runPython("gc.enable()");
  }
});

it("shuts an application down whose worker was terminated", async () => {
  const shutdowns = () => log().filter((type) => type === "lifespan.shutdown").length;
  const before = shutdowns();
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     require(${JSON.stringify(packageRoot)}).start().then(async (py) => {
       globalThis.handler = py.asgi(py.globals.get("app"));
       await handler.ready();
       parentPort.postMessage("ready");
       setInterval(() => {}, 1000);
     });`,
    { eval: true },
  );
  await once(worker, "message");
  await worker.terminate();
  await until(() => shutdowns() === before + 1);
});
