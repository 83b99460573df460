// test/signals/faults.test.ts: faulthandler prints real crashes, and WebAssembly keeps its traps.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { extension, extensionSuffix } from "../helpers/shared-object.js";
import { clean, runWith } from "./support.js";

// (module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load))
const wasm =
  "0061736d0100000001060160017f017f03020100050301000107050101660000" + "0a0901070020002802000b";
const trap = `
  const { instance } = await WebAssembly.instantiate(Buffer.from("${wasm}", "hex"));
  const trap = () => { try { return instance.exports.f(-1); } catch (error) { return error.name; } };`;

/** A program that says "ready", waits for a line, and then does `deed` in a function. */
const program = (deed: string) => py`
  import ctypes, faulthandler, os, signal, sys
  faulthandler.enable()
  def the_deed():
      ${deed}
  print("ready", faulthandler.is_enabled(), flush=True)
  sys.stdin.readline()
  the_deed()
`;

const crashLater = `${trap}
  const { PassThrough } = require("node:stream");
  const stdin = new PassThrough();
  const going = run(path, { stdin, stdout });
  await ready;
  for (let i = 0; i < 3; i++) console.log(trap());
  stdin.end("go\\n");
  await going;`;

describe("faulthandler.enable()", () => {
  it.each([
    ["SIGSEGV", "ctypes.string_at(0)", "Segmentation fault"],
    ["SIGABRT", "os.abort()", "Aborted"],
    ["SIGFPE", "signal.raise_signal(signal.SIGFPE)", "Floating-point exception"],
    ["SIGILL", "os.kill(os.getpid(), signal.SIGILL)", "Illegal instruction"],
    [
      "SIGBUS",
      "signal.pthread_kill(__import__('threading').get_ident(), signal.SIGBUS)",
      "Bus error",
    ],
  ])(
    "prints Python's traceback of %s once, after WebAssembly's traps",
    async (name, deed, title) => {
      const result = await runWith(program(deed), crashLater);
      expect(result.stdout).toBe(`ready True\n${"RuntimeError\n".repeat(3)}`);
      expect(result).toMatchObject({ code: null, signal: name, timedOut: false });
      expect(result.stderr.split("Fatal Python error:")).toHaveLength(2);
      expect(result.stderr).toContain(`Fatal Python error: ${title}`);
      expect(result.stderr).toMatch(/File ".*app\.pyz\/__main__\.py", line 4 in the_deed/);
    },
  );

  it("prints it beside the report of --crash-report", async () => {
    const main = `require("inmem-python").enableCrashReport();\n${crashLater}`;
    const result = await runWith(program("ctypes.string_at(0)"), main);
    expect(result).toMatchObject({ code: null, signal: "SIGSEGV", timedOut: false });
    expect(result.stdout).toBe(`ready True\n${"RuntimeError\n".repeat(3)}`);
    expect(result.stderr).toContain("inmem-python: SIGSEGV at address 0x0");
    expect(result.stderr).toContain("in the_deed");
  });

  it("ends with its run: the next program begins without, and a crash of Node's own is Node's", async () => {
    const first = py`
      import faulthandler, signal, tracemalloc
      print(faulthandler.is_enabled(), tracemalloc.is_tracing(), flush=True)
      faulthandler.enable()
      faulthandler.register(signal.SIGUSR2)
      tracemalloc.start()
    `;
    const main = `await run(path); await run(path); ${trap} console.log(trap()); process.abort();`;
    const result = await runWith(first, main);
    expect(result).toMatchObject({ code: null, signal: "SIGABRT" });
    expect(result.stdout).toBe("False False\nFalse False\nRuntimeError\n");
    expect(result.stderr).not.toContain("Fatal Python error");
  });

  it("is not needed for traps: a handler in Python of SIGSEGV is never called for one", async () => {
    const handler = py`
      import signal, sys
      signal.signal(signal.SIGSEGV, lambda n, f: print("Python", flush=True))
      print("ready", flush=True)
      sys.stdin.readline()
    `;
    const result = await runWith(handler, crashLater);
    expect(result).toMatchObject({ ...clean, stdout: `ready\n${"RuntimeError\n".repeat(3)}` });
  });
});

describe("C code of a bundle with a handler of SIGSEGV", () => {
  const handlers = (body: string) =>
    extension(
      "_handles",
      "start()",
      `#include <signal.h>
       #include <sys/mman.h>
       #include <unistd.h>
       static char *page;
       static volatile int faults;
       static void on_fault(int number, siginfo_t *info, void *context) { faults++; ${body} }
       static int start(void) {
         if (page) { page[0] = 1; page[1] = 2; return faults * 10 + page[0] + page[1]; }
         struct sigaction action = {0};
         action.sa_sigaction = on_fault;
         action.sa_flags = SA_SIGINFO;
         page = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return sigaction(SIGSEGV, &action, 0);
       }`,
    );
  const faulting = py`
    import _handles, sys
    _handles.value()
    print("ready", flush=True)
    sys.stdin.readline()
    print(_handles.value(), flush=True)
  `;
  const run = (body: string) =>
    runWith(
      { "__main__.py": faulting, [`_handles${extensionSuffix}`]: handlers(body) },
      `${crashLater} console.log(trap());`,
    );
  const traps = "RuntimeError\n";

  it("repairs what it faults on itself, beside traps", async () => {
    const result = await run("mprotect(page, 4096, PROT_READ | PROT_WRITE);");
    expect(result).toMatchObject(clean);
    expect(result.stdout).toBe(`ready\n${traps.repeat(3)}13\n${traps}`);
  });

  it("reports its crash and ends by it", async () => {
    const report = 'write(2, "its report\\n", 11); signal(number, SIG_DFL);';
    const result = await run(report);
    expect(result).toMatchObject({ code: null, signal: "SIGSEGV", timedOut: false });
    expect(result.stderr).toBe("its report\n");
  });
});

describe("faulthandler", () => {
  it("registers a signal: its traceback is Python's main thread's, wherever it blocks", async () => {
    const waits = py`
      import faulthandler, signal, sys, time
      faulthandler.register(signal.SIGUSR2, file=sys.__stderr__, all_threads=False)
      def waits_here():
          print("ready", flush=True)
          time.sleep(1)
      waits_here()
    `;
    const main = `
      const going = run(path, { stdout });
      await ready;
      await sleep(200);
      send("SIGUSR2");
      await going;`;
    const result = await runWith(waits, main);
    expect(result).toMatchObject({ code: 0, stdout: "ready\n" });
    expect(result.stderr).toMatch(
      /^Stack \(most recent call first\):\n {2}File .* in waits_here\n/,
    );
  });

  it("dumps later, and ends the process if asked to", async () => {
    const later = py`
      import faulthandler, time
      faulthandler.dump_traceback_later(0.1)
      time.sleep(0.5)
      faulthandler.dump_traceback_later(0.1, exit=True)
      time.sleep(20)
    `;
    const result = await runWith(later, "await run(path);");
    expect(result).toMatchObject({ code: 1, timedOut: false });
    expect(result.stderr.match(/Timeout \(0:00:00\.100000\)!/g)).toHaveLength(2);
    expect(result.stderr).toMatch(/File ".*app\.pyz\/__main__\.py", line 3 in <module>/);
    expect(result.stderr).toMatch(/File ".*app\.pyz\/__main__\.py", line 5 in <module>/);
  });
});
