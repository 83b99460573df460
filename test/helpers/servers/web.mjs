// test/helpers/servers/web.mjs: Node's HTTPS server as a process of its own, HTTP/1.1 and HTTP/2, with a test's certificate.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { startServer } from "./process.mjs";

/** The text that /text sends, in windows-1251 and with no word on its encoding. */
const russian =
  "cff0e8e2e5f22c20ece8f02120ddf2ee20f2e5eaf1f220ede020f0f3f1f1eaeeec20ffe7fbeae52c20eaeef2eef0fbe920edf3e6edee20f3e7ede0f2fc20e1e5e720efeee4f1eae0e7eae82e";
const squares = JSON.stringify(Array.from({ length: 5000 }, (_, i) => i * i));

/**
 * @param {{ key: string, certificate: string }} tls
 * @returns {Promise<{ port: number, stop(): Promise<void>, output(): string }>}
 */
export async function startWeb(tls) {
  const words = [fileURLToPath(import.meta.url), tls.key, tls.certificate];
  const server = await startServer(process.execPath, words, {
    ready: (text) => text.includes("\n"),
  });
  return { ...server, port: Number(server.output()) };
}

async function answer(request, response) {
  const { pathname } = new URL(request.url, "https://localhost");
  const handler = handlers[pathname];
  if (!handler) return response.writeHead(404).end();
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const [headers, body] = handler(request, Buffer.concat(chunks));
  response.writeHead(200, headers).end(body);
}

const json = { "content-type": "application/json" };
const handlers = {
  "/facts": (request) => {
    const socket = request.stream?.session?.socket ?? request.socket;
    const { name } = socket.getCipher();
    const facts = { http: request.httpVersion, tls: socket.getProtocol(), cipher: name };
    return [json, JSON.stringify(facts)];
  },
  "/text": () => [{ "content-type": "text/plain" }, Buffer.from(russian, "hex")],
  "/gzip": () => [{ ...json, "content-encoding": "gzip" }, gzipSync(squares)],
  "/br": () => [{ ...json, "content-encoding": "br" }, brotliCompressSync(squares)],
  "/echo": (_, body) => {
    const sha256 = createHash("sha256").update(body).digest("hex");
    return [json, JSON.stringify({ length: body.length, sha256 })];
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [key, cert] = process.argv.slice(2).map((path) => readFileSync(path));
  const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
    answer(request, response).catch((error) => response.destroy(error));
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}
