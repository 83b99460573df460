// test/run/recursion.test.ts: deep recursion is RecursionError or MemoryError in Python, never a crash of Node.
import { describe, expect, it } from "vitest";
import { failPython, runPython } from "../helpers/python.js";

const deepList = "x = []\nfor i in range(200000): x = [x]\n";
const lift = "import sys; sys.setrecursionlimit(10**6)\n";

describe("deep recursion", () => {
  it.each([
    ["json", "import json; json.loads('[' * 100000)"],
    ["repr", `${deepList}repr(x)`],
    ["pickle", `${deepList}import pickle; pickle.dumps(x)`],
    ["comparison", `${deepList}y = []\nfor i in range(200000): y = [y]\nx == y`],
    ["the parser's own limit", "eval('(' * 100000 + ')' * 100000)"],
    ["the parser's stack", "eval('-' * 100000 + '1')"],
    ["the compiler", "import ast; ast.parse('a.' * 50000 + 'b')"],
    ["re", "import re; re.compile('(' * 5000 + ')' * 5000)"],
    [
      "__getattr__ with the limit lifted",
      `${lift}class A:\n  def __getattr__(s, n): return getattr(s, n + 'x')\nA().y`,
    ],
    ["lru_cache", "import functools\n@functools.lru_cache(None)\ndef f(n): return f(n + 1)\nf(0)"],
    [
      "lru_cache with the limit lifted",
      `${lift}import functools\n@functools.lru_cache(None)\ndef f(n): return f(n + 1)\nf(0)`,
    ],
    ["a Python function", "def f(): f()\nf()"],
    [
      "the destructor of a long chain, then an error",
      `${deepList}del x\nraise RecursionError('as ordered')`,
    ],
  ])("in %s is an exception", async (_name, source) => {
    const { error } = await failPython(source);
    expect(error.type).toMatch(/^(RecursionError|MemoryError|SyntaxError)$/);
    expect((await runPython("print('next')")).stdout).toBe("next\n");
  });

  it("of 100 000 Python frames works with the limit lifted", async () => {
    const source = `${lift}def f(n): return n and f(n - 1)\nprint(f(100000))`;
    expect((await runPython(source)).stdout).toBe("0\n");
  });

  it("in other threads is an exception too", async () => {
    const source = `import threading, json\nseen = []
def work():
    for action in (lambda: json.loads('[' * 100000), lambda: eval('-' * 100000 + '1')):
        try: action()
        except (RecursionError, MemoryError) as e: seen.append(type(e).__name__)
t = threading.Thread(target=work); t.start(); t.join(); print(seen)`;
    expect((await runPython(source)).stdout).toBe("['RecursionError', 'MemoryError']\n");
  });
});
