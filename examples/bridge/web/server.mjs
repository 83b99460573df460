// examples/bridge/web/server.mjs: fastapi and flask behind Node's own http server: Python has no socket.
import { createServer } from "node:http";
import { start } from "inmem-python";

const py = await start({ bundles: process.argv[2] ?? "web.pyz" });
const service = py.asgi("service:app");
const pages = py.wsgi("pages:app", { rootPath: "/pages" });

const server = createServer((request, response) => {
  (request.url.startsWith("/pages/") ? pages : service)(request, response);
});
await service.ready(); // else with the first request
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));

// What clients do, here in the same program.
const url = `http://127.0.0.1:${server.address().port}`;
const show = async (path, init) => {
  const response = await fetch(url + path, init);
  console.log(
    `${path}: ${response.status} ${JSON.stringify((await response.text()).slice(0, 55))}`,
  );
};
const headers = { "content-type": "application/json" };
await show("/hello/you");
await show("/orders", { method: "POST", headers, body: '{"item": "tea", "count": 2}' });
await show("/orders", { method: "POST", headers, body: '{"item": "tea", "count": "many"}' });
await show("/events");
await show("/pages/?title=From+flask");

// No server at all: a Request in, a Response out.
const response = await service.fetch(new Request("http://example.org/hello/fetch"));
console.log("fetch:", await response.json());

server.close();
server.closeAllConnections();
await service.close();
