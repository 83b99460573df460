// test/bundle/package-index.ts: a package index of our own: wheels with true RECORDs, served as pip reads them.
import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { onTestFinished } from "vitest";
import { writeZip } from "./support.js";

export interface WheelWish {
  readonly name: string;
  readonly version?: string;
  /** Default: `py3-none-any`. */
  readonly tags?: string;
  readonly requires?: readonly string[];
  readonly extras?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes a wheel that every check of wheels accepts; gives its path. */
export async function writeTrueWheel(folder: string, wish: WheelWish): Promise<string> {
  const { name, version = "1.0", tags = "py3-none-any", requires = [], extras = [] } = wish;
  const info = `${name}-${version}.dist-info`;
  const metadata = [
    "Metadata-Version: 2.1",
    `Name: ${name}`,
    `Version: ${version}`,
    ...extras.map((extra) => `Provides-Extra: ${extra}`),
    ...requires.map((line) => `Requires-Dist: ${line}`),
  ];
  const all: Record<string, string> = {
    ...(wish.files ?? { [`${name}.py`]: `VERSION = "${version}"\n` }),
    [`${info}/METADATA`]: `${metadata.join("\n")}\n`,
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: ${tags}\n`,
  };
  const rows = Object.entries(all).map(([file, content]) => {
    const hash = createHash("sha256").update(content).digest("base64url");
    return `${file},sha256=${hash},${Buffer.byteLength(content)}\n`;
  });
  const path = join(folder, `${name}-${version}-${tags}.whl`);
  await writeZip(path, { ...all, [`${info}/RECORD`]: `${rows.join("")}${info}/RECORD,,\n` });
  return path;
}

export function sha256Of(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

export interface IndexOptions {
  /** Without it the answer is 401. */
  readonly login?: { readonly user: string; readonly password: string };
  /** What pages say of each file, in place of its true hash. */
  readonly hash?: string;
  /** Files come in pieces with this time between, in milliseconds. */
  readonly slowness?: number;
  /** Key and certificate, perhaps what clients must show: it is served by TLS. */
  readonly tls?: ServerOptions;
}

export interface PackageIndex {
  /** Of `/simple/`. */
  readonly url: string;
  readonly port: number;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
}

/** Serves the files of a folder by PEP 503, until the test ends. */
export async function startIndex(
  folder: string,
  options: IndexOptions = {},
): Promise<PackageIndex> {
  const asked: string[] = [];
  const { login } = options;
  const wanted = login && `Basic ${btoa(`${login.user}:${login.password}`)}`;
  const answer: RequestListener = (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    asked.push(pathname);
    if (wanted !== undefined && request.headers.authorization !== wanted) {
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="test"' }).end();
      return;
    }
    const project = /^\/simple\/([^/]+)\/$/.exec(pathname)?.[1];
    if (project !== undefined) {
      const links = linksOf(folder, project, options.hash);
      response.writeHead(links === "" ? 404 : 200, { "Content-Type": "text/html" }).end(links);
    } else if (pathname.startsWith("/files/")) {
      const path = join(folder, basename(decodeURIComponent(pathname)));
      const { length } = readFileSync(path);
      response.writeHead(200, { "Content-Length": length });
      if (options.slowness === undefined) createReadStream(path).pipe(response);
      else drip(response, readFileSync(path), options.slowness);
    } else response.writeHead(404).end();
  };
  const { tls } = options;
  const server = tls ? createSecureServer(tls, answer) : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => close(server));
  const { port } = server.address() as AddressInfo;
  // pip cannot do TLS with an address: "check_hostname requires server_hostname".
  const place = tls ? "https://localhost" : "http://127.0.0.1";
  return { url: `${place}:${port}/simple/`, port, asked };
}

function linksOf(folder: string, project: string, hash: string | undefined): string {
  const names = readdirSync(folder).filter((name) => {
    const own = /^(.+?)-\d/.exec(name)?.[1] ?? "";
    return own.toLowerCase().replace(/[-_.]+/g, "-") === project;
  });
  return names
    .map((name) => {
      const digest = hash ?? sha256Of(join(folder, name));
      return `<a href="/files/${encodeURIComponent(name)}#sha256=${digest}">${name}</a><br>\n`;
    })
    .join("");
}

function drip(response: import("node:http").ServerResponse, bytes: Buffer, ms: number): void {
  const step = Math.ceil(bytes.length / 50);
  let at = 0;
  const timer = setInterval(() => {
    if (at >= bytes.length || response.destroyed) {
      clearInterval(timer);
      response.end();
      return;
    }
    response.write(bytes.subarray(at, at + step));
    at += step;
  }, ms);
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
