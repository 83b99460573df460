// test/bundle/command.test.ts: `inmem-python bundle` and `run FOLDER` as commands: words, events, interruption, the cache.
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { inNamespace, obstacleTo } from "../helpers/bad-host.js";
import { commandLine, spawnCommand, spawnNode, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { startIndex, writeTrueWheel } from "./package-index.js";
import { dist } from "./support.js";

function write(folder: string, files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const pipEnv = { PIP_CONFIG_FILE: "/dev/null", PIP_NO_CACHE_DIR: "1" };

const events = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("bundle --json", () => {
  it("tells each phase and the result, a line each", async () => {
    const folder = write(tmpDir(), { "app.py": "import one" });
    await writeTrueWheel(folder, { name: "one" });
    const words = ["bundle", "--json", "app.py", "one", "--no-index", "--find-links", ".", "-o"];
    const made = await spawnCommand([...words, "x.pyz"], { cwd: folder, env: pipEnv });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const told = events(made.stdout);
    expect([...new Set(told.map(({ phase }) => phase))]).toEqual(
      expect.arrayContaining(["resolve", "compile", "pack"]),
    );
    expect(told.at(-1)).toMatchObject({ event: "result", output: join(folder, "x.pyz") });
    const failed = await spawnCommand(["bundle", "--json", "nothing", "-o", "y.pyz"], {
      cwd: folder,
      env: { ...pipEnv, PIP_NO_INDEX: "1" },
    });
    expect(failed.code).toBe(2);
    expect(events(failed.stdout).at(-1)).toMatchObject({
      event: "error",
      code: "ERR_INMEM_REQUIREMENTS",
    });
  });
});

describe("bundle() of the package", () => {
  it("rejects with the class of errors that the package exports, and makes what run() takes", async () => {
    const folder = write(tmpDir(), { "app.py": "print('made and run')" });
    const source = `
const { bundle, run, InmemError } = require("inmem-python");
(async () => {
  const error = await bundle({ description: "absent", output: "x.pyz" }).catch((error) => error);
  console.log(error instanceof InmemError, error.code);
  const phases = new Set();
  const onProgress = ({ phase }) => phases.add(phase);
  const { output } = await bundle({ main: "app.py", output: "x.pyz", onProgress });
  console.log([...phases].sort().join());
  await run(output);
})();`;
    expect(await spawnNode(source, { cwd: folder })).toMatchObject({
      code: 0,
      stdout: "true ERR_INMEM_CONFIG\ncompile,pack\nmade and run\n",
      stderr: "",
    });
  });
});

describe("bundle, interrupted by SIGINT", () => {
  const slowBackend = `import os, time
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    os.mkdir(os.path.join(folder, "slow-1.dist-info"))
    with open(os.path.join(folder, "slow-1.dist-info", "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: slow\\nVersion: 1\\n")
    return "slow-1.dist-info"
def build_wheel(folder, config_settings=None, metadata_directory=None):
    time.sleep(30)
`;
  const project = `[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n`;

  it.each(["resolve", "download", "build", "compile", "pack"])(
    "while it does %s leaves nothing behind",
    async (phase) => {
      const folder = tmpDir();
      const links = join(folder, "links");
      const temporary = join(folder, "tmp");
      const cache = tmpDir();
      mkdirSync(links);
      mkdirSync(temporary);
      const files = Object.fromEntries(
        Array.from({ length: phase === "download" ? 1 : 300 }, (_, i) => [
          `many/m${i}.py`,
          phase === "download"
            ? `X = "${randomBytes(700_000).toString("hex")}"\n`
            : "x = [1, 2]\n".repeat(400),
        ]),
      );
      await writeTrueWheel(links, { name: "many", files });
      const index = await startIndex(links, phase === "download" ? { slowness: 200 } : {});
      write(folder, {
        "p/pyproject.toml": project,
        "p/slow.py": slowBackend,
        "out.pyz": "earlier",
      });
      const before = readdirSync(folder);
      const words = ["bundle", "--json", "-o", "out.pyz", phase === "build" ? "./p" : "many"];
      const result = await spawnCommand([...words, "--index-url", index.url], {
        cwd: folder,
        env: { ...pipEnv, TMPDIR: temporary, XDG_CACHE_HOME: cache },
        onSpawn: (child) => {
          let seen = "";
          let sent = false;
          child.stdout?.on("data", (text: string) => {
            seen += text;
            const there = phase === "download" ? '"doneBytes":[1-9]' : `"phase":"${phase}"`;
            if (!sent && new RegExp(there).test(seen)) sent = child.kill("SIGINT");
          });
        },
      });
      expect({ ...result, stdout: "" }).toMatchObject({ code: 130, stderr: "" });
      expect(readdirSync(folder)).toEqual(before);
      expect(readdirSync(temporary)).toEqual([]);
      const kept = join(cache, "inmem-python", "bytecode");
      expect(existsSync(kept) ? readdirSync(kept) : []).toEqual([]);
      expect(readFileSync(join(folder, "out.pyz"), "utf8")).toBe("earlier");
    },
  );
});

it("bundle leaves nothing when timeout(1) ends it, which sends its signal twice", async () => {
  const files = { "app/__main__.py": "", "app/data/large.bin": "", "out.pyz": "earlier" };
  const folder = write(tmpDir(), files);
  // So large that it takes longer: a hole.
  truncateSync(join(folder, "app/data/large.bin"), 2 ** 33);
  const before = readdirSync(folder);
  const words = [
    "-s",
    "TERM",
    "2",
    process.execPath,
    commandLine,
    "bundle",
    "-o",
    "out.pyz",
    "app",
  ];
  const { code } = await spawnProcess("timeout", words, { cwd: folder });
  expect(code).toBe(124);
  expect(readdirSync(folder)).toEqual(before);
  expect(readFileSync(join(folder, "out.pyz"), "utf8")).toBe("earlier");
});

describe("bundle, on a bad host", () => {
  it("tells that it may not write there", async (context) => {
    if (process.getuid?.() === 0) context.skip("root may write everywhere");
    const folder = write(tmpDir(), { "app.py": "" });
    mkdirSync(join(folder, "closed"));
    chmodSync(join(folder, "closed"), 0o555);
    const words = ["bundle", "app.py", "-o", "closed/x.pyz"];
    const refused = await spawnCommand(words, { cwd: folder });
    expect(refused.stderr).toMatch(/ERR_INMEM_OUTPUT: .*closed\/x\.pyz: cannot be written: EACCES/);
    expect(refused.code).toBe(2);
  });

  it("tells that the disk is full, for wheels and for the bundle", async (context) => {
    const folder = write(tmpDir(), { "app.py": "" });
    const big = { "big.bin": randomBytes(2_000_000).toString("latin1") };
    await writeTrueWheel(folder, { name: "big", files: big });
    mkdirSync(join(folder, "small"));
    const script = `mount -t tmpfs -o size=1m none ${join(folder, "small")}`;
    const full = inNamespace(["--mount", "--fork"], script);
    const obstacle = obstacleTo(full);
    if (obstacle !== "") context.skip(obstacle);
    const bundle = (output: string, TMPDIR: string) => {
      const words = ["bundle", "app.py", "big", "--no-index", "--find-links", ".", "-o", output];
      const [program = "", ...args] = full([process.execPath, commandLine, ...words]);
      return spawnProcess(program, args, { cwd: folder, env: { ...pipEnv, TMPDIR } });
    };
    const wheels = await bundle("x.pyz", join(folder, "small"));
    expect(wheels).toMatchObject({ code: 2 });
    expect(wheels.stderr).toContain("ERR_INMEM_NO_SPACE");
    const output = await bundle("small/x.pyz", folder);
    expect(output).toMatchObject({ code: 2 });
    expect(output.stderr).toMatch(/ERR_INMEM_OUTPUT: .*small\/x\.pyz: cannot be written: ENOSPC/);
    expect(readdirSync(folder).filter((name) => /pyz|inmem/.test(name))).toEqual([]);
  });
});

describe("run FOLDER", () => {
  const app = "import one, sys\nprint(one.VERSION, sys.argv[1:])\n";

  it("builds what has changed, and asks the index when requirements have", async () => {
    const folder = tmpDir();
    const links = join(folder, "links");
    mkdirSync(links);
    await writeTrueWheel(links, { name: "one", version: "1.0" });
    const index = await startIndex(links);
    write(folder, {
      "app/inmem.toml": `main = "app.py"\nrequirements = ["one"]\nindex = { url = "${index.url}" }\n`,
      "app/app.py": app,
    });
    const env = { ...pipEnv, XDG_CACHE_HOME: join(folder, "cache") };
    const run = async (...words: string[]) => {
      const before = index.asked.length;
      const { code, stdout, stderr } = await spawnCommand(["run", ...words], { cwd: folder, env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return [stdout, index.asked.length > before];
    };
    expect(await run("app", "x")).toEqual(["1.0 ['x']\n", true]);
    expect(await run("app")).toEqual(["1.0 []\n", false]);
    await writeTrueWheel(links, { name: "one", version: "2.0" });
    write(folder, { "app/app.py": `${app}print("more")\n` });
    expect(await run("app")).toEqual(["1.0 []\nmore\n", false]);
    // What was copied from the earlier bundle is what is packed anew.
    const builds = readdirSync(join(folder, "cache", "inmem-python", "bundles"), {
      recursive: true,
      encoding: "utf8",
    }).filter((name) => name.endsWith(".pyz"));
    const all = builds.map((name) =>
      readFileSync(join(folder, "cache", "inmem-python", "bundles", name)),
    );
    const output = join(folder, "whole.pyz");
    const requirements = [join(links, "one-1.0-py3-none-any.whl")];
    const main = join(folder, "app", "app.py");
    await dist.bundle().bundle({ main, requirements, noIndex: true, output });
    expect(all.some((bytes) => bytes.equals(readFileSync(output)))).toBe(true);

    expect(await run("--refresh", "app")).toEqual(["2.0 []\nmore\n", true]);
    const text = readFileSync(join(folder, "app", "inmem.toml"), "utf8");
    write(folder, { "app/inmem.toml": text.replace('"one"', '"one<2"') });
    expect(await run("app")).toEqual(["1.0 []\nmore\n", true]);
  });

  it("gives a program without a terminal no input", async () => {
    const folder = write(tmpDir(), {
      "inmem.toml": `main = "a.py"\nterminal = false\n`,
      "a.py": "import sys\nprint(repr(sys.stdin.read()))\n",
    });
    const env = { XDG_CACHE_HOME: join(folder, "cache") };
    const run = await spawnCommand(["run", "."], { cwd: folder, env, stdin: "typed" });
    expect(run).toMatchObject({ code: 0, stdout: "''\n", stderr: "" });
  });

  it("offers its port under another number", async () => {
    const [port, exported] = [await freePort(), await freePort()];
    const server = `import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"from " + os.environ["PORT"].encode())
    def log_message(self, *args):
        pass
with http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler) as server:
    print("ready", flush=True)
    server.handle_request()
`;
    const folder = write(tmpDir(), {
      "inmem.toml": `main = "server.py"\nport = ${port}\nexported-port = ${exported}\n`,
      "server.py": server,
    });
    let answer: Promise<string> | undefined;
    const run = await spawnCommand(["run", "."], {
      cwd: folder,
      env: { XDG_CACHE_HOME: join(folder, "cache") },
      onSpawn: (child) => {
        child.stdout?.once("data", () => {
          answer = fetch(`http://127.0.0.1:${exported}/`).then((response) => response.text());
        });
      },
    });
    expect(run).toMatchObject({ code: 0, stdout: "ready\n", stderr: "" });
    expect(await answer).toBe(`from ${port}`);
  });

  it("tells what is wrong with its description", async () => {
    const folder = write(tmpDir(), { "inmem.toml": `mian = "a.py"\n` });
    const run = await spawnCommand(["run", "."], { cwd: folder });
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/ERR_INMEM_CONFIG: .*unknown key mian; did you mean main\?/);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
