// test/bridge/own-shared-state.test.ts: what a process has once, and its interpreters share.
import { afterAll, describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

const shared = await api.start();
const others = [
  await api.start({ interpreter: "own" }),
  await api.start({ interpreter: "own" }),
] as const;
afterAll(() => Promise.all(others.map((py) => py.close())));

it.each(["faulthandler", "tracemalloc", "readline", "_curses"])(
  "what the process has once is the shared interpreter's: %s",
  (name) => {
    expect(() => others[1].pyimport(name)).toThrow(
      expect.objectContaining({ code: "ERR_INMEM_NEEDS_SHARED", type: "ImportError" }),
    );
    expect(String(shared.pyimport(name))).toContain(`module '${name}'`);
  },
);

it("a callback that C calls on a thread of its own runs where it was made", async () => {
  const py = await api.start({ interpreter: "own" });
  const begin = `
import ctypes, threading, time
begin = ctypes.CDLL(None).pthread_create
join = ctypes.CDLL(None).pthread_join
where = []
begun = threading.Event()
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def callback(last):
    where.append(__import__("threading") is threading)
    if last:
        begun.set()
        time.sleep(600)
thread = ctypes.c_ulong()
for i in range(50):
    begin(ctypes.byref(thread), None, callback, None)
    join(thread, None)
(where.count(True), where.count(False))`;
  for (const one of [shared, py]) expect(one.runPython(begin)).toStrictEqual([50, 0]);
  // One that is in it when it is closed ends as other threads do.
  py.runPython("begin(ctypes.byref(thread), None, callback, 1); begun.wait()");
  await py.close();
  expect(shared.runPython("len(where)")).toBe(50);
});

it("handlers of signals are the shared interpreter's: None elsewhere", () => {
  const ask = "import signal; str([signal.getsignal(n) for n in (signal.SIGINT, signal.SIGPIPE)])";
  expect(shared.runPython(ask)).toBe(
    "[<built-in function default_int_handler>, <Handlers.SIG_IGN: 1>]",
  );
  expect(others[0].runPython(ask)).toBe("[None, <Handlers.SIG_IGN: 1>]");
  expect(() => others[0].runPython("signal.getsignal(65)")).toThrow(/signal number out of range/);
});

describe("tracemalloc and interpreters of their own", () => {
  it("beside others it does not begin", () => {
    expect(() => shared.runPython("import tracemalloc; tracemalloc.start()")).toThrow(
      /tracemalloc traces a process with one interpreter alone/,
    );
    expect(shared.runPython("tracemalloc.is_tracing()")).toBe(false);
  });

  it("while it is at work no other is made, by start() or in Python", async () => {
    await Promise.all(others.map((py) => py.close()));
    shared.runPython("tracemalloc.start()");
    await expect(api.start({ interpreter: "own" })).rejects.toThrow(/tracemalloc is at work/);
    const made = "import _interpreters; _interpreters.create()";
    expect(() => shared.runPython(made)).toThrow(/interpreter creation failed/);
    shared.runPython("tracemalloc.stop()");
    const later = await api.start({ interpreter: "own" });
    expect(later.runPython("1 + 1")).toBe(2);
    await later.close();
    expect(shared.runPython("tracemalloc.start(); tracemalloc.stop()")).toBe(null);
  });
});

it("frames and exceptions of threads are those of the interpreter alone", async () => {
  const py = await api.start({ interpreter: "own" });
  const waits = (name: string) => `
import sys, threading
begun, end = threading.Event(), threading.Event()
def ${name}():
    try: raise KeyError("${name}")
    except KeyError:
        begun.set()
        end.wait()
thread = threading.Thread(target=${name})
thread.start()
begun.wait()`;
  shared.runPython(waits("of_shared"));
  py.runPython(waits("of_own"));
  const names = `
def names():
    frame = sys._current_frames()[thread.ident]
    while frame.f_back.f_code.co_name != "run": frame = frame.f_back
    keys = [str(error) for error in sys._current_exceptions().values() if isinstance(error, KeyError)]
    ids = {*sys._current_frames(), *sys._current_exceptions()} - {one.ident for one in threading.enumerate()}
    return frame.f_code.co_name, *keys, len(ids - {threading.get_ident()})
names()`;
  for (let i = 0; i < 100; i++) {
    expect(shared.runPython(names)).toStrictEqual(["of_shared", "'of_shared'", 0]);
    expect(py.runPython(names)).toStrictEqual(["of_own", "'of_own'", 0]);
  }
  for (const one of [shared, py]) one.runPython("end.set(); thread.join()");
  await py.close();
});

it("variables are set in one interpreter while another asks for the time", async () => {
  const all = await Promise.all([1, 2, 3, 4].map(() => api.start({ interpreter: "own" })));
  const code = `
import os, time
for i in range(20000):
    os.environ[f"INMEM_TEST_{i % 50}"] = "x" * (i % 300)
    os.environ.pop(f"INMEM_TEST_{(i + 7) % 50}", None)
    assert time.mktime(time.localtime(i)) == i
len([name for name in os.environ if name.startswith("INMEM_TEST_")])`;
  const left = await Promise.all(all.map((py) => py.runPythonAsync(code)));
  expect(left).toStrictEqual([43, 43, 43, 43]);
  for (const py of all) {
    py.runPython("for i in range(50): os.environ.pop(f'INMEM_TEST_{i}', None)");
  }
  await Promise.all(all.map((py) => py.close()));
});

// The C library's answers, in memory that the process has once.
it.each([
  ["pwd.getpwall()", "want = pwd.getpwall()", "assert pwd.getpwall() == want", 200],
  [
    "socket.getservbyname() and its like",
    `
def ask(function, of):
    try: return function(of)
    except OSError: return None
asked = [(socket.getprotobyname, of) for of in ('tcp', 'udp', 'icmp', 'no such')]
asked += [(socket.getservbyname, of) for of in ('http', 'domain', 'smtp', 'no such')]
asked += [(socket.getservbyport, of) for of in (80, 53, 25)]
want = [ask(*one) for one in asked]`,
    "assert [ask(*one) for one in asked] == want",
    1500,
  ],
])(
  "interpreters at the same time have answers of their own: %s",
  async (_, first, again, times) => {
    const all = await Promise.all([1, 2, 3].map(() => api.start({ interpreter: "own" })));
    for (const py of all) py.runPython(`import pwd, socket\n${first}`);
    await Promise.all(
      all.map((py) => py.runPythonAsync(`for _ in range(${times}): ${again}\nNone`)),
    );
    await Promise.all(all.map((py) => py.close()));
  },
);
