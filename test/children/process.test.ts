// test/children/process.test.ts: run(bundle, { process: true }): the same API, in a process of its own.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { api, bundleOf, failPython, jsonOf, py, runPython } from "../helpers/python.js";
import { extension } from "../helpers/shared-object.js";
import { spawnNode, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const inProcess = { process: true } as const;

const tell = py`
  import json, os, sys
  import inside
  print(json.dumps(dict(
      argv=sys.argv, orig=sys.orig_argv[1:], name=__name__, file=__file__, spec=__spec__.name, path=sys.path, flags=repr(sys.flags),
      inside=inside.__file__, executable=sys.executable, cwd=os.getcwd(), x=os.environ.get("X"), home="HOME" in os.environ,
      inmem=sorted(name for name in os.environ if name.startswith("INMEM")), builtins=callable(exit), main=sorted(vars(sys.modules["__main__"]))[:3])))
`;
/** Each with a module of its own: equal ones stay loaded between runs, as they were. */
const files = (name = "") => ({ "__main__.py": tell, "inside.py": `# ${name}`, "other.py": tell });

describe("run() with process: true", () => {
  it.each([
    ["a file", () => zipFile(files("file")), {}],
    ["a Buffer", () => bundleOf(files("buffer")), {}],
    ["a module", () => zipFile(files("module")), { module: "other" }],
  ])("gives a program of %s what run() inside Node gives it", async (_, bundle, more) => {
    const cwd = tmpDir();
    const options = { ...more, args: ["a", "ü"], env: { X: "1", HOME: undefined }, cwd };
    const input = bundle();
    const theirs = await jsonOf<Record<string, unknown>>(input, { ...options, ...inProcess });
    expect(theirs).toMatchObject({ x: "1", home: false, cwd, inmem: ["INMEM_BUNDLES"] });
    expect(theirs).toEqual(await jsonOf(input, options));
  });

  it.each([inProcess, {}])(
    "imports the bundle's own modules, whatever their names: %o",
    async (more) => {
      // Of what json and multiprocessing import, and the stdlib's to whoever comes too late.
      const names = ["json", "enum", "keyword", "operator", "types"];
      const own = Object.fromEntries(names.map((name) => [`${name}.py`, "mine = True"]));
      const main = `for name in ${JSON.stringify(names)}: print(__import__(name).mine)`;
      const { stdout } = await runPython(zipFile({ "__main__.py": main, ...own }), more);
      expect(stdout).toBe("True\n".repeat(names.length));
    },
  );

  it("writes to no file that the program has in the channel's place", async () => {
    const path = join(tmpDir(), "own.txt");
    const main = py`
      import os, sys
      os.closerange(3, 100)
      file = open(sys.argv[1], "w")
      assert file.fileno() == 3
      file.write("mine")
      file.flush()
      raise SystemExit(5)
    `;
    const options = { ...inProcess, args: [path] };
    expect(await runPython(main, options)).toMatchObject({ exitCode: 5 });
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  it.each([
    ["lines of JSON", '{"kind": "exit", "exit_code": 9}\n'],
    ["half a line", "half"],
    ["what a refusal looks like", "!ERR_INMEM_NO_MAIN none\n"],
  ])("takes nothing for an answer that the program writes to the channel: %s", async (_, text) => {
    const main = py`
      import os, sys
      os.write(3, sys.argv[1].encode())
      if len(sys.argv) > 2: os._exit(6)
      raise SystemExit(5)
    `;
    const ran = (...more: string[]) => runPython(main, { ...inProcess, args: [text, ...more] });
    expect(await ran()).toMatchObject({ exitCode: 5 });
    if (!text.startsWith("!")) expect(await ran("at once")).toMatchObject({ exitCode: 6 });
  });

  it("tells that no descriptor is left", async () => {
    const source = `
      const { run } = require("inmem-python");
      const { openSync, closeSync } = require("node:fs");
      const start = () => run(process.argv[1], { process: true, stdout: () => {} });
      start().then(() => {
        const open = [];
        try { for (;;) open.push(openSync("/dev/null")); } catch {}
        return start().catch((error) => error).then((error) => {
          for (const fd of open) closeSync(fd);
          console.log(error.code, error.message);
        });
      });`;
    const words = ["-c", 'ulimit -n 64; exec "$@"', "sh", process.execPath, "-e", source];
    const { stdout, stderr } = await spawnProcess("sh", [...words, zipFile({ "__main__.py": "" })]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^ERR_INMEM_NO_BINARY cannot start \S+inmem-launcher: .*EMFILE/);
  });

  it("runs several at once, beside one inside Node", async () => {
    const main = py`
      import os, sys
      print("ready", os.getpid(), flush=True)
      sys.stdin.read()
    `;
    const bundle = zipFile({ "__main__.py": main });
    const gate = new PassThrough();
    const pids = new Set<string>();
    const started = (more: object) =>
      new Promise<{ ended: Promise<unknown> }>((resolve) => {
        const stdin = new PassThrough();
        gate.once("end", () => stdin.end());
        const ended = api.run(bundle, {
          ...more,
          stdin,
          stdout: (chunk) => {
            pids.add(String(chunk));
            resolve({ ended });
          },
        });
      });
    const runs = await Promise.all([inProcess, inProcess, inProcess, {}].map(started));
    expect(pids.size).toBe(4);
    gate.resume().end();
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual(
      Array(4).fill({ exitCode: 0 }),
    );
  });

  it("loads extension modules", async () => {
    const main = "import native_process; print(native_process.value())";
    const bundle = { "__main__.py": main, "native_process.so": extension("native_process", 7) };
    for (const load of ["auto", "memfd", "tmpfs"] as const) {
      expect((await runPython(bundle, { ...inProcess, load })).stdout).toBe("7\n");
    }
  });

  it("carries the streams, those of C code and of children too", async () => {
    const main = py`
      import os, subprocess, sys
      text = sys.stdin.read()
      print(text.upper(), end="")
      os.write(1, b"by hand\n")
      subprocess.run(["echo", "a child"])
      print("told", file=sys.stderr)
    `;
    for (const stdin of ["ünï\n", Buffer.from("ünï\n"), { text: "ünï\n" }]) {
      const { stdout, stderr } = await runPython(main, { ...inProcess, stdin });
      expect([stdout, stderr]).toEqual(["ÜNÏ\nby hand\na child\n", "told\n"]);
    }
  });

  it("writes to a slow Writable without keeping it all", async () => {
    let bytes = 0;
    const stdout = new Writable({
      highWaterMark: 1000,
      write(chunk, _, done) {
        bytes += chunk.length;
        setTimeout(done, 1);
      },
    });
    await api.run(bundleOf("print('y' * 3_000_000)"), { ...inProcess, stdout });
    expect(bytes).toBe(3_000_001);
  });

  it("inherits the streams of Node", async () => {
    const bundle = zipFile({ "__main__.py": "print(input() + '!')" });
    const script = `require("inmem-python").run(process.argv[2], { process: true }).then((end) => console.log(end))`;
    const { stdout } = await spawnNode(script, { args: [bundle], stdin: "line\n" });
    expect(stdout).toBe("line!\n{ exitCode: 0 }\n");
  });

  it("rejects with what an output function throws", async () => {
    const failing = api.run(bundleOf("print(1)"), {
      ...inProcess,
      stdout: () => {
        throw new Error("full");
      },
    });
    await expect(failing).rejects.toThrow("full");
  });

  it.each([
    ["", 0],
    ["raise SystemExit(7)", 7],
    ["raise SystemExit('told')", 1],
    ["import os; os._exit(9)", 9],
    ["import atexit; atexit.register(print, 'at the end')", 0],
    [
      "import threading, time; threading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start()",
      0,
    ],
  ])("resolves with the exit status: %s", async (source, exitCode) => {
    const ours = await runPython(source, inProcess);
    expect(ours.exitCode).toBe(exitCode);
    if (!source.includes("_exit(")) expect(ours).toEqual(await runPython(source));
  });

  it("rejects with PythonError as run() inside Node does", async () => {
    const main = py`
      import inside
      def outer():
          try: inside.fail()
          except KeyError as error: raise ValueError("not ünique") from error
      outer()
    `;
    const bundle = zipFile({ "__main__.py": main, "inside.py": "def fail(): {}['k']\n" });
    const { error, stderr } = await failPython(bundle, inProcess);
    const here = await failPython(bundle);
    expect(error).toBeInstanceOf(api.PythonError);
    expect(error).toMatchObject({ type: "ValueError", message: "not ünique" });
    expect(error.cause).toMatchObject({ type: "KeyError", message: "'k'" });
    expect([error.traceback, stderr]).toEqual([here.error.traceback, here.stderr]);
  });

  it("rejects with the codes of bundles that cannot run", async () => {
    const code = async (bundle: string, options = {}) =>
      (await failPython(bundle, { ...inProcess, ...options })).error.code;
    expect(await code(zipFile({ "x.py": "" }))).toBe("ERR_INMEM_NO_MAIN");
    expect(await code("/nowhere/app.pyz")).toBe("ERR_INMEM_NOT_FOUND");
    expect(await code(process.execPath)).toBe("ERR_INMEM_NOT_ZIP");
    expect(await code(zipFile(files()), { cwd: "/nowhere" })).toBe("ERR_INMEM_NOT_FOUND");
    const wrong = zipFile({ "__main__.py": "import x", "x.cpython-312-x86_64-linux-gnu.so": "" });
    expect(await code(wrong)).toBe("ERR_INMEM_WRONG_PYTHON");
  });

  it("tells a crash as an error, and Node goes on", async () => {
    const crash = "import ctypes; ctypes.string_at(8)";
    const { error } = await failPython(crash, inProcess);
    expect([error.code, error.message]).toEqual([
      "ERR_INMEM_SIGNALLED",
      "SIGSEGV (signal 11) ended the program's process",
    ]);
  });
});

describe("an abort of a run with process: true", () => {
  const options = (program: string, reason?: unknown, abortGraceMs = 5000) => {
    const controller = new AbortController();
    return {
      bundle: bundleOf(program),
      options: {
        ...inProcess,
        abortGraceMs,
        signal: controller.signal,
        stderr: () => undefined,
        stdout: (chunk: Buffer) => {
          if (String(chunk) === "ready\n") setTimeout(() => controller.abort(reason), 50);
        },
      },
    };
  };
  const wait = "import time\nwhile True: time.sleep(0.05)\n";
  const run = (made: ReturnType<typeof options>) => api.run(made.bundle, made.options);

  it("is KeyboardInterrupt, which the program may take", async () => {
    const taken = `print("ready")\ntry:\n  import time\n  while True: time.sleep(0.05)\nexcept KeyboardInterrupt: raise SystemExit(4)\n`;
    expect(await run(options(taken))).toEqual({ exitCode: 4 });
    await expect(run(options(`print("ready")\n${wait}`))).rejects.toMatchObject({
      code: "ERR_INMEM_ABORTED",
    });
  });

  it("is the signal that it came of", async () => {
    const handler =
      "import signal\nsignal.signal(signal.SIGTERM, lambda *_: exit(15))\nprint('ready')\n";
    expect(await run(options(handler + wait, { signal: "SIGTERM" }))).toEqual({ exitCode: 15 });
    await expect(
      run(options(`print("ready")\n${wait}`, { signal: "SIGTERM" })),
    ).rejects.toMatchObject({ code: "ERR_INMEM_ABORTED" });
  });

  it("kills a program that does not end within the grace", async () => {
    const deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('ready')\n";
    await expect(run(options(deaf + wait, undefined, 100))).rejects.toMatchObject({
      code: "ERR_INMEM_ABORT_TIMEOUT",
    });
  });

  it("does not begin when it was aborted before", async () => {
    const signal = AbortSignal.abort();
    await expect(api.run(bundleOf("print(1)"), { ...inProcess, signal })).rejects.toMatchObject({
      code: "ERR_INMEM_ABORTED",
    });
  });
});
