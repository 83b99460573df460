// lib/bridge/web/handler.ts: a Python web application as a listener of Node's http server, and for fetch.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import { checkIsObject, checkNames, wrongType } from "../../options.js";
import type { Crossing } from "../crossing.js";
import { isObject } from "../values.js";
import { WebApplication } from "./exchange.js";
import { serveFetch } from "./fetch.js";
import { serveNode } from "./node.js";
import { scopeOfNode } from "./scope.js";
import { serveSocket, type WebSocketAcceptor } from "./socket.js";

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
  /** By HTTP/2's compatibility API, which has the members that are used. */
  (request: Http2ServerRequest, response: Http2ServerResponse): void;
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
  checkApplication(kind, app);
  checkWebOptions(options);
  const application = new WebApplication(crossing, kind, app);
  const { rootPath = "", webSocketServer } = options;
  const onError = options.onError ?? ((text: string) => void process.stderr.write(text));

  const listener = (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void => {
    const [asked, answer] = [request as IncomingMessage, response as ServerResponse];
    checkHas("request", "a request of node:http", asked, "rawHeaders");
    checkHas("response", "a response of node:http", answer, "writeHead");
    void serveNode(application, asked, answer, rootPath, onError);
  };
  return Object.assign(listener, {
    fetch: async (request: Request) => {
      checkHas("request", "a Request", request, "url");
      checkHas("request", "a Request", request, "headers");
      if (request.bodyUsed || request.body?.locked)
        throw new TypeError("Expected a Request whose body nobody reads, found one that is read");
      return serveFetch(application, request, rootPath, onError);
    },
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      checkHas("request", "a request of node:http", request, "rawHeaders");
      checkHas("socket", "a socket", socket, "once");
      const open = () => application.open(scopeOfNode("websocket", request, rootPath));
      void serveSocket(open, webSocketServer, { request, socket, head }, onError);
    },
    ready: () => application.started(),
    close: () => application.stop(),
  });
}

function checkApplication(kind: string, app: unknown): void {
  if (!isObject(app) && (typeof app !== "string" || app === ""))
    throw wrongType(`${kind}()`, "an application of Python's, or `module:name`", app);
}

function checkHas(name: string, expected: string, value: unknown, member: string): void {
  if (!isObject(value) || !(member in (value as object))) throw wrongType(name, expected, value);
}

function checkWebOptions(options: WebOptions): void {
  checkIsObject(options);
  checkNames(options, ["rootPath", "onError", "webSocketServer"]);
  const { rootPath, onError, webSocketServer } = options;
  if (rootPath !== undefined && (typeof rootPath !== "string" || !/^(\/.*[^/])?$/.test(rootPath)))
    throw wrongType("rootPath", 'a text such as "/app", or ""', rootPath);
  if (onError !== undefined && typeof onError !== "function")
    throw wrongType("onError", "a function", onError);
  if (webSocketServer !== undefined && typeof webSocketServer.handleUpgrade !== "function")
    throw wrongType("webSocketServer", "a WebSocketServer of the package ws", webSocketServer);
}
