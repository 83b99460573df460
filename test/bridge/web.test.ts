// test/bridge/web.test.ts: Python web applications behind Node's own http server, and for fetch.
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request as httpRequest, type Server } from "node:http";
import { connect as connectHttp2, createServer as createHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { WebHandler } from "../../lib/index.js";
import { api } from "../helpers/python.js";
import { packageRoot } from "../helpers/spawn-node.js";

const py = await api.start();
const errors: string[] = [];

const fixtures = join(packageRoot, "test", "bridge", "fixtures");
py.runPython(readFileSync(join(fixtures, "plain_apps.py"), "utf8"));

const log = () => (py.runPython("list(log)") as { toJs(): string[] }).toJs();

async function listen(handler: WebHandler): Promise<{ server: Server; url: string }> {
  const server = createServer(handler);
  server.on("upgrade", handler.upgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const options = { onError: (text: string) => void errors.push(text) };

describe("asgi() behind http.createServer()", () => {
  const webSocketServer = new WebSocketServer({ noServer: true });
  let handler: WebHandler;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    const app = py.globals.get("app") as Parameters<typeof py.asgi>[0];
    handler = py.asgi(app, { ...options, webSocketServer, rootPath: "" });
    ({ server, url } = await listen(handler));
  });
  afterAll(() => void server.closeAllConnections());

  it("tells the application what the request is, and the client what it answers", async () => {
    const response = await fetch(`${url}/scope?a=%20b&c`, { headers: { "X-Name": "Völlig" } });
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    const scope = (await response.json()) as Record<string, unknown>;
    expect(scope).toMatchObject({
      type: "http",
      method: "GET",
      scheme: "http",
      path: "/scope",
      raw_path: "/scope",
      query_string: "a=%20b&c",
      http_version: "1.1",
      ready: 1,
    });
    expect(scope["headers"]).toContainEqual(["x-name", "Völlig"]);
  });

  it("streams both ways", async () => {
    const parts = ["one", "two", "three"];
    const sent = httpRequest(`${url}/echo`, { method: "POST" });
    const answered = once(sent, "response") as Promise<[import("node:http").IncomingMessage]>;
    sent.write(parts[0]);
    const [response] = await answered;
    const ended = once(response, "end");
    expect(response.statusCode).toBe(201);
    // The answer to each part comes before the next one is sent.
    for (const part of parts.slice(1)) {
      const [chunk] = (await once(response, "data")) as [Buffer];
      expect(String(chunk)).toBe(parts[parts.indexOf(part) - 1]);
      sent.write(part);
    }
    sent.end();
    expect(String(((await once(response, "data")) as [Buffer])[0])).toBe("three");
    await ended;
  });

  it("answers many at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const response = await fetch(`${url}/echo`, { method: "POST", body: `body ${i}` });
        return response.text();
      }),
    );
    expect(answers).toEqual(answers.map((_, i) => `body ${i}`));
  });

  it("answers without a body", async () => {
    const response = await fetch(`${url}/none`);
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect((await fetch(`${url}/scope`, { method: "HEAD" })).status).toBe(200);
  });

  it("tells the application that the client has gone, and stops a stream by back-pressure", async () => {
    const controller = new AbortController();
    const response = await fetch(`${url}/stream`, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    while (!log().includes("stream ended")) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(log()).toContain("disconnect");
  });

  it("tells a hook, not the client, what the application raised", async () => {
    errors.length = 0;
    const early = await fetch(`${url}/early`);
    expect([early.status, await early.text()]).toEqual([500, "Internal Server Error"]);
    expect(errors.join()).toMatch(/ValueError: before the start/);
    const late = await fetch(`${url}/late`);
    await expect(late.text()).rejects.toThrow();
    expect(errors.join()).toMatch(/ValueError: in the middle/);
  });

  it.each([
    ["/status", 500, /ValueError: ASGI: found the status 103, expected one from 200 to 599/],
    ["/order", 500, /RuntimeError: ASGI: found a message 'http.response.body', expected http.res/],
    ["/leaves", 500, /SystemExit: 3/],
    ["/text", 500, /TypeError: ASGI: 'body' .* is of type str, expected bytes/],
    ["/short", "cut", /does not match the content-length of 5/],
  ])(
    "what is no response is told, and the client waits for nothing: %s",
    async (path, status, told) => {
      errors.length = 0;
      const answer = fetch(`${url}${path}`).then(async (response) => {
        await response.text();
        return response.status;
      });
      expect(await answer.catch(() => "cut")).toBe(status);
      expect(errors.join()).toMatch(told);
    },
  );

  it("carries WebSockets", async () => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/chat`);
    await once(socket, "open");
    socket.send("hello");
    expect(String(((await once(socket, "message")) as [Buffer])[0])).toBe("HELLO");
    socket.send(Buffer.from([1, 2, 3]));
    expect(((await once(socket, "message")) as [Buffer])[0]).toEqual(Buffer.from([3, 2, 1]));
    socket.send("close");
    expect(await once(socket, "close")).toEqual([4000, Buffer.from("asked")]);
    const refused = new WebSocket(`${url.replace("http", "ws")}/refused`);
    const [error] = (await once(refused, "error")) as [Error];
    expect(error.message).toMatch(/403/);
  });

  it("shuts the application down", async () => {
    await handler.close();
    expect(log().filter((text) => text.startsWith("lifespan"))).toEqual([
      "lifespan.startup",
      "lifespan.shutdown",
    ]);
  });
});

describe("fetch", () => {
  const handler = py.asgi(py.globals.get("app") as Parameters<typeof py.asgi>[0], options);

  it("takes a Request and gives a Response, streaming", async () => {
    const init = { method: "POST", body: "some text" };
    const response = await handler.fetch(new Request("http://app.example/echo", init));
    expect([response.status, await response.text()]).toEqual([201, "some text"]);
    const scope = await (await handler.fetch(new Request("https://app.example/scope?q"))).json();
    expect(scope).toMatchObject({ scheme: "https", query_string: "q" });
    const stream = await handler.fetch(new Request("http://app.example/stream"));
    const reader = stream.body?.getReader();
    expect((await reader?.read())?.value?.byteLength).toBe(65536);
    await reader?.cancel();
  });

  it("takes large bodies in constant memory", async () => {
    const chunk = Buffer.alloc(1 << 18);
    async function* body(count: number): AsyncGenerator<Buffer> {
      for (let i = 0; i < count; i++) yield chunk;
    }
    const count = async (chunks: number) => {
      const init = { method: "POST", body: body(chunks), duplex: "half" };
      const request = new Request("http://app.example/count", init as unknown as RequestInit);
      return (await handler.fetch(request)).text();
    };
    await count(64);
    const before = process.memoryUsage().rss;
    expect(await count(1024)).toBe(String(256 << 20));
    // A quarter of a GiB went through; V8 collects what it was in when it likes.
    expect(process.memoryUsage().rss - before).toBeLessThan(128 << 20);
  });

  it("gives 500 for what is raised", async () => {
    errors.length = 0;
    expect((await handler.fetch(new Request("http://app.example/early"))).status).toBe(500);
    expect(errors.join()).toMatch(/before the start/);
  });
});

describe("what JavaScript lets go", () => {
  const app = py.runPython(`
ends = []
async def endless(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    await send({"type": "http.response.start", "status": 200})
    try:
        while True:
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
    except OSError as error:
        ends.append(str(error))
endless
`) as Parameters<typeof py.asgi>[0];
  const ends = () => py.runPython("len(ends)") as number;

  it("a response that nobody reads to its end ends the application's work on it", async () => {
    const handler = py.asgi(app, options);
    errors.length = 0;
    const before = ends();
    await (async () => {
      const response = await handler.fetch(new Request("http://app.example/"));
      expect(response.status).toBe(200);
    })();
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    for (let i = 0; ends() === before && i < 500; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(ends()).toBe(before + 1);
    expect(errors).toEqual([]);
  });
});

describe("AsyncLocalStorage and contextvars", () => {
  const storage = new AsyncLocalStorage<string>();
  py.registerJsModule("of_request", { who: () => storage.getStore() ?? "nobody" });
  py.runPython(`
import contextvars, of_request
seen = contextvars.ContextVar("seen", default="new")
async def asks(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    before = seen.get()
    seen.set("old")
    await asyncio.sleep(0.01)
    text = f"{of_request.who()} {before} {seen.get()}"
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": text.encode()})
def asks_by_thread(environ, start_response):
    start_response("200 OK", [])
    before = seen.get()
    seen.set("old")
    yield f"{of_request.who()} {before} {seen.get()}".encode()
`);
  const named = (name: string) => py.globals.get(name) as Parameters<typeof py.asgi>[0];

  it.each([
    ["asgi", py.asgi(named("asks"), options)],
    ["wsgi", py.wsgi(named("asks_by_thread"), options)],
  ])("are the request's own: %s", async (_, handler) => {
    const ask = async (who: string) => {
      const asked = () => handler.fetch(new Request("http://app.example/"));
      const response = await storage.run(who, asked);
      return response.text();
    };
    const names = Array.from({ length: 20 }, (_, i) => `user-${i}`);
    const answers = await Promise.all(names.map(ask));
    expect(answers).toEqual(names.map((name) => `${name} new old`));
  });
});

describe("http2", () => {
  it("is served by the compatibility API", async () => {
    const app = py.globals.get("app") as Parameters<typeof py.asgi>[0];
    const server = createHttp2(py.asgi(app, options)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = client.request({ ":path": "/scope?q", "x-a": "b" }).setEncoding("utf8");
    let text = "";
    stream.on("data", (part: string) => {
      text += part;
    });
    await once(stream, "end");
    expect(JSON.parse(text)).toMatchObject({
      http_version: "2",
      path: "/scope",
      headers: [
        ["host", `127.0.0.1:${port}`],
        ["x-a", "b"],
      ],
    });
    client.close();
    server.close();
  });
});

describe("wsgi()", () => {
  const classic = py.globals.get("classic") as Parameters<typeof py.wsgi>[0];
  const handler = py.wsgi(classic, options);

  it("serves on threads, with input, write(), parts and close()", async () => {
    const init = { method: "PUT", body: "body" };
    const responses = await Promise.all(
      Array.from({ length: 20 }, () =>
        handler.fetch(new Request("http://app.example/a?q=1", init)),
      ),
    );
    for (const response of responses) {
      expect(response.headers.get("x-method")).toBe("PUT");
      expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
      expect(await response.text()).toBe("<bodyq=1");
    }
    expect(log().filter((text) => text === "closed")).toHaveLength(20);
  });

  it("gives 500 for what is raised", async () => {
    const response = await handler.fetch(new Request("http://app.example/early"));
    expect(response.status).toBe(500);
  });

  it("names an application that is not there", async () => {
    const missing = py.wsgi("no_such_module:app", options);
    await expect(missing.ready()).rejects.toThrow(/no_such_module/);
  });
});
