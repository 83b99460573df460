// test/bridge/short-memory.test.ts: values that there is no memory for: errors, and the process goes on.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { api, bundleOf } from "../helpers/python.js";
import { extension, extensionSuffix } from "../helpers/shared-object.js";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";
import { tmpFile } from "../helpers/tmp.js";

const py = await api.start();
const index = JSON.stringify(join(packageRoot, "dist", "index.js"));

/** What crosses, by what it is called: each is as large as `bytes`, and does not fit a second time. */
const crossings = `{
  "bytes": run("lambda: big"),
  "text": run("lambda: text"),
  "wide text": run("lambda: wide"),
  "text in a tuple": run("lambda: (text,)"),
  "an attribute": () => holder.text,
  "an item of a dict": () => run("{'a': text}").get("a"),
  "toJs() of an array": () => run("array").toJs(),
  "toJs() of a list": () => run("[big]").toJs(),
  "toJs() of many numbers": () => run("numbers").toJs(),
  "getBuffer(), a copy": () => run("memoryview(big)").getBuffer("u8"),
  "toPy() of an array": () => py.toPy(typed),
  "toPy() of many numbers": () => py.toPy(numbers),
  "asBuffer() and a copy of it": () => run("bytes")(py.asBuffer(typed)),
  "an argument": () => run("len")(string),
  "an argument of many pieces": () => run("len")(pieces),
  "an argument by tape": () => run("lambda *a: len(a)")([], string),
  "an argument of a callback": () => run("lambda f: f(big)")((x) => x.length),
  "text for a callback": () => run("lambda f: f(text)")((x) => x.length),
  "the result of a callback": () => run("lambda f: len(f())")(() => string),
  "callAsync()": () => run("lambda: big").callAsync(),
  "a coroutine": () => py.runPythonAsync("text"),
  "a callback of callAsync()": () => run("lambda f: f(text)").callAsync((x) => x.length),
  "its result": () => run("lambda f: len(f())").callAsync(() => string),
  "Python itself": () => run("bytes(1 << 40)"),
}`;

/** Makes all of them, leaves Python and V8 so many bytes more than they have, and crosses. */
const program = `
const api = require(${index});
const MiB = 2 ** 20;
const size = 96 * MiB;
(async () => {
  const py = await api.start();
  const run = (code) => py.runPython(code);
  run(\`
import array as arrays, resource, types
big = bytes(\${size})
text = "a" * \${size}
wide = chr(256) * \${size / 2}
array = arrays.array("d", big)
numbers = [1.5] * \${size / 8}
holder = types.SimpleNamespace(text=text)
def leave(more):
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, -1))
\`);
  const holder = run("holder");
  const typed = new Uint8Array(size);
  const numbers = new Array(size / 8).fill(1.5);
  const string = run("text");
  const pieces = "ab".repeat(size / 2);
  const crossings = ${crossings};
  await py.runPythonAsync("1"); // its threads are there
  await run("lambda: 1").callAsync();
  for (const more of [60 * MiB, 140 * MiB]) {
    for (const [name, cross] of Object.entries(crossings)) {
      run("leave")(4096 * MiB);
      gc(); // what V8 and malloc still have from the last one is no room
      run("leave")(more);
      const told = await (async () => cross())().then(() => "done", (error) => error);
      const error = told.type ?? told.name ?? told;
      console.log(error === "MemoryError" || error === "RangeError" ? "refused" : error, "-", name);
    }
  }
  run("leave")(4096 * MiB);
  console.log(run("big").length === size, py.toPy(typed).length === size);
})();`;

describe("where memory is short", () => {
  it("each crossing of something large is an error, and the process goes on", async () => {
    // V8 needs memory to collect, and ends the process without: so little that it always has it.
    const nodeArgs = ["--expose-gc", "--max-semi-space-size=1", "--single-threaded-gc"];
    // Where memory ends, malloc tries one more arena: 64 MiB of addresses.
    const result = await spawnNode(program, { nodeArgs, env: { MALLOC_ARENA_MAX: "1" } });
    const lines = result.stdout.trim().split("\n");
    expect({ ...result, stdout: lines.at(-1) }).toMatchObject({ code: 0, stdout: "true true" });
    const names = [...crossings.matchAll(/^ {2}"(.*?)":/gm)].map((match) => match[1]);
    // With little room each is refused; with some more the last copies are.
    const refused = lines.filter((line) => line.startsWith("refused - "));
    for (const name of names) expect(refused).toContain(`refused - ${name}`);
    const others = lines.slice(0, -1).filter((line) => !/^(refused|done) - /.test(line));
    expect(others).toEqual([]);
  });

  it("an interpreter that no thread can be had to end stays open, and can be closed later", async () => {
    const result = await spawnNode(
      `const api = require(${index});
      (async () => {
        const [py, own] = [await api.start(), await api.start({ interpreter: "own" })];
        py.runPython(\`
import resource, threading
# Stacks of threads that have ended need no memory.
waiting = threading.Event()
for _ in range(16): threading.Thread(target=waiting.wait).start()
def leave(more):
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, -1))
\`);
        const leave = py.runPython("leave");
        leave(4 << 20);
        const told = await own.close().then(() => "closed", (error) => error.code);
        leave(2 ** 32);
        console.log(told, own.runPython("1 + 1"));
        await own.close();
        py.runPython("waiting.set()");
        try { own.runPython("1"); } catch (error) { console.log(error.code); }
      })();`,
      { env: { MALLOC_ARENA_MAX: "1" } },
    );
    expect(result).toMatchObject({
      code: 0,
      stdout: "ERR_INMEM_INTERPRETER 2\nERR_INMEM_INTERPRETER_CLOSED\n",
    });
  });

  it("lists are refused that V8's heap is too small for", async () => {
    const result = await spawnNode(
      `require(${index}).start().then((py) => {
        try { py.runPython("[None] * 20_000_000").toJs(); }
        catch (error) { console.log(error.name, error.message.includes("max-old-space-size")); }
        console.log(py.runPython("1 + 1"));
      });`,
      { nodeArgs: ["--max-old-space-size=100"] },
    );
    expect(result).toMatchObject({ code: 0, stdout: "RangeError true\n2\n" });
  });
});

// value(): every second time the next allocation of Python's but n fails, n one more than the last time; in
// between, how many were left: none, where it has failed, else it begins with the first again.
const failing = `
typedef struct { void *ctx; void *(*malloc)(void *, long); void *(*calloc)(void *, long, long);
  void *(*realloc)(void *, void *, long); void (*free)(void *, void *); } Allocator;
extern void PyMem_GetAllocator(int, Allocator *);
extern void PyMem_SetAllocator(int, Allocator *);
static Allocator stock[3];
static long n, left, armed;
static int fails(void) { return left > 0 && --left == 0; }
static void *own_malloc(void *of, long size) { Allocator *a = of; return fails() ? 0 : a->malloc(a->ctx, size); }
static void *own_calloc(void *of, long count, long size) { Allocator *a = of; return fails() ? 0 : a->calloc(a->ctx, count, size); }
static void *own_realloc(void *of, void *p, long size) { Allocator *a = of; return fails() ? 0 : a->realloc(a->ctx, p, size); }
static void own_free(void *of, void *p) { Allocator *a = of; a->free(a->ctx, p); }
static long turn(void) {
  for (int domain = 1; domain < 3 && !stock[domain].malloc; domain++) {
    Allocator own = {&stock[domain], own_malloc, own_calloc, own_realloc, own_free};
    PyMem_GetAllocator(domain, &stock[domain]);
    PyMem_SetAllocator(domain, &own);
  }
  armed = !armed;
  if (armed) return left = ++n;
  long rest = left;
  left = 0;
  if (rest) n = 0;
  return rest;
}`;

describe("where Python has no memory for something small", () => {
  it("each allocation of the bridge's in its turn is a MemoryError", async () => {
    const name = `failing${extensionSuffix}`;
    const path = tmpFile("a.pyz", bundleOf({ [name]: extension("failing", "turn()", failing) }));
    // Where no function of Python's runs: CPython 3.13 itself crashes where it gets none for a frame.
    const result = await spawnNode(
      `require(${index}).start({ bundles: ${JSON.stringify(path)} }).then((py) => {
        const turn = py.pyimport("failing").value;
        const first = py.runPython("import operator; operator.itemgetter(0)");
        const call = py.runPython("operator.methodcaller('__call__', [1, 2], 5, x='abc', y=(b'', 1.5))");
        const list = py.runPython("[1, 'text of some length', (2, b'bytes'), {'k': [1.5, None]}, {3}, frozenset({4})]");
        py.toPy(new Date(0)); // imports datetime
        const ways = {
          "an object": () => py.toPy({ a: { b: 1 } }),
          "an array": () => py.toPy([1, "x", [2], null, 2n ** 100n, 1.5]),
          "numbers": () => py.toPy([1, 2, 3, 5e300, 0.5]),
          "a Map": () => py.toPy(new Map([["some text", [1]]])),
          "a Set": () => py.toPy(new Set(["a", [1, 2]])),
          "a Date": () => py.toPy(new Date(5)),
          "bytes": () => py.toPy(new Uint8Array(8)),
          "doubles": () => py.toPy(new Float64Array(8)),
          "text": () => first("ab".repeat(300)),
          "toJs()": () => list.toJs(),
          "a callback": () => call((...args) => ({ args })),
          "text of a callback": () => call(() => "text of some length"),
        };
        for (const [name, does] of Object.entries(ways)) {
          does(); // types and names are there
          const told = new Set();
          for (let i = 0; i < 200; i++) {
            turn();
            try { does(); } catch (error) { told.add(error.type ?? error.name); }
            if (turn() > 0) break;
          }
          console.log(name, [...told].join());
        }
      });`,
    );
    expect(result).toMatchObject({ code: 0, signal: null });
    const told = Object.fromEntries(
      result.stdout
        .trim()
        .split("\n")
        .map((line) => line.split(/ (?=\w*$)/) as [string, string]),
    );
    expect(Object.keys(told)).toHaveLength(12);
    // Some take all that they need from CPython's lists of free objects.
    const refused = Object.values(told).filter((types) => types !== "");
    expect(refused.length).toBeGreaterThan(6);
    expect(new Set(refused)).toEqual(new Set(["MemoryError"]));
  });
});

describe("what JavaScript has no value for", () => {
  it("bytes beyond the limit of typed arrays are a proxy", () => {
    // Never touched: no memory of the machine's.
    const bytes = py.runPython("bytes(2**32 + 1)") as { length: number; toJs(): unknown };
    expect([api.isPyProxy(bytes), bytes.length]).toEqual([true, 2 ** 32 + 1]);
    expect(bytes.toJs() === bytes).toBe(true);
  });

  it("short texts are many", () => {
    const many = py.runPython("['0123456789'] * 1_000_000") as { toJs(): string[] };
    const copied = many.toJs();
    expect([copied.length, copied[0], copied.at(-1)]).toEqual([
      1_000_000,
      "0123456789",
      "0123456789",
    ]);
  });
});
