// test/bundle/proxy.ts: an HTTP proxy as companies have them: it tunnels TLS, fetches the rest, and may want a password.
import { createServer, type IncomingMessage, request as startRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { onTestFinished } from "vitest";

export interface Proxy {
  /** `http://user:password@127.0.0.1:PORT`. */
  readonly url: string;
  /** What it was asked for, in order: `"CONNECT localhost:1234"`, `"GET http://index.test/simple/x/"`. */
  readonly asked: readonly string[];
}

/** Until the test ends. Every host is this one, at the port: names need not be known to anybody. */
export async function startProxy(port: number, login: string): Promise<Proxy> {
  const asked: string[] = [];
  const wanted = `Basic ${btoa(login)}`;
  const allows = ({ method, url, headers }: IncomingMessage) => {
    if (headers["proxy-authorization"] !== wanted) return false;
    asked.push(`${method} ${url}`);
    return true;
  };
  const server = createServer((request, response) => {
    if (!allows(request)) {
      response.writeHead(407, { "Proxy-Authenticate": 'Basic realm="proxy"' }).end();
      return;
    }
    const { pathname } = new URL(request.url ?? "");
    const options = { host: "127.0.0.1", port, path: pathname, method: request.method };
    const onward = startRequest(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.writeHead(502).end());
    request.pipe(onward);
  });
  server.on("connect", (request, client) => {
    client.on("error", () => undefined);
    if (!allows(request)) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const onward = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.pipe(client).pipe(onward);
    });
    onward.on("error", () => client.destroy());
    client.on("close", () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const own = (server.address() as AddressInfo).port;
  return { url: `http://${login}@127.0.0.1:${own}`, asked };
}
