// test/bridge/web-asgi.long.test.ts: fastapi and django (ASGI) behind Node's http server: routes, streams, sockets, clients that go.
import { once } from "node:events";
import { get as httpGet, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { Python } from "../../lib/index.js";
import {
  json,
  type Served,
  serve,
  startWeb,
  streamedBody,
  until,
  uploadForm,
} from "./web-support.js";

let py: Python;
let web: Served;

beforeAll(async () => {
  py = await startWeb();
  const webSocketServer = new WebSocketServer({ noServer: true });
  web = await serve((options) => py.asgi("fastapi_app:app", { ...options, webSocketServer }));
  await web.handler.ready();
});
afterAll(() => {
  web?.server.closeAllConnections();
  web?.server.close();
});

const log = async (): Promise<string[]> => (await json(`${web.url}/log`)) as string[];
const isLogged = (text: string) => async () => (await log()).includes(text);

describe("fastapi: requests", () => {
  it("converts paths and queries, and says what is wrong with them", async () => {
    expect(await json(`${web.url}/items/5?q=a&q=%C3%A9`)).toEqual({ number: 5, q: ["a", "é"] });
    const response = await fetch(`${web.url}/items/five`);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: [{ loc: ["path", "number"] }] });
  });

  it("takes models", async () => {
    const headers = { "content-type": "application/json" };
    const post = (body: unknown) =>
      fetch(`${web.url}/items`, { method: "POST", headers, body: JSON.stringify(body) });
    const added = await post({ name: "é😀", price: 1.5 });
    expect([added.status, await added.json()]).toEqual([
      201,
      { name: "é😀", price: 1.5, tags: [] },
    ]);
    expect((await post({ name: "x", price: -1 })).status).toBe(422);
  });

  it("takes forms and uploads", async () => {
    const body = new URLSearchParams([
      ["name", "a b"],
      ["colours", "red"],
      ["colours", "blue"],
    ]);
    expect(await json(`${web.url}/form`, { method: "POST", body })).toEqual({
      name: "a b",
      colours: ["red", "blue"],
    });
    const upload = uploadForm();
    upload.body.append("note", new Blob(["a note"]), "note.txt");
    const told = [upload.name, upload.type, 3 << 20, upload.digest, "a note"];
    expect(await json(`${web.url}/upload`, { method: "POST", body: upload.body })).toEqual(told);
  });

  it("reads dependencies, headers, cookies and state", async () => {
    const refused = await fetch(`${web.url}/private`);
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    const headers = { authorization: "Bearer me", cookie: "given=yes; other=1" };
    expect(await json(`${web.url}/private`, { headers })).toBe("me");
    const cookies = await fetch(`${web.url}/cookies`, { headers });
    expect(await cookies.json()).toBe("yes");
    expect(cookies.headers.getSetCookie()).toEqual([
      "one=1; Path=/; SameSite=lax",
      "two=2; Path=/; SameSite=lax",
    ]);
    const state = [true, "state", `${web.url}/state`, "127.0.0.1"];
    expect(await json(`${web.url}/state`)).toEqual(state);
  });

  it("redirects, compresses, mounts, serves files of the bundle, answers HEAD and 405", async () => {
    const moved = await fetch(`${web.url}/old`, { redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([307, "/items/1"]);
    const large = await fetch(`${web.url}/large`);
    expect(large.headers.get("content-encoding")).toBe("gzip");
    expect(await large.text()).toBe("large ".repeat(2000));
    const where = ["/inner", "/inner/where", `${web.url}/inner/where`];
    const inner = await fetch(`${web.url}/inner/where`);
    expect([await inner.json(), inner.headers.get("x-marked")]).toEqual([where, "/inner/where"]);
    const file = await fetch(`${web.url}/static/plain.txt`);
    expect(await file.text()).toBe("a file of the bundle\n");
    const etag = file.headers.get("etag") as string;
    const again = await fetch(`${web.url}/static/plain.txt`, {
      headers: { "if-none-match": etag },
    });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await fetch(`${web.url}/static/plain.txt`, { method: "HEAD" })).status).toBe(200);
    expect((await fetch(`${web.url}/static/../fastapi_app.py`)).status).toBe(404);
    const wrong = await fetch(`${web.url}/items/1`, { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET"]);
    expect((await fetch(`${web.url}/docs`)).headers.get("content-type")).toMatch(/^text\/html/);
    expect(await json(`${web.url}/openapi.json`)).toMatchObject({ openapi: expect.anything() });
  });

  it("runs background tasks after the response", async () => {
    expect(await json(`${web.url}/background`)).toBe("at once");
    await until(isLogged("background done"));
  });

  it("tells what is raised to the hook alone", async () => {
    web.errors.length = 0;
    const response = await fetch(`${web.url}/raises`);
    expect([response.status, await response.text()]).toEqual([500, "Internal Server Error"]);
    await until(() => web.errors.length > 0);
    expect(web.errors.join()).toMatch(/in raises\n[\s\S]*ValueError: a secret of fastapi/);
  });

  it("lets no header in that is none", async () => {
    web.errors.length = 0;
    const response = await fetch(`${web.url}/bad-header`);
    expect([response.status, response.headers.get("set-cookie")]).toEqual([500, null]);
    expect(web.errors.join()).toMatch(/ERR_INVALID_CHAR|x-bad/i);
  });

  it("takes a whole URL as a target, and pipelined requests", async () => {
    const socket = connect(web.port, "127.0.0.1");
    socket.write(
      `GET http://127.0.0.1/items/7?q=z HTTP/1.1\r\nhost: a\r\n\r\nGET /items/8 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
    );
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/"number":7,"q":\["z"\][\s\S]*"number":8/);
  });
});

describe("fastapi: a hundred at once", () => {
  it("on the loop, and in threads", async () => {
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    const answers = await Promise.all(numbers.map((i) => json(`${web.url}/items/${i}`)));
    expect(answers).toEqual(numbers.map((number) => ({ number, q: null })));
    const began = performance.now();
    const threads = await Promise.all(numbers.map(() => json(`${web.url}/thread`)));
    // Each sleeps for 200 ms: one after another would be 20 s.
    expect(performance.now() - began).toBeLessThan(8000);
    expect(new Set(threads).size).toBeGreaterThan(20);
  });
});

describe("fastapi: streams and clients that go", () => {
  it("streams rows, and takes a body in parts", async () => {
    expect(await (await fetch(`${web.url}/stream`)).text()).toBe("row 0\nrow 1\nrow 2\n");
    const { init, digest } = streamedBody(8 << 20);
    expect(await json(`${web.url}/digest`, init)).toEqual(digest);
  });

  it("is no further ahead than buffers hold", async () => {
    const sent = httpGet(`${web.url}/ahead`);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const made = Number((await log()).at(-1)?.split(" ")[1]);
    // Buffers of sockets at both ends hold some MiB of the 655.
    expect(made).toBeLessThan(250);
    response.destroy();
  });

  it("does not read ahead what the application does not take", async () => {
    const sent = httpRequest(`${web.url}/slow-reader`, { method: "POST" });
    sent.on("error", () => {});
    const answered = once(sent, "response") as Promise<[IncomingMessage]>;
    let written = 0;
    const chunk = Buffer.alloc(1 << 20);
    while (written < 64 << 20 && sent.write(chunk)) written += chunk.length;
    for (let i = 0; i < 20; i++) {
      if (!sent.writableNeedDrain) {
        written += chunk.length;
        sent.write(chunk);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(written).toBeLessThan(16 << 20);
    sent.end();
    const [response] = await answered;
    response.setEncoding("utf8");
    expect(String((await once(response, "data"))[0])).toBe('"enough"');
  });

  it("ends a stream whose client has gone", async () => {
    const sent = httpGet(`${web.url}/endless`);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    await once(response, "data");
    response.destroy();
    await until(isLogged("endless closed"));
  });

  it("sends events as they are made, and ends a source that waits", async () => {
    const sent = httpGet(`${web.url}/events`, { headers: { "last-event-id": "6" } });
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect(response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    let text = "";
    response.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    await until(() => text.includes("data: 9\n\n"));
    expect(text).toMatch(/^id: 7\nevent: tick\ndata: 7\n\n/);
    response.destroy();
    await until(isLogged("events closed"));
  });

  it("tells a request that waits, and one whose upload breaks off", async () => {
    const waiting = httpGet(`${web.url}/waits`);
    waiting.on("error", () => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    waiting.destroy();
    await until(isLogged("saw the client go"));

    web.errors.length = 0;
    const broken = httpRequest(`${web.url}/digest`, {
      method: "POST",
      headers: { "content-length": "1000000" },
    });
    broken.on("error", () => {});
    broken.write(Buffer.alloc(1000));
    await new Promise((resolve) => setTimeout(resolve, 100));
    broken.destroy();
    await until(isLogged("broken off after 1000"));
    // That a client has gone is no fault of the application.
    expect(web.errors).toEqual([]);
    expect(await json(`${web.url}/items/1`)).toEqual({ number: 1, q: null });
  });
});

describe("fastapi: WebSockets", () => {
  const socketOf = (path: string, protocols: string[] = []) =>
    new WebSocket(`${web.url.replace("http", "ws")}${path}`, protocols);
  const next = async (socket: WebSocket) => (await once(socket, "message"))[0] as Buffer;

  it("carries texts and bytes, with the subprotocol and the headers of accept()", async () => {
    const socket = socketOf("/ws/echo", ["first", "second"]);
    const upgraded = once(socket, "upgrade") as Promise<[IncomingMessage]>;
    await once(socket, "open");
    expect(socket.protocol).toBe("second");
    expect((await upgraded)[0].headers["x-accepted"]).toBe("yes");
    socket.send("abc");
    expect(String(await next(socket))).toBe("cba");
    const bytes = Buffer.alloc(1 << 20, "0123456789");
    socket.send(bytes);
    expect((await next(socket)).equals(Buffer.from(bytes).reverse())).toBe(true);
    // Many at once arrive in order.
    const got: string[] = [];
    socket.on("message", (data) => void got.push(String(data)));
    for (let i = 100; i < 200; i++) socket.send(String(i));
    await until(() => got.length === 100);
    expect(got[99]).toBe("991");
    socket.send("bye");
    expect(await once(socket, "close")).toEqual([4002, Buffer.from("as asked")]);
  });

  it("ends with 1011 what raises, and tells the hook", async () => {
    web.errors.length = 0;
    const socket = socketOf("/ws/echo", ["second"]);
    await once(socket, "open");
    socket.send("raise");
    expect((await once(socket, "close"))[0]).toBe(1011);
    await until(() => web.errors.join().includes("a secret of a socket"));
  });

  it("tells that the client has gone: by receive(), and by send()", async () => {
    const one = socketOf("/ws/echo", ["second"]);
    await once(one, "open");
    one.close(4321);
    await until(isLogged("socket left 4321"));
    const two = socketOf("/ws/echo", ["second"]);
    await once(two, "open");
    two.terminate();
    await until(isLogged("socket left 1006"));
    web.errors.length = 0;
    const ticker = socketOf("/ws/ticker");
    await next(ticker);
    ticker.terminate();
    await until(isLogged("ticker ended"));
    expect(web.errors).toEqual([]);
  });

  it("sends no faster than the client reads", async () => {
    const socket = socketOf("/ws/flood");
    await next(socket);
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(Number((await log()).at(-1)?.split(" ")[1])).toBeLessThan(300);
    socket.terminate();
  });

  it("denies, with a response where the application has one", async () => {
    const denied = socketOf("/ws/denied");
    denied.on("error", () => {});
    const [, response] = (await once(denied, "unexpected-response")) as [unknown, IncomingMessage];
    let text = "";
    for await (const part of response) text += part;
    expect([response.statusCode, response.headers["x-why"], text]).toEqual([418, "tea", "not you"]);
    for (const path of ["/ws/private?key=wrong", "/ws/absent"]) {
      const refused = socketOf(path);
      expect(String((await once(refused, "error"))[0])).toMatch(/403/);
    }
    const right = socketOf("/ws/private?key=right");
    expect(String(await next(right))).toBe("welcome");
    expect((await once(right, "close"))[0]).toBe(1000);
  });

  it("outlives clients that reset while it is accepted, and handshakes that are wrong", async () => {
    const head =
      "GET /ws/echo HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n";
    for (let i = 0; i < 20; i++) {
      const socket = connect(web.port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      const key =
        "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
      socket.write(head + key, () => socket.resetAndDestroy());
    }
    const wrong = connect(web.port, "127.0.0.1");
    wrong.write(`${head}sec-websocket-version: 1\r\n\r\n`);
    let text = "";
    for await (const part of wrong) text += part;
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(await json(`${web.url}/items/1`)).toEqual({ number: 1, q: null });
  });
});

describe.each(["shared", "own"] as const)("django's ASGI application: %s", (interpreter) => {
  let django: Served;
  let its: Python;
  beforeAll(async () => {
    its = interpreter === "own" ? await startWeb({ interpreter }) : py;
    django = await serve((options) => its.asgi("django_app:asgi", options));
  });
  afterAll(async () => {
    django.server.closeAllConnections();
    django.server.close();
    if (interpreter === "own") await its.close();
  });

  it("serves views of both kinds, streams, and its database", async () => {
    const text = async (path: string) => (await fetch(`${django.url}${path}`)).text();
    expect(await text("/hello/you/")).toBe("you 0;you 1;");
    expect(await json(`${django.url}/waits/`)).toEqual({ path: "/waits/", method: "GET" });
    expect(await text("/stream/")).toBe("part 0\npart 1\npart 2\n");
    expect(await json(`${django.url}/database/`)).toEqual([expect.stringMatching(/^3\./), "given"]);
    expect((await fetch(`${django.url}/form/`, { method: "POST", body: "a=1" })).status).toBe(403);
    expect((await fetch(`${django.url}/absent`)).status).toBe(404);
    expect(django.errors).toEqual([]);
  });
});

describe("at the end", () => {
  it("shuts the application down, and Python has bound no socket", async () => {
    await web.handler.close();
    expect(py.runPython("import fastapi_app; fastapi_app.log[-1]")).toBe("shutdown");
    expect((await fetch(`${web.url}/items/1`)).status).toBe(500);
    expect((py.runPython("bound") as { toJs(): unknown }).toJs()).toEqual([]);
  });
});
