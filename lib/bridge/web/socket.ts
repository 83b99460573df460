// lib/bridge/web/socket.ts: a WebSocket of a Python web application, by the package `ws`.
import {
  type IncomingMessage,
  ServerResponse,
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
} from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Exchange, type OnError, type Sent, textOf } from "./exchange.js";
import { answer } from "./node.js";

/** What of a WebSocketServer of `ws` is used. */
export interface WebSocketAcceptor {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (socket: AcceptedWebSocket) => void,
  ): void;
  /** The lines of the answer, which may be added to. */
  on(event: "headers", listener: (lines: string[], request: IncomingMessage) => void): unknown;
  off(event: "headers", listener: (lines: string[], request: IncomingMessage) => void): unknown;
}

/** What of a WebSocket of `ws` is used. */
export interface AcceptedWebSocket {
  send(data: string | Uint8Array, callback?: (error?: Error | null) => void): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: "close", listener: (code: number, reason: Buffer) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** What a server's "upgrade" is given. */
interface Asked {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Never rejects. */
export async function serveSocket(
  open: () => Promise<Exchange>,
  server: WebSocketAcceptor | undefined,
  asked: Asked,
  onError: OnError,
): Promise<void> {
  const { socket } = asked;
  let exchange: Exchange | undefined;
  // Node listens no more: a client that resets the connection would end the process.
  const quiet = (): void => {};
  socket.on("error", quiet);
  try {
    if (server === undefined) {
      throw new Error("a WebSocket was asked for, but there is no option webSocketServer");
    }
    exchange = await open();
    await serve(exchange, server, asked, onError);
  } catch (error) {
    await exchange?.cancel().catch(() => {});
    onError(textOf(error));
    refuse(socket, 500);
  }
}

async function serve(
  exchange: Exchange,
  server: WebSocketAcceptor,
  asked: Asked,
  onError: OnError,
): Promise<void> {
  const gone = (): void => void exchange.disconnect(1006).catch(() => {});
  asked.socket.once("close", gone);
  if (asked.socket.destroyed) gone();
  const first = await exchange.take();
  if (first?.[0] === "accept" && !asked.socket.destroyed) {
    const accepted = await accept(server, asked, first);
    asked.socket.off("close", gone);
    if (accepted !== undefined) {
      try {
        receive(exchange, accepted);
        await send(exchange, accepted, onError);
      } catch (error) {
        accepted.terminate();
        throw error;
      }
      return;
    }
    gone();
  } else if (first?.[0] === "start") {
    asked.socket.off("close", gone);
    await deny(exchange, asked, first, onError);
    return;
  } else {
    // close() before accept(): 403; an application that ended without a word has failed.
    refuse(asked.socket, first === null ? 500 : 403);
    gone();
  }
  await exchange.exhaust(onError);
}

/** undefined: the client asked for what `ws` does not take, or went meanwhile. */
function accept(
  server: WebSocketAcceptor,
  { request, socket, head }: Asked,
  [, protocol, headers]: Extract<Sent, readonly ["accept", ...unknown[]]>,
): Promise<AcceptedWebSocket | undefined> {
  // `ws` answers with the first that is asked for: here, with the application's choice.
  if (protocol === null) delete request.headers["sec-websocket-protocol"];
  else request.headers["sec-websocket-protocol"] = protocol;
  const add = (lines: string[], of: IncomingMessage): void => {
    if (of === request) for (const [name, value] of headers) lines.push(lineOf(name, value));
  };
  server.on("headers", add);
  return new Promise<AcceptedWebSocket | undefined>((resolve) => {
    socket.once("close", () => resolve(undefined));
    server.handleUpgrade(request, socket, head, resolve);
  }).finally(() => server.off("headers", add));
}

function lineOf(name: string, value: string): string {
  validateHeaderName(name);
  validateHeaderValue(name, value);
  return `${name}: ${value}`;
}

/** ASGI's extension: any response in place of the WebSocket. */
async function deny(
  exchange: Exchange,
  { request, socket }: Asked,
  first: Sent,
  onError: OnError,
): Promise<void> {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once("finish", () => {
    response.detachSocket(socket as Socket);
    socket.end();
  });
  await answer(exchange, response, onError, first);
}

function refuse(socket: Duplex, status: number): void {
  if (socket.destroyed || !socket.writable) return;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
}

/** One message at a time: the socket stands still until the application has taken it. */
function receive(exchange: Exchange, socket: AcceptedWebSocket): void {
  let last: Promise<void> = Promise.resolve();
  socket.on("message", (data, isBinary) => {
    socket.pause();
    last = last
      .then(() => exchange.message(isBinary ? data : data.toString()))
      .catch(() => socket.terminate())
      .finally(() => socket.resume());
  });
  socket.on("close", (code, reason) => {
    exchange
      .leave()
      .then(() => last)
      .then(() => exchange.disconnect(code, reason.toString()))
      .catch(() => {});
  });
  socket.on("error", () => socket.terminate());
}

async function send(
  exchange: Exchange,
  socket: AcceptedWebSocket,
  onError: OnError,
): Promise<void> {
  let isClosed = false;
  for (let sent = await exchange.take(); sent !== null; sent = await exchange.take()) {
    if (sent[0] === "text" || sent[0] === "bytes") {
      const data = sent[1];
      await new Promise<void>((resolve) => socket.send(data, () => resolve()));
    } else if (sent[0] === "close") {
      isClosed = true;
      socket.close(sent[1], sent[2]);
    }
  }
  const hasFailed = await exchange.tellFailure(onError);
  if (!isClosed) socket.close(hasFailed ? 1011 : 1000);
}
