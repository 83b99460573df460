// lib/bridge/web/scope.ts: what a web application is told of a request (ASGI's scope).
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";

/** python/inmem/_web.py: open_exchange(). Bytes are texts of latin-1. */
export interface Scope {
  readonly type: "http" | "websocket";
  readonly http_version: string;
  readonly method?: string;
  readonly scheme: string;
  readonly path: string;
  readonly raw_path: string;
  readonly query_string: string;
  readonly root_path: string;
  readonly headers: [name: string, value: string][];
  readonly client: [host: string, port: number] | null;
  readonly server: [host: string, port: number] | null;
  readonly subprotocols?: string[];
}

export function scopeOfNode(
  type: Scope["type"],
  request: IncomingMessage,
  rootPath: string,
): Scope {
  const { socket, httpVersion } = request;
  const { url, root } = placeOf(request, rootPath);
  const isSecure = (socket as Partial<TLSSocket>).encrypted === true;
  const scheme = (type === "http" ? "http" : "ws") + (isSecure ? "s" : "");
  const headers: [string, string][] = [];
  // As they came: in order, each of several with the same name.
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] as string).toLowerCase();
    const value = request.rawHeaders[i + 1] as string;
    // HTTP/2 has the host in what is no header.
    if (!name.startsWith(":")) headers.push([name, value]);
    else if (name === ":authority" && !("host" in request.headers)) headers.push(["host", value]);
  }
  return {
    ...partsOf(type, url, root),
    http_version: httpVersion.replace(/^2\.0$/, "2"),
    ...(type === "http" && { method: (request.method ?? "GET").toUpperCase() }),
    scheme,
    headers,
    client: addressOf(socket.remoteAddress, socket.remotePort),
    server: addressOf(socket.localAddress, socket.localPort),
    ...(type === "websocket" && { subprotocols: protocolsOf(request) }),
  };
}

/** Where an application of express is mounted, `url` is without it, and `baseUrl` has it. */
function placeOf(request: IncomingMessage, rootPath: string): { url: string; root: string } {
  const { baseUrl, originalUrl } = request as { baseUrl?: unknown; originalUrl?: unknown };
  if (typeof baseUrl === "string" && baseUrl !== "" && typeof originalUrl === "string")
    return { url: originalUrl, root: rootPath || baseUrl };
  return { url: request.url || "/", root: rootPath };
}

export function scopeOfFetch(request: Request, rootPath: string): Scope {
  const url = new URL(request.url);
  const headers: [string, string][] = [...request.headers];
  if (!request.headers.has("host")) headers.unshift(["host", url.host]);
  const isSecure = url.protocol === "https:";
  return {
    ...partsOf("http", url.pathname + url.search, rootPath),
    http_version: "1.1",
    method: request.method.toUpperCase(),
    scheme: isSecure ? "https" : "http",
    headers,
    client: null,
    server: [url.hostname, Number(url.port) || (isSecure ? 443 : 80)],
  };
}

function partsOf<Type extends Scope["type"]>(type: Type, target: string, rootPath: string) {
  // A client may ask for a whole URL, as it asks a proxy.
  const given = target.replace(/^https?:\/\/[^/?]*/i, "");
  const query = given.indexOf("?");
  const rawPath = (query < 0 ? given : given.slice(0, query)) || "/";
  return {
    type,
    path: decoded(rawPath),
    raw_path: latin1(rawPath),
    query_string: query < 0 ? "" : latin1(given.slice(query + 1)),
    root_path: rootPath,
  };
}

/** A text whose characters are the bytes that came. */
function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** Percent escapes as UTF-8; what is none stays as it is. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
      Buffer.from(bytes.replaceAll("%", ""), "hex").toString(),
    );
  }
}

function addressOf(
  host: string | undefined,
  port: number | undefined,
): [host: string, port: number] | null {
  return host === undefined || port === undefined ? null : [host, port];
}

function protocolsOf({ headers }: IncomingMessage): string[] {
  const given = headers["sec-websocket-protocol"] ?? "";
  return given
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
