// test/bridge/web-wsgi.long.test.ts: flask and django (WSGI) behind Node's http server, and for fetch, beside a run().
import { once } from "node:events";
import { get as httpGet, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Python } from "../../lib/index.js";
import { api, bundleOf } from "../helpers/python.js";
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
  web = await serve((options) => py.wsgi("flask_app:app", options));
});
afterAll(() => {
  web?.server.closeAllConnections();
  web?.server.close();
});

const log = async (): Promise<string[]> => (await json(`${web.url}/log`)) as string[];
const isLogged = (text: string) => async () => (await log()).includes(text);

describe("flask", () => {
  it("has paths, queries and URLs", async () => {
    expect(await json(`${web.url}/hello/%C3%A9%20?times=3`)).toEqual({ hello: "é ", times: 3 });
    expect(await json(`${web.url}/query?a=1&b=%2B&a=2`)).toEqual({ a: ["1", "2"], b: ["+"] });
    const urls = [`${web.url}/url?x`, "127.0.0.1", "/hello/%C3%A9"];
    expect(await json(`${web.url}/url?x`)).toEqual(urls);
    // What is no UTF-8 reaches the application as it came.
    expect(await json(`${web.url}/hello/%FF`)).toEqual({ hello: "\ufffd", times: 1 });
  });

  it("takes forms, files and JSON", async () => {
    const body = new URLSearchParams("name=a+b&colours=red&colours=blue");
    const form = { name: ["a b"], colours: ["red", "blue"] };
    expect(await json(`${web.url}/form`, { method: "POST", body })).toEqual(form);
    const { body: parts, ...sent } = uploadForm();
    const uploaded = { file: [sent.name, sent.type, sent.digest] };
    expect(await json(`${web.url}/upload`, { method: "POST", body: parts })).toEqual(uploaded);
    const headers = { "content-type": "application/json" };
    const text = JSON.stringify({ a: ["é😀", 1.5, null] });
    expect(await json(`${web.url}/json`, { method: "POST", body: text, headers })).toEqual({
      a: ["é😀", 1.5, null],
    });
    const broken = await fetch(`${web.url}/json`, { method: "POST", body: "{", headers });
    expect([broken.status, await broken.json()]).toEqual([400, { name: "Bad Request" }]);
  });

  it("takes a body without a length", async () => {
    const { init, digest } = streamedBody(4 << 20);
    expect(await json(`${web.url}/digest`, init)).toEqual(digest);
  });

  it("has templates of the bundle, sessions and cookies", async () => {
    const page = await fetch(`${web.url}/page`);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect((await page.text()).trim()).toBe("<h1>&lt;&amp;&gt;</h1><p>0</p><p>1</p><p>2</p>");
    const first = await fetch(`${web.url}/visits`);
    const [cookie] = first.headers.getSetCookie();
    const again = await fetch(`${web.url}/visits`, { headers: { cookie: cookie as string } });
    expect([await first.text(), await again.text()]).toEqual(["1", "2"]);
    const cookies = await fetch(`${web.url}/cookies`, { headers: { cookie: "a=1; given=b" } });
    expect(await cookies.text()).toBe("b");
    expect(cookies.headers.getSetCookie()).toHaveLength(2);
  });

  it("serves files: of the bundle, in ranges, not changed, HEAD", async () => {
    expect(await (await fetch(`${web.url}/static/plain.txt`)).text()).toBe(
      "a file of the bundle\n",
    );
    const part = await fetch(`${web.url}/file`, { headers: { range: "bytes=10-13" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 10-13/4096"]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(Buffer.from([10, 11, 12, 13]));
    const same = await fetch(`${web.url}/file`, { headers: { "if-none-match": '"e1"' } });
    expect([same.status, await same.text()]).toEqual([304, ""]);
    const head = await fetch(`${web.url}/file`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "4096"]);
  });

  it("streams, and closes what it streams from", async () => {
    const text = await (await fetch(`${web.url}/stream?who=me`)).text();
    expect(text).toBe("row 0 for me\nrow 1 for me\nrow 2 for me\n");
    expect(await log()).toContain("rows closed");
  });

  it("tells what is raised to the hook, and its own errors to the client", async () => {
    const response = await fetch(`${web.url}/raises`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    const teapot = await fetch(`${web.url}/teapot`);
    expect([teapot.status, await teapot.json()]).toEqual([418, { name: "I'm a teapot" }]);
    expect(await json(`${web.url}/absent`)).toEqual({ name: "Not Found" });
  });
});

describe("flask: many, and clients that go", () => {
  it("answers a hundred at once, forty at a time", async () => {
    const began = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => (await fetch(`${web.url}/slow`)).text()),
    );
    expect(answers).toEqual(answers.map(() => "slow"));
    expect(performance.now() - began).toBeLessThan(8000);
  });

  it("is no further ahead than buffers hold", async () => {
    const sent = httpGet(`${web.url}/ahead`);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(Number((await log()).at(-1)?.split(" ")[1])).toBeLessThan(250);
    response.destroy();
  });

  it("ends a stream whose client has gone, and gives its thread back", async () => {
    for (let i = 0; i < 50; i++) {
      const sent = httpGet(`${web.url}/endless`);
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      await once(response, "data");
      response.destroy();
    }
    // More than there are threads: none of them hangs.
    await until(isLogged("endless closed"));
  });

  it("has no half of an upload for a whole one", async () => {
    for (const head of ["content-length: 100000", "transfer-encoding: chunked"]) {
      const socket = connect(web.port, "127.0.0.1");
      const body = head.startsWith("t") ? `5\r\nhello\r\n` : "hello";
      socket.write(`POST /digest HTTP/1.1\r\nhost: a\r\n${head}\r\n\r\n${body}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
      socket.destroy();
    }
    const sent = httpRequest(`${web.url}/digest`, { method: "POST" });
    sent.end("whole");
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    let text = "";
    for await (const part of response) text += part;
    expect(JSON.parse(text)).toMatchObject({ size: 5 });
  });
});

describe("PEP 3333", () => {
  it("is kept, says wsgiref.validate", async () => {
    const errors: string[] = [];
    const onError = (text: string) => void errors.push(text);
    const handler = py.wsgi("flask_app:checked", { onError });
    const ask = (path: string, init: RequestInit = {}) =>
      handler.fetch(new Request(`http://app.example${path}`, init));
    expect(await (await ask("/hello/a?times=2")).json()).toEqual({ hello: "a", times: 2 });
    expect(await (await ask("/stream?who=x")).text()).toContain("row 2 for x");
    // (It lets nobody read a form as werkzeug does, by read() without a size.)
    const sent = await ask("/digest", { method: "POST", body: "12345" });
    expect(await sent.json()).toMatchObject({ size: 5 });
    expect(errors).toEqual([]);
  });

  it("has SCRIPT_NAME and PATH_INFO of where it is mounted", async () => {
    py.runPython(`
def names(environ, start_response):
    start_response("200 OK", [])
    return [repr([environ["SCRIPT_NAME"], environ["PATH_INFO"], environ.get("HTTP_X_A")]).encode()]
`);
    const names = py.globals.get("names") as Parameters<typeof py.wsgi>[0];
    const handler = py.wsgi(names, { rootPath: "/app" });
    const ask = async (path: string, headers: Record<string, string> = {}) =>
      (await handler.fetch(new Request(`http://a.example${path}`, { headers }))).text();
    expect(await ask("/app/x%2Fy")).toBe("['/app', '/x/y', None]");
    expect(await ask("/app")).toBe("['/app', '', None]");
    expect(await ask("/application")).toBe("['/app', '/application', None]");
    // One with "_" would pass for the header that a proxy sets.
    expect(await ask("/app/", { "X-A": "true" })).toBe("['/app', '/', 'true']");
    expect(await ask("/app/", { X_A: "forged" })).toBe("['/app', '/', None]");
  });
});

describe("django's WSGI application", () => {
  it("serves views, forms are guarded, and has its database", async () => {
    const django = await serve((options) => py.wsgi("django_app:wsgi", options));
    const text = async (path: string) => (await fetch(`${django.url}${path}`)).text();
    expect(await text("/hello/%C3%A9/")).toBe("é 0;é 1;");
    expect(await json(`${django.url}/waits/`)).toEqual({ path: "/waits/", method: "GET" });
    expect(await text("/stream/")).toBe("part 0\npart 1\npart 2\n");
    expect(await json(`${django.url}/database/`)).toEqual([expect.stringMatching(/^3\./), "given"]);
    expect((await fetch(`${django.url}/form/`, { method: "POST", body: "a=1" })).status).toBe(403);
    const slash = await fetch(`${django.url}/waits`, { redirect: "manual" });
    expect([slash.status, slash.headers.get("location")]).toEqual([301, "/waits/"]);
    django.server.closeAllConnections();
    django.server.close();
  });
});

describe("beside a run()", () => {
  it("requests go on, and their threads are none of the run's", async () => {
    const run = api.run(bundleOf("import time; time.sleep(0.5)"), { stdout: () => {} });
    const answers = await Promise.all(
      Array.from({ length: 60 }, async () => (await fetch(`${web.url}/slow`)).text()),
    );
    expect(await run).toEqual({ exitCode: 0 });
    expect(answers).toEqual(answers.map(() => "slow"));
    expect(await (await fetch(`${web.url}/slow`)).text()).toBe("slow");
  });
});

describe("at the end", () => {
  it("Python has bound no socket", () => {
    expect((py.runPython("bound") as { toJs(): unknown }).toJs()).toEqual([]);
  });
});
