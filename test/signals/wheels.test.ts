// test/signals/wheels.test.ts: servers and event loops of stock wheels, with their signals, beside Node's.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { signalWhenReady, spawnAndSignal } from "../cli/support.js";
import { py } from "../helpers/python.js";
import { packageRoot, spawnProcess } from "../helpers/spawn-node.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";
import { zipFile } from "../helpers/zip.js";
import { clean, runBundleWith } from "./support.js";

const UVICORN = ["uvicorn==0.54.0", "h11==0.16.0", "click==8.5.1"];
const UVLOOP = ["uvloop==0.23.0"];
const GEVENT = ["gevent==26.9.0", "greenlet==3.5.6", "zope.event==6.2", "zope.interface==8.7"];

const server = py`
  import asyncio, uvicorn
  async def app(scope, receive, send):
      if scope["type"] == "lifespan":
          await receive()
          await send({"type": "lifespan.startup.complete"})
          print("ready", flush=True)
          await receive()
          print("shut down", flush=True)
          return await send({"type": "lifespan.shutdown.complete"})
  uvicorn.run(app, port=0, log_level="critical")
  print("returned", flush=True)
`;

describe("uvicorn", () => {
  const bundle = wheelBundle(UVICORN, { "__main__.py": server });

  it.each(["node", "python"])(
    "mode %s: stops gracefully by SIGTERM, then ends by it",
    async (mode) => {
      const main = `
      await run(path, { signals: "${mode}" });`;
      const result = await runBundleWith(await bundle, main, {
        onSpawn: signalWhenReady("SIGTERM"),
      });
      expect(result).toMatchObject({ code: null, signal: "SIGTERM", timedOut: false, stderr: "" });
      expect(result.stdout).toBe("ready\nshut down\n");
    },
  );

  it("mode node: a listener of Node's sees it, too, and the run ends alone", async () => {
    const main = `
      process.on("SIGTERM", () => console.log("node"));
      const going = run(path, { stdout });
      await ready;
      send("SIGTERM");
      console.log(await going);`;
    const result = await runBundleWith(await bundle, main);
    expect(result).toMatchObject(clean);
    // uvicorn raises it again after its own end, when nobody in Python handles it.
    const lines = result.stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "node");
    expect(lines).toEqual(["ready", "shut down", "returned", "{ exitCode: 0 }"]);
    expect(result.stdout).toContain("node");
  });

  it.each(["node", "python"])(
    "at the command line, --signals %s: SIGTERM is graceful",
    async (mode) => {
      const words = ["run", "--signals", mode, await bundle];
      const result = await spawnAndSignal(words, "SIGTERM");
      expect(result).toMatchObject({ timedOut: false, stderr: "", signal: "SIGTERM" });
      // The mode node hands over one signal, and ends by the second, uvicorn's own.
      expect(result.stdout).toMatch(/^ready\nshut down\n(returned\n)?$/);
    },
  );
});

/** Python's children and Node's, at once, each with its own exit code. */
const nodesChildren = `
  const child = (code) => new Promise((done) => spawn("sh", ["-c", "sleep 0.0" + code % 7 + "; exit " + code]).on("exit", done));
  const going = run(path, { stdout });
  await ready;
  const codes = [];
  for (let round = 0; round < 4; round++) {
    const some = Array.from({ length: 10 }, (_, i) => child(10 * round + i));
    codes.push(...await Promise.all(some));
  }
  const lost = codes.filter((code, i) => code !== i);
  console.log("node", codes.length, "lost", lost.length);
  const { instance } = await WebAssembly.instantiate(Buffer.from("0061736d0100000001060160017f017f030201000503010001070501016600000a0901070020002802000b", "hex"));
  try { instance.exports.f(-1); } catch (error) { console.log(error.name); }
  await going;`;

describe("children of both sides, and a trap of WebAssembly", () => {
  it("beside uvloop", async () => {
    const program = py`
      import asyncio, faulthandler, signal, uvloop
      faulthandler.enable()
      async def child(code):
          process = await asyncio.create_subprocess_exec("sh", "-c", f"sleep 0.0{code % 7}; exit {code}")
          return await process.wait()
      async def main():
          asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, print)
          print("ready", flush=True)
          codes = [c for n in range(0, 40, 10) for c in await asyncio.gather(*map(child, range(n, n + 10)))]
          print("python", len(codes), "lost", sum(c != i for i, c in enumerate(codes)), flush=True)
      uvloop.run(main())
    `;
    const bundle = await wheelBundle(UVLOOP, { "__main__.py": program });
    const result = await runBundleWith(bundle, nodesChildren);
    expect(result).toMatchObject(clean);
    const lines = result.stdout.trim().split("\n").sort();
    expect(lines).toEqual(["RuntimeError", "node 40 lost 0", "python 40 lost 0", "ready"]);
  });

  it("beside gevent, whose libev waits for any child", async () => {
    const program = py`
      import gevent.monkey
      gevent.monkey.patch_all()
      import faulthandler, gevent, gevent.signal, signal, subprocess
      faulthandler.enable()
      gevent.signal_handler(signal.SIGUSR2, print)
      def child(code):
          return subprocess.Popen(["sh", "-c", f"sleep 0.0{code % 7}; exit {code}"]).wait()
      print("ready", flush=True)
      codes = []
      for n in range(0, 40, 10):
          some = [gevent.spawn(child, code) for code in range(n, n + 10)]
          gevent.joinall(some)
          codes += [greenlet.value for greenlet in some]
      print("python", len(codes), "lost", sum(c != i for i, c in enumerate(codes)), flush=True)
    `;
    const bundle = await wheelBundle(GEVENT, { "__main__.py": program });
    const result = await runBundleWith(bundle, nodesChildren);
    expect(result).toMatchObject(clean);
    const lines = result.stdout.trim().split("\n").sort();
    expect(lines).toEqual(["RuntimeError", "node 40 lost 0", "python 40 lost 0", "ready"]);
  });

  it("beside a program that waits for any child itself: each sees its own", async () => {
    const program = py`
      import os, subprocess, time
      print("ready", flush=True)
      until = time.monotonic() + 1.5
      mine, seen = [], []
      while time.monotonic() < until:
          if len(mine) < 5: mine.append(os.posix_spawn("/bin/true", ["true"], {}))
          try: pid = os.waitpid(-1, os.WNOHANG)[0]
          except ChildProcessError: pid = 0
          if pid: seen.append(pid)
          else: time.sleep(0.005)
      print("python", sorted(mine) == sorted(seen), flush=True)
    `;
    const result = await runBundleWith(zipFile({ "__main__.py": program }), nodesChildren);
    expect(result).toMatchObject(clean);
    const lines = result.stdout.trim().split("\n").sort();
    expect(lines).toEqual(["RuntimeError", "node 40 lost 0", "python True", "ready"]);
  });
});

describe("the command line", () => {
  const sleeper = py`
    import time
    try:
        print("ready", flush=True)
        time.sleep(20)
    finally:
        print("closed", flush=True)
  `;
  it.each(["node", "python"])(
    "--signals %s: SIGINT is KeyboardInterrupt, exit status 130",
    async (mode) => {
      const words = ["run", "--signals", mode, zipFile({ "__main__.py": sleeper })];
      const result = await spawnAndSignal(words, "SIGINT");
      expect(result).toMatchObject({ code: 130, signal: null, stdout: "ready\nclosed\n" });
      expect(result.stderr).toMatch(/^Traceback.*KeyboardInterrupt\n$/s);
    },
  );

  it("the launcher: KeyboardInterrupt ends it by SIGINT, as python3", async () => {
    const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
    const result = await spawnProcess(launcher, ["-c", sleeper], {
      onSpawn: signalWhenReady("SIGINT"),
    });
    expect(result).toMatchObject({ code: null, signal: "SIGINT", stdout: "ready\nclosed\n" });
    expect(result.stderr).toMatch(/^Traceback.*KeyboardInterrupt\n$/s);
  });
});
