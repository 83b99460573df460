// test/bridge/output.test.ts: what Python writes and tells, from any thread and at any moment.
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";

const path = JSON.stringify(packageRoot);
const py = await api.start();
const run = (code: string): unknown => py.runPython(code);
run("import sys, threading, warnings\nfrom concurrent.futures import ThreadPoolExecutor");

/** Takes stdout for the time of a test. */
function taken(): { chunks: string[]; end: () => void } {
  const chunks: string[] = [];
  py.setStdout((chunk) => chunks.push(chunk.toString()));
  return { chunks, end: () => py.setStdout("inherit") };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("output that JavaScript takes", () => {
  it("comes from threads that JavaScript's thread waits for, in order", async () => {
    const { chunks, end } = taken();
    const begun = performance.now();
    run(`
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda i: print("of a thread", i), range(200)))
print("after them")`);
    end();
    // Nobody waits until a deadlock is seen, which takes a second for each.
    expect(performance.now() - begun).toBeLessThan(1000 * 20);
    expect(chunks).toHaveLength(201);
    expect(chunks.at(-1)).toBe("after them\n");
    expect(new Set(chunks).size).toBe(201);
    await turn();
  });

  it("comes in whole lines; the rest when the turn ends", async () => {
    const { chunks, end } = taken();
    run("print('a', 'b', 3)\nprint('question', end=': ')\nsys.stdout.write('more')");
    expect(chunks).toEqual(["a b 3\n"]);
    await turn();
    expect(chunks).toEqual(["a b 3\n", "question: more"]);
    run("sys.stdout.write('x')");
    end();
    expect(chunks.at(-1)).toBe("x");
  });

  it("shows the question before input() waits", () => {
    const { chunks, end } = taken();
    let seen = -1;
    py.setStdin(() => {
      seen = chunks.length;
      return "yes\n";
    });
    expect(run("input('Sure? ')")).toBe("yes");
    py.setStdin("inherit");
    end();
    expect([seen, chunks]).toEqual([1, ["Sure? "]]);
  });

  it("gives what is left when the process ends", async () => {
    const program = `
      const { start } = require(${path});
      start({ stdout: { batched: (line) => console.log("line", line) } }).then((py) => {
        py.runPython("import threading\\nprint('no end', end='')");
        py.runPython("t = threading.Thread(target=print, args=(' of it',)); t.start(); t.join()");
        py.runPython("print('last', end='')");
        process.exit();
      });`;
    expect((await spawnNode(program)).stdout).toBe("line no end of it\nline last\n");
  });

  it("goes to where it went before when its environment has ended", async () => {
    const program = `
      const { Worker } = require("node:worker_threads");
      const { start } = require(${path});
      const worker = \`require(${path}).start({ stdout: () => {} }).then((py) => py.runPython("print(1)"))\`;
      const lines = [];
      start({ stdout: { batched: (line) => lines.push(line) } }).then((py) => {
        new Worker(worker, { eval: true }).on("exit", () => {
          py.runPython("print('main')");
          py.runPython("print('again')");
          py.setStdout("inherit");
          console.log(lines.join());
        });
      });`;
    expect((await spawnNode(program)).stdout).toBe("main,again\n");
  });

  it("of the process itself stands between JavaScript's lines", async () => {
    const program = `
      const { start } = require(${path});
      const { writeSync } = require("node:fs");
      start().then((py) => {
        for (const name of ["a", "b"]) {
          py.runPython("print('py')");
          writeSync(1, name);
        }
      });`;
    expect((await spawnNode(program)).stdout).toBe("py\napy\nb");
  });
});

it("tells hooks of threads that JavaScript's thread waits for", async () => {
  const told: string[] = [];
  py.setUnraisableHook((error, doing) => told.push(`${error.message} ${doing}`));
  py.setWarningHook(({ message }) => told.push(message));
  run(`
def fail():
    warnings.warn("of a thread")
    raise ValueError("lost")
thread = threading.Thread(target=fail, name="failing")
thread.start()
thread.join()`);
  await expect.poll(() => told).toEqual(["of a thread", "lost Exception in thread failing"]);
  py.setUnraisableHook(null);
  py.setWarningHook(null);
});

it("has no JavaScript in a child of fork()", () => {
  const code = `
import js, os, warnings
warnings.simplefilter("ignore")
child = os.fork()
if child == 0:
    try:
        js.Math.max(1, 2)
    except RuntimeError:
        os._exit(11)
    os._exit(12)
os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])`;
  expect(run(code)).toBe(11);
});
