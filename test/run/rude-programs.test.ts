// test/run/rude-programs.test.ts: what a program leaves behind spoils neither its own end nor the next run.
import { describe, expect, it } from "vitest";
import { failPython, py } from "../helpers/python.js";
import { spawnCommand, spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const programs: Record<string, string> = {
  "an object in sys.modules whose attributes raise": py`
    import sys
    class Lazy:
        def __getattr__(self, name): raise RuntimeError(name)
    sys.modules["lazy"] = Lazy()
  `,
  "a module with a __spec__ that is none": py`
    import sys, types
    m = types.ModuleType("m"); m.__spec__ = "text"; sys.modules["m"] = m
  `,
  "a key in sys.modules that is no string": "import sys; sys.modules[3] = 4",
  "blocked imports": "import sys; sys.modules['gone'] = sys.modules['json'] = None",
  "sys.path as a tuple": "import sys; sys.path = ('a',)",
  "sys.path as a new list": "import sys; sys.path = ['/left']",
  "sys.path deleted": "import sys; del sys.path",
  "sys.argv deleted": "import sys; del sys.argv, sys.orig_argv",
  "finders and hooks replaced":
    "import sys; sys.meta_path = []; sys.path_hooks = None; sys.path_importer_cache = None",
  "builtins changed": "import builtins; builtins.print = None; builtins._ = 1; del builtins.len",
  "an import hook that refuses everything": py`
    import builtins
    def refuse(*args, **kwargs): raise RuntimeError("no imports")
    builtins.__import__ = refuse
  `,
  "no sys.stdout": "import sys; del sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__",
  "a sys.stdout that fails": py`
    import sys
    class Bad:
        closed = False
        def write(self, text): raise RuntimeError("no writing")
        def flush(self): raise RuntimeError("no flushing")
    sys.stdout = sys.stderr = Bad()
  `,
  "no excepthook": "import sys; del sys.excepthook, sys.displayhook",
  "garbage collection frozen and off": "import gc; gc.disable(); gc.freeze(); gc.set_threshold(0)",
  "__main__ deleted": "import sys; del sys.modules['__main__']",
  "__main__ replaced by a string": "import sys; sys.modules['__main__'] = 'text'",
  "threading shut down": "import threading; threading._shutdown()",
  "threading deleted": "import sys, threading; del sys.modules['threading']",
  "a finalizer that raises": "class A:\n  def __del__(self): raise SystemExit(3)\na = A(); a.b = a",
  "a finalizer that imports":
    "import sys\nclass A:\n  def __del__(self): import nothing_here\nsys.a = A(); a = A()",
  "profiling and tracing":
    "import sys, threading; sys.setprofile(lambda *a: None); sys.settrace(lambda *a: None); threading.settrace(print)",
  "a monitoring tool":
    "import sys; sys.monitoring.use_tool_id(1, 'x'); sys.monitoring.set_events(1, sys.monitoring.events.LINE)",
  "its own event loop policy": "import asyncio; asyncio.set_event_loop(asyncio.new_event_loop())",
  "a patched stdlib function in its own module": "import json; json.own_mark = 1",
};

const next = zipFile({
  "__main__.py": py`
    import builtins, json, sys, atexit, threading, mod
    print(json.dumps([sys.argv[1:], mod.X, "gone" in sys.modules, len("three"), hasattr(builtins, "_"), sys.gettrace() is None]))
  `,
  "mod.py": "X = 'bundled'",
});

// Each in a process of its own: what one spoils must not hide the others.
const twoRuns = `
  const { run } = require("inmem-python");
  const [, , first, next] = process.argv;
  const failed = (error) => ({ exitCode: error.code + " " + error.message });
  run(first).catch(failed).then(async (one) => {
    const two = await run(next, { args: ["a"] }).catch(failed);
    console.log(one.exitCode, two.exitCode);
  });`;

it("an exception whose argument cannot be compared is told as any other", async () => {
  const { error } = await failPython(py`
    class Array:
        def __eq__(self, other): raise RuntimeError("ambiguous")
        def __repr__(self): return "Array"
    raise ValueError(Array())
  `);
  expect(error).toMatchObject({ code: "ERR_INMEM_PYTHON", type: "ValueError", message: "Array" });
});

it("odd modules do not spoil the report", async () => {
  const odd = programs["an object in sys.modules whose attributes raise"] ?? "";
  const path = zipFile({ "__main__.py": `${odd}\nsys.modules[3] = 4\nimport mod`, "mod.py": "" });
  const { stderr, code } = await spawnCommand(["run", "--report=json", path]);
  expect(code).toBe(0);
  expect(JSON.parse(stderr).modules.memory).toContain("mod");
});

describe("a program that leaves behind", () => {
  it.each(Object.entries(programs))("%s ends well, and the next runs", async (_name, source) => {
    const args = [zipFile({ "__main__.py": source }), next];
    const { stdout } = await spawnNode(twoRuns, { args, timeoutMs: 10_000 });
    // As python says that output was lost.
    const status = source.includes("no flushing") ? 120 : 0;
    expect(stdout).toBe(`[["a"], "bundled", false, 5, false, true]\n${status} 0\n`);
  });
});
