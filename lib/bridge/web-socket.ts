// lib/bridge/web-socket.ts: a WebSocket of a Python web application, by the package `ws`.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Exchange } from "./web-exchange.js";

/** What of a WebSocketServer of `ws` is used. */
export interface WebSocketAcceptor {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (socket: AcceptedWebSocket) => void,
  ): void;
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

type OnError = (traceback: string) => void;

export function serveSocket(
  open: () => Promise<Exchange>,
  server: WebSocketAcceptor | undefined,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  onError: OnError,
): void {
  const failed = (error: unknown): void => {
    onError(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    refuse(socket, 500);
  };
  if (server === undefined) {
    failed(new Error("a WebSocket was asked for, but there is no option webSocketServer"));
    return;
  }
  serve(open, server, request, socket, head, onError).catch(failed);
}

async function serve(
  open: () => Promise<Exchange>,
  server: WebSocketAcceptor,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  onError: OnError,
): Promise<void> {
  const exchange = await open();
  const first = await exchange.take();
  if (first?.[0] === "accept") {
    const accepted = await new Promise<AcceptedWebSocket>((resolve) => {
      server.handleUpgrade(request, socket, head, resolve);
    });
    receive(exchange, accepted);
    await send(exchange, accepted);
  } else {
    refuse(socket, first?.[0] === "start" ? first[1] : 403);
    await exchange.disconnect(1006);
    while ((await exchange.take()) !== null);
  }
  const traceback = await exchange.failure();
  if (traceback !== "") onError(traceback);
}

function refuse(socket: Duplex, status: number): void {
  if (!socket.destroyed) socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\n\r\n`);
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
    void last.then(() => exchange.disconnect(code, reason.toString())).catch(() => {});
  });
  socket.on("error", () => socket.terminate());
}

async function send(exchange: Exchange, socket: AcceptedWebSocket): Promise<void> {
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
  if (!isClosed) socket.close((await exchange.failure()) === "" ? 1000 : 1011);
}
