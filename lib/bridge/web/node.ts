// lib/bridge/web/node.ts: a request of Node's http server, answered by a Python web application.
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import {
  type Exchange,
  type OnError,
  type Sent,
  type Start,
  textOf,
  type WebApplication,
} from "./exchange.js";
import { scopeOfNode } from "./scope.js";

/** Never rejects. */
export async function serveNode(
  application: WebApplication,
  request: IncomingMessage,
  response: ServerResponse,
  rootPath: string,
  onError: OnError,
): Promise<void> {
  let exchange: Exchange | undefined;
  try {
    exchange = await application.open(scopeOfNode("http", request, rootPath));
    void feed(exchange, request);
    await answer(exchange, response, onError);
  } catch (error) {
    await exchange?.cancel().catch(() => {});
    onError(textOf(error));
    fail(response);
  }
}

/** The body; what of it nobody wants is thrown away, so that the connection can be used again. */
async function feed(exchange: Exchange, request: IncomingMessage): Promise<void> {
  await exchange.bodyFrom(request.iterator({ destroyOnReturn: false }));
  if (!request.readableEnded && !request.destroyed) request.resume();
}

/** What the application sends, to the end of what it does; `first`: what was taken already. */
export async function answer(
  exchange: Exchange,
  response: ServerResponse,
  onError: OnError,
  first?: Sent,
): Promise<void> {
  let isThrough = false;
  const gone = (): void => {
    if (!isThrough) void exchange.disconnect().catch(() => {});
  };
  if (response.destroyed) gone();
  else response.once("close", gone);
  // A body of another length than the header says: the client would wait for the rest.
  response.strictContentLength = true;
  let head: Start | undefined;
  const start = first ?? (await exchange.take());
  for (let sent = start; sent !== null; sent = await exchange.take()) {
    if (response.destroyed) continue;
    if (sent[0] === "start") {
      head = sent; // not before there is a body: until then it may become a 500
    } else if (sent[0] === "body") {
      if (head !== undefined) writeHead(response, head);
      head = undefined;
      if (sent[1].byteLength > 0 && !response.write(sent[1])) await drained(response);
      if (!sent[2]) {
        isThrough = true;
        response.end();
        await exchange.exhaust(onError);
        return;
      } else if (!response.headersSent) {
        response.flushHeaders();
      }
    }
  }
  const isGone = response.destroyed;
  isThrough = true;
  const hasFailed = await exchange.tellFailure(onError);
  if (isGone) return;
  if (!hasFailed) onError("the web application ended without a whole response\n");
  fail(response);
}

function writeHead(response: ServerResponse, [, status, pairs, reason]: Start): void {
  const headers = pairs.flat() as string[];
  // HTTP/2 has no reason phrases, and Node warns of one.
  const phrase = response.req.httpVersionMajor > 1 ? "" : reason || STATUS_CODES[status];
  if (phrase) response.writeHead(status, phrase, headers);
  else response.writeHead(status, headers);
}

/** Nothing was sent: 500. In the middle: the connection ends, so that the client knows. */
function fail(response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  writeHead(response, ["start", 500, [["content-type", "text/plain; charset=utf-8"]], ""]);
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
