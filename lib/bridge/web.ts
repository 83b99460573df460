// lib/bridge/web.ts: a Python web application as a listener of Node's http server, and for fetch.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Crossing } from "./crossing.js";
import { type Exchange, WebApplication } from "./web-exchange.js";
import { scopeOfFetch, scopeOfNode } from "./web-scope.js";
import { serveSocket, type WebSocketAcceptor } from "./web-socket.js";

export interface WebOptions {
  /** Where the application is mounted: ASGI's `root_path`, WSGI's SCRIPT_NAME. Default: "". */
  rootPath?: string;
  /**
   * Told of what the application raised; the client gets a 500 without it. Default: it is written
   * to stderr.
   */
  onError?: (traceback: string) => void;
  /** `new WebSocketServer({ noServer: true })` of the package `ws`: for upgrade(). */
  webSocketServer?: WebSocketAcceptor;
}

/** A listener for http.createServer(), and more. */
export interface WebHandler {
  (request: IncomingMessage, response: ServerResponse): void;
  /** A fetch handler: streams the request's body in and the response's out. */
  fetch(request: Request): Promise<Response>;
  /** A listener for a server's "upgrade": WebSockets, by `webSocketServer`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Runs the application's startup now, rather than at the first request. */
  ready(): Promise<void>;
  /** Runs its shutdown. */
  close(): Promise<void>;
}

export function webHandler(
  crossing: Crossing,
  kind: "asgi" | "wsgi",
  app: unknown,
  options: WebOptions = {},
): WebHandler {
  const application = new WebApplication(crossing, kind, app);
  const { rootPath = "", webSocketServer } = options;
  const onError = options.onError ?? ((text: string) => void process.stderr.write(text));

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serveNode(application, request, response, rootPath, onError).catch((error: unknown) => {
      onError(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      fail(response);
    });
  };
  return Object.assign(listener, {
    fetch: (request: Request) => serveFetch(application, request, rootPath, onError),
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const exchange = () => application.open(scopeOfNode("websocket", request, rootPath));
      serveSocket(exchange, webSocketServer, request, socket, head, onError);
    },
    ready: () => application.started(),
    close: () => application.stop(),
  });
}

type OnError = (traceback: string) => void;

async function serveNode(
  application: WebApplication,
  request: IncomingMessage,
  response: ServerResponse,
  rootPath: string,
  onError: OnError,
): Promise<void> {
  const exchange = await application.open(scopeOfNode("http", request, rootPath));
  let isThrough = false;
  response.once("close", () => {
    if (!isThrough) void exchange.disconnect().catch(() => {});
  });
  void exchange.bodyFrom(request);
  for (let sent = await exchange.take(); sent !== null; sent = await exchange.take()) {
    if (sent[0] === "start") {
      response.writeHead(sent[1], sent[2].flat() as string[]);
    } else if (sent[0] === "body") {
      if (sent[1].byteLength > 0 && !response.write(sent[1])) await drained(response);
      if (!sent[2]) {
        isThrough = true;
        response.end();
      }
    }
  }
  isThrough = true;
  const traceback = await exchange.failure();
  if (traceback !== "") onError(traceback);
  if (!response.writableEnded) fail(response);
}

/** Nothing was sent: 500. In the middle: the connection ends, so that the client knows. */
function fail(response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
  response.end("Internal Server Error");
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
    if (response.destroyed) done();
  });
}

async function serveFetch(
  application: WebApplication,
  request: Request,
  rootPath: string,
  onError: OnError,
): Promise<Response> {
  const exchange = await application.open(scopeOfFetch(request, rootPath));
  const gone = () => void exchange.disconnect().catch(() => {});
  request.signal.addEventListener("abort", gone, { once: true });
  void exchange.bodyFrom(request.body ?? emptyBody());
  const first = await exchange.take();
  if (first?.[0] !== "start") {
    onError((await exchange.failure()) || "the web application sent no response\n");
    return new Response("Internal Server Error", { status: 500 });
  }
  const [, status, headers] = first;
  const hasBody = request.method !== "HEAD" && ![101, 204, 205, 304].includes(status);
  const body = hasBody ? bodyOf(exchange, onError) : null;
  if (!hasBody) void exhaust(exchange, onError);
  return new Response(body, { status, headers: headers.map(([name, value]) => [name, value]) });
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

/** Read as the client reads: back-pressure is the application's. */
function bodyOf(exchange: Exchange, onError: OnError): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const sent = await exchange.take();
        if (sent === null) {
          const traceback = await exchange.failure();
          if (traceback !== "") onError(traceback);
          controller.error(new Error("the web application ended in the middle of its response"));
          return;
        }
        if (sent[0] !== "body") continue;
        if (sent[1].byteLength > 0) controller.enqueue(sent[1]);
        if (!sent[2]) {
          void exhaust(exchange, onError);
          controller.close();
        }
        if (sent[1].byteLength > 0 || !sent[2]) return;
      }
    },
    async cancel() {
      await exchange.disconnect();
    },
  });
}

/** What comes after the response: background tasks, and what they raise. */
async function exhaust(exchange: Exchange, onError: OnError): Promise<void> {
  while ((await exchange.take()) !== null);
  const traceback = await exchange.failure();
  if (traceback !== "") onError(traceback);
}
