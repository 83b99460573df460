// test/bridge/recursion.test.ts: Python that calls itself through C code, on stacks of several sizes, ends with an error.
import { describe, expect, it } from "vitest";
import { spawnNode } from "../helpers/spawn-node.js";

/** f() never comes to an end by itself; js() is JavaScript's, and calls f(). */
const recursions: Record<string, string> = {
  "sorted(), comparing":
    "class A:\n  def __lt__(self, other): f()\ndef f(): sorted([A(), A(), A()])",
  "sorted(key)": "def f(): sorted([1, 2], key=lambda x: f())",
  "functools.reduce()": "import functools\ndef f(): functools.reduce(lambda a, b: f(), [1, 2])",
  "json.dumps(default)": "import json\ndef f(): json.dumps([object()], default=lambda x: f())",
  __getattr__:
    "class A:\n  def __getattr__(self, name): return getattr(self, name + 'a')\ndef f(): A().x",
  "eval()": "def f(): eval('f()')",
  "a function of sqlite's":
    "import sqlite3\nc = sqlite3.connect(':memory:', check_same_thread=False)\nc.create_function('g', 0, lambda: f())\n" +
    "def f():\n  try: c.execute('select g()').fetchall()\n  except sqlite3.OperationalError: raise RecursionError",
  "sorted(key) by JavaScript": "def f(): sorted([1, 2], key=js)",
  "__lt__ by JavaScript":
    "class A:\n  def __lt__(self, other): js()\ndef f(): sorted([A(), A(), A()])",
};

/** Prints what each ends with. */
const script = `
  const { start } = require("inmem-python");
  const recursions = ${JSON.stringify(Object.values(recursions))};
  exports.run = async (where) => {
    const py = await start();
    py.runPython("import sys; sys.setrecursionlimit(20_000)");
    const ends = [];
    for (const code of recursions) {
      let f;
      py.globals.set("js", () => f());
      py.runPython(code);
      f = py.globals.get("f");
      try {
        if (where === "here") f();
        else if (where === "worker's thread") await f.callAsync();
        else await py.runPython("async def co(): f()\\nco")();
        ends.push("no error");
      } catch (error) {
        ends.push(error.type ?? error.name);
      }
    }
    ends.push(py.runPython("1 + 1"));
    return ends;
  };`;

const expected = [
  ...Object.keys(recursions).map(() => expect.stringMatching(/^(RecursionError|RangeError)$/)),
  2,
];

async function ends(program: string): Promise<unknown> {
  const { stdout, stderr, signal } = await spawnNode(`${script}\n${program}`, {
    timeoutMs: 110_000,
  });
  expect([stderr, signal]).toEqual(["", null]);
  return JSON.parse(stdout) as unknown;
}

describe("recursion that sys.setrecursionlimit() does not end", () => {
  it.each(["here", "worker's thread", "loop's thread"])(
    "is an error: %s",
    async (where) => {
      const program = `exports.run(${JSON.stringify(where)}).then((ends) => console.log(JSON.stringify(ends)));`;
      expect(await ends(program)).toEqual(expected);
    },
    120_000,
  );

  it.each([0.5, 1, 4])(
    "is an error in a Worker with a stack of %s MiB",
    async (stackSizeMb) => {
      const program = `
        const { isMainThread, Worker } = require("node:worker_threads");
        if (isMainThread) new Worker(__filename, { resourceLimits: { stackSizeMb: ${stackSizeMb} } });
        else exports.run("here").then((ends) => console.log(JSON.stringify(ends)));`;
      expect(await ends(program)).toEqual(expected);
    },
    120_000,
  );
});
