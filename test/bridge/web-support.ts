// test/bridge/web-support.ts: flask, fastapi and django, stock wheels in one bundle, behind Node's http server.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Python, StartOptions, WebHandler } from "../../lib/index.js";
import { api } from "../helpers/python.js";
import { packageRoot } from "../helpers/spawn-node.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";

// Each with what it needs, so that no test changes with an index.
const FLASK = [
  "flask==3.1.3",
  "blinker==1.9.0",
  "click==8.5.1",
  "itsdangerous==2.2.0",
  "jinja2==3.1.6",
  "markupsafe==3.0.4",
  "werkzeug==3.1.9",
];
const FASTAPI = [
  "fastapi==0.165.0",
  "annotated-doc==0.0.7",
  "annotated-types==0.8.0",
  "anyio==4.16.0",
  "idna==3.20",
  "opentelemetry-api==1.45.2",
  "pydantic==2.14.3",
  "pydantic-core==2.50.4",
  "python-multipart==0.0.34",
  "starlette==1.10.0",
  "typing-extensions==4.16.0",
  "typing-inspection==0.4.5",
];
const DJANGO = ["django==6.1.3", "asgiref==3.13.0", "sqlparse==0.6.1"];

/** Starts Python with the wheels, and with fixtures/web beside them. */
export async function startWeb(options: StartOptions = {}): Promise<Python> {
  const folder = join(packageRoot, "test", "bridge", "fixtures", "web");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names
    .filter((name) => name.includes("."))
    .map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
  const bundle = await wheelBundle([...FLASK, ...FASTAPI, ...DJANGO], Object.fromEntries(files));
  const py = await api.start({ ...options, bundles: bundle });
  // Which sockets Python listens on: none is what is promised.
  py.runPython(`
import sys
bound = []
sys.addaudithook(lambda event, args: bound.append(args[1]) if event == "socket.bind" else None)
`);
  return py;
}

export interface Served {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  /** What the application raised, and what else is wrong with it. */
  readonly errors: string[];
  readonly handler: WebHandler;
}

export async function serve(
  make: (options: { onError: (text: string) => void }) => WebHandler,
): Promise<Served> {
  const errors: string[] = [];
  const handler = make({ onError: (text) => void errors.push(text) });
  const server = createServer(handler);
  server.on("upgrade", handler.upgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}`, errors, handler };
}

/** Of a route that gives JSON. */
export async function json(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, init);
  return response.json();
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A form with a file of 3 MiB, and what an application is to say of that. */
export function uploadForm(): { body: FormData; name: string; type: string; digest: string } {
  const content = Buffer.alloc(3 << 20, "some content");
  const [name, type] = ["naïve name.bin", "application/x-of-test"];
  const body = new FormData();
  body.append("file", new File([content], name, { type }));
  return { body, name, type, digest: sha256(content) };
}

/** A request whose body comes in parts, without a length, and what an application is to say of it. */
export function streamedBody(size: number): {
  init: RequestInit;
  digest: { sha256: string; size: number };
} {
  const content = Buffer.alloc(size, "of a stream");
  const body = new ReadableStream({
    start(controller) {
      for (let i = 0; i < size; i += 65_000) controller.enqueue(content.subarray(i, i + 65_000));
      controller.close();
    },
  });
  const init = { method: "POST", body, duplex: "half" } as RequestInit;
  return { init, digest: { sha256: sha256(content), size } };
}

export async function until(isSo: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not so after ${seconds} s: ${String(isSo)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
