// test/loader/waits.test.ts: nobody waits for a constructor with the GIL, and JavaScript for Python not at all.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { sharedObject } from "../helpers/shared-object.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const clean = { code: 0, signal: null, timedOut: false, stderr: "" };

/** `go()`, which ctypes calls without the GIL, loads a library whose constructor takes a second, and then the GIL. */
const go = sharedObject(
  "libgo",
  `#include <dlfcn.h>
   int go(void) { return dlopen("$ORIGIN/libslow.so", RTLD_NOW) != 0; }`,
);
const slow = sharedObject(
  "libslow",
  `#include <unistd.h>
   int PyGILState_Ensure(void); void PyGILState_Release(int);
   __attribute__((constructor)) static void begin(void) {
     sleep(1);
     PyGILState_Release(PyGILState_Ensure());
   }`,
);
const plain = zipFile({ "libplain.so": sharedObject("libplain", "int f(void) { return 1; }") });

/** A program whose thread loads the slow library, while `meanwhile` runs with the GIL. */
const beside = (meanwhile: string) =>
  zipFile({
    "__main__.py": [
      py`
        import ctypes, os, sys, threading, time, _inmem
        here = os.path.dirname(__file__)
        thread = threading.Thread(target=ctypes.CDLL(here + "/libgo.so").go)
        thread.start()
        time.sleep(0.3)
      `,
      meanwhile,
      "thread.join()",
      "print('joined')",
    ].join("\n"),
    "libgo.so": go,
    "libslow.so": slow,
  });

/** Runs it in a Node of its own; `main` is JavaScript that has `first`, a promise of the first output. */
function inNode(path: string, main: string) {
  const source = `
    const { run, loadSharedObject, sharedObjects } = require("inmem-python");
    const [path, plain] = process.argv.slice(2);
    let begun;
    const first = new Promise((resolve) => { begun = resolve; });
    const end = run(path, { stdout: (chunk) => { process.stdout.write(chunk); begun(); } });
    const timed = (call) => { const t = performance.now(); call(); return performance.now() - t; };
    (async () => { ${main} await end; })();`;
  return spawnNode(source, { args: [path, plain], timeoutMs: 20_000 });
}

describe("while a constructor on a thread without the GIL runs, which then wants it", () => {
  it("Python lists what is loaded, and loads", async () => {
    const list = beside(`print(len(_inmem.shared_objects()))`);
    expect(await inNode(list, "")).toMatchObject({ ...clean, stdout: "1\njoined\n" });
    const load = beside(`print(ctypes.CDLL(here + "/libgo.so", 2) is not None)`);
    expect(await inNode(load, "")).toMatchObject({ ...clean, stdout: "True\njoined\n" });
  });

  it("JavaScript loads, after it, and lists at once", async () => {
    const path = beside(`print("begun", flush=True)`);
    const main = `
      await first;
      let counted;
      const listing = timed(() => { counted = sharedObjects().map(({ violations }) => violations); });
      console.log(listing < 300, JSON.stringify(counted));
      loadSharedObject(plain + "/libplain.so");
      console.log("loaded", sharedObjects().map(({ violations }) => violations));`;
    const stdout = "begun\ntrue [null]\nloaded [ 0, 0, 0 ]\njoined\n";
    expect(await inNode(path, main)).toMatchObject({ ...clean, stdout });
  });

  it("a child of fork loads", async () => {
    const path = beside(py`
      import warnings
      warnings.simplefilter("ignore")  # there is another thread
      pid = os.fork()
      if pid == 0:
          ctypes.CDLL(sys.argv[0] + "/libgo.so")
          os._exit(7)
      thread.join()
      end = time.monotonic() + 10
      while (status := os.waitpid(pid, os.WNOHANG)) == (0, 0) and time.monotonic() < end:
          time.sleep(0.05)
      if status == (0, 0):
          os.kill(pid, 9)
      print(os.waitstatus_to_exitcode(status[1]))
    `);
    expect(await inNode(path, "")).toMatchObject({ ...clean, stdout: "7\njoined\n" });
  });
});

describe("while Python holds the GIL for long", () => {
  it("JavaScript loads at once", async () => {
    const path = zipFile({
      "__main__.py": py`
        import ctypes
        print("begun", flush=True)
        ctypes.PyDLL(None).sleep(3)
      `,
    });
    const main = `
      await first;
      console.log(timed(() => loadSharedObject(plain + "/libplain.so")) < 1500);`;
    expect(await inNode(path, main)).toMatchObject({ ...clean, stdout: "begun\ntrue\n" });
  });
});
