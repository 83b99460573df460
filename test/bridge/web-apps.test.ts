// test/bridge/web-apps.test.ts: flask and fastapi, stock wheels, behind Node's http server; web-*.long.test.ts ask for more.
import { afterAll, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { json, type Served, serve, startWeb } from "./web-support.js";

const py = await startWeb();
const served: Served[] = [];
afterAll(() => {
  for (const { server } of served) server.close().closeAllConnections();
});

it("flask", async () => {
  const web = await serve((options) => py.wsgi("flask_app:app", options));
  served.push(web);
  expect(await json(`${web.url}/hello/you?times=2`)).toEqual({ hello: "you", times: 2 });
  const body = new URLSearchParams("a=1&a=2");
  expect(await json(`${web.url}/form`, { method: "POST", body })).toEqual({ a: ["1", "2"] });
  expect(await (await fetch(`${web.url}/stream?who=me`)).text()).toContain("row 2 for me");
  expect(web.errors).toEqual([]);
});

it("fastapi", async () => {
  const webSocketServer = new WebSocketServer({ noServer: true });
  const web = await serve((options) => py.asgi("fastapi_app:app", { ...options, webSocketServer }));
  served.push(web);
  const answers = await Promise.all([1, 2, 3].map((i) => json(`${web.url}/items/${i}`)));
  expect(answers).toEqual([1, 2, 3].map((number) => ({ number, q: null })));
  expect((await fetch(`${web.url}/items/one`)).status).toBe(422);
  const socket = new WebSocket(`${web.url.replace("http", "ws")}/ws/echo`, ["second"]);
  socket.on("open", () => socket.send("abc"));
  const text = await new Promise((resolve) => socket.on("message", (data) => resolve(`${data}`)));
  expect(text).toBe("cba");
  socket.close();
  await web.handler.close();
  const log = (py.runPython("import fastapi_app; fastapi_app.log") as { toJs(): unknown }).toJs();
  expect(log).toEqual(expect.arrayContaining(["startup", "shutdown"]));
  expect((py.runPython("bound") as { toJs(): unknown }).toJs()).toEqual([]);
});

it("what is no application is said to be none", async () => {
  expect(() => py.asgi(5 as unknown as string)).toThrow(/asgi\(\).*number/);
  await expect(py.wsgi("flask_app:log").ready()).rejects.toThrow(
    /wsgi\('flask_app:log'\): found an object of type list, expected an application/,
  );
  await expect(py.asgi("flask_app:absent").ready()).rejects.toThrow(/absent/);
  expect(() => py.asgi("a:b", { rootPath: 5 } as unknown as object)).toThrow(/rootPath/);
  expect(() => py.asgi("a:b", { onError: 5 } as unknown as object)).toThrow(/onError/);
  expect(() => py.asgi("a:b", { webSocketServer: {} } as unknown as object)).toThrow(
    /webSocketServer/,
  );
  expect(() => py.asgi("a:b", { rootpath: "/x" } as unknown as object)).toThrow(/rootpath/);
});
