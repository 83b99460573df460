// test/cli/run-settings.test.ts: what inmem.toml says of a run is in the bundle, and `run app.pyz` heeds it.
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { RunSettings } from "../../lib/bundle/manifest.js";
import { centralHeader, endRecords, localHeader } from "../../lib/bundle/zip-records.js";
import { readRunSettings, settingsIn } from "../../lib/cli/run-settings.js";
import { api } from "../helpers/python.js";
import { type SpawnResult, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir, tmpFile } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

/** Answers one request, and tells what it found on its standard input. */
const SERVER = `import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"from {os.environ['PORT']}, read {sys.stdin.read()!r}".encode())
    def log_message(self, *args):
        pass
with http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler) as server:
    print("ready", flush=True)
    server.handle_request()
`;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

let port: number;
let exportedPort: number;
let bundle: string;
beforeAll(async () => {
  [port, exportedPort] = [await freePort(), await freePort()];
  const folder = tmpDir();
  bundle = join(folder, "app.pyz");
  writeFileSync(join(folder, "server.py"), SERVER);
  const lines = ["main = 'server.py'", "terminal = false", `port = ${port}`];
  writeFileSync(
    join(folder, "inmem.toml"),
    [...lines, `exported-port = ${exportedPort}`].join("\n"),
  );
  await api.bundle({ description: folder, output: bundle, executable: true });
});

/** Runs it, asks it over this port as soon as it is ready. */
async function ask(at: number, words: string[], env = {}) {
  let answer: Promise<string> | undefined;
  const run = await spawnCommand(["run", ...words], {
    env,
    stdin: "typed",
    onSpawn: (child) => {
      child.stdout?.once("data", () => {
        answer = fetch(`http://127.0.0.1:${at}/`).then((response) => response.text());
      });
    },
  });
  return { run, answer: await answer };
}

const ended: Partial<SpawnResult> = { code: 0, stdout: "ready\n", stderr: "" };

describe("inmem-python run app.pyz", () => {
  it("offers the port under its other number, and gives no input", async () => {
    const { run, answer } = await ask(exportedPort, [bundle]);
    expect(run).toMatchObject(ended);
    expect(answer).toBe(`from ${port}, read ''`);
    // In a process of its own, and where the program was told of another port.
    const other = await freePort();
    const again = await ask(exportedPort, ["--process", bundle], { PORT: String(other) });
    expect(again.run).toMatchObject(ended);
    expect(again.answer).toBe(`from ${other}, read ''`);
  });

  it("offers with --verify what the key has signed, and nothing else", async () => {
    const folder = tmpDir();
    const [key, signed] = [join(folder, "key"), join(folder, "signed.pyz")];
    api.keygen(key);
    await api.sign(bundle, { key, output: signed });
    expect(readRunSettings(signed)).toEqual({ terminal: false, port, exportedPort });
    const { run, answer } = await ask(exportedPort, ["--verify", `${key}.pub`, signed]);
    expect(run).toMatchObject(ended);
    expect(answer).toBe(`from ${port}, read ''`);
    // The exported port is taken: who offers it comes to know.
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(exportedPort, resolve));
    const other = join(folder, "other");
    api.keygen(other);
    const refused = await spawnCommand(["run", "--verify", `${other}.pub`, signed]);
    const offered = await spawnCommand(["run", "--verify", `${key}.pub`, signed]);
    taken.close();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("ERR_INMEM_BAD_SIGNATURE");
    expect(offered.code).toBe(2);
    expect(offered.stderr).toMatch(/ERR_INMEM_CONFIG: cannot listen on exported-port \d+: /);
  });
});

it("are of the bundle's program alone: another module of it runs beside that", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(exportedPort, resolve));
  const words = ["run", "-m", "json.tool", bundle, "--compact"];
  const run = await spawnCommand(words, { stdin: `{"a": 1}` });
  taken.close();
  expect(run).toMatchObject({ code: 0, stdout: `{"a":1}\n`, stderr: "" });
});

describe("the settings", () => {
  it("are nothing in what our writer has not made so", () => {
    const text = `{\n "format": 1,\n "python": {\n  "tag": "cp313"\n },\n "run": {\n  "port": 1\n }\n}`;
    expect(settingsIn(text)).toEqual({ port: 1 });
    expect(readRunSettings(zipFile({ "inmem.json": text }))).toEqual({ port: 1 });
    for (const run of [
      `{ "port": 0 }`,
      `{ "exportedPort": 65536 }`,
      `{ "terminal": true }`,
      "{}",
    ]) {
      expect(settingsIn(text.replace(/\{\s*"port": 1\s*\}/, run))).toEqual({});
    }
    const nothing: RunSettings = {};
    for (const path of [
      zipFile({ "__main__.py": "" }),
      zipFile({ "inmem.json": `{"entries": {}}` }),
      zipFile({ "inmem.json": text.slice(0, 60) }),
      zipFile({ "inmem.json": "" }),
      tmpFile("short", "PK"),
      tmpFile("name", "inmem.json"),
      tmpFile("cut", readFileSync(bundle).subarray(0, -1000)),
      tmpDir(),
      "/dev/null",
      join(tmpDir(), "missing"),
    ]) {
      expect(readRunSettings(path), path).toEqual(nothing);
    }
  });

  it("are found behind 4 GiB", () => {
    const content = Buffer.from(`{"format": 1, "python": {"tag": "cp313"}, "run": {"port": 2}}`);
    const record = {
      name: Buffer.from("inmem.json"),
      method: 0,
      crc32: 0,
      sizeBytes: content.length,
      compressedSizeBytes: content.length,
      mode: 0o644,
      offsetBytes: 5 * 2 ** 30,
    };
    const local = Buffer.concat([localHeader(record, 1), content]);
    const central = centralHeader(record);
    const offsetBytes = record.offsetBytes + local.length;
    const end = endRecords({ count: 1, offsetBytes, sizeBytes: central.length });
    const path = tmpFile("large.pyz", "");
    const file = openSync(path, "w");
    writeSync(file, Buffer.concat([local, central, end]), 0, undefined, record.offsetBytes);
    closeSync(file);
    expect(readRunSettings(path)).toEqual({ port: 2 });
  });
});
