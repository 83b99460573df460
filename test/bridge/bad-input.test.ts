// test/bridge/bad-input.test.ts: what is wrong, foreign, revoked, gone or too late gives an error, and Python goes on.
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import type { PyProxy } from "../../lib/index.js";
import { api } from "../helpers/python.js";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";

const py = await api.start();
// biome-ignore lint/suspicious/noExplicitAny: arguments that the types forbid
const any = (value: unknown): any => value;
// biome-ignore lint/suspicious/noExplicitAny: the same
const session = py as any;
type Call = (...args: unknown[]) => unknown;
const python = (code: string): Call => py.runPython(code) as Call;

afterEach(() => {
  expect(py.runPython("6 * 7")).toBe(42);
});

describe("arguments of the wrong type", () => {
  it.each<[string, () => unknown]>([
    ["pyimport(5)", () => session.pyimport(5)],
    ["pyimport()", () => session.pyimport()],
    ["runPython({})", () => session.runPython({})],
    ["runPython()", () => session.runPython()],
    ["toPy(value, 5)", () => session.toPy([1], 5)],
    ["toPy(value, null)", () => session.toPy([1], null)],
    ["registerJsModule(5, {})", () => session.registerJsModule(5, {})],
    ["registerJsModule(name, 5)", () => session.registerJsModule("m", 5)],
    ["mount()", () => session.mount()],
    ["unmount(5)", () => session.unmount(5)],
    ["setStdout(5)", () => session.setStdout(5)],
    ["setStdin(5)", () => session.setStdin(5)],
    ["with()", () => session.with()],
    ["kwargs(5)", () => api.kwargs(any(5))],
    ["callKwargs()", () => any(python("dict")).callKwargs()],
    ["toJs(5)", () => any(python("[1]")).toJs(5)],
    ["toJs({ dict_converter: 5 })", () => any(python("[1]")).toJs({ dict_converter: 5 })],
    ["getBuffer(5)", () => any(python("bytearray(1)")).getBuffer(5)],
    ["getBuffer(type, 5)", () => any(python("bytearray(1)")).getBuffer("u8", 5)],
    ["a Symbol", () => python("id")(Symbol("s"))],
  ])("are a TypeError: %s", (_, call) => {
    expect(call).toThrow(TypeError);
  });

  it("that are surplus are ignored, as in JavaScript", () => {
    expect(session.runPython("1", {}, 5, 6)).toBe(1);
    expect(session.interrupt(1, 2)).toBe(undefined);
  });
});

describe("objects that are no proxies of ours", () => {
  it("are objects of JavaScript", () => {
    const type = python("lambda x: type(x).__module__");
    expect(type({ handle: 5, type: "list", [Symbol.toStringTag]: "PyProxy" })).toBe("inmem.ffi");
    expect(type(Object.create(python("[1]")))).toBe("inmem.ffi");
    expect(type(new Proxy(python("[1]"), {}))).toBe("inmem.ffi");
  });

  it("may be of another context", () => {
    expect(python("lambda f: f([1])")(runInNewContext("(x) => x.length"))).toBe(1);
    expect(String(py.toPy(runInNewContext("[1, { a: new Map([[1, 2]]) }]")))).toBe(
      "[1, {'a': {1: 2}}]",
    );
  });

  it.each<[string, object]>([
    ["an object", {}],
    ["an array", []],
    ["a function", () => 1],
  ])("that were revoked are a TypeError: %s", (_, target) => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    expect(() => python("str")(proxy)).toThrow(TypeError);
    expect(() => py.toPy(proxy)).toThrow(TypeError);
    expect(() => py.toPy([{ deep: [proxy] }])).toThrow(TypeError);
  });

  it.each(["get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor"])(
    "may have traps that throw: %s",
    (trap) => {
      const raise = (): never => {
        throw new RangeError("trap");
      };
      const hostile = new Proxy({ a: 1 }, { [trap]: raise });
      for (const use of ["str(x)", "repr(x)", "dir(x)", "x.a", "hasattr(x, 'b')", "x.to_py()"]) {
        try {
          python(`lambda x: ${use}`)(hostile);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    },
  );
});

/** What a program prints, in a process of its own. */
async function printed(body: string, env = {}): Promise<string[]> {
  const library = JSON.stringify(`${packageRoot}/dist/index.js`);
  const source = `
    const { Worker } = require("node:worker_threads");
    const library = ${library};
    const { start, isPyProxy } = require(library);
    const told = (use) => { try { return String(use()); } catch (error) { return error.name + ": " + error.message; } };
    (async () => {${body}})().catch((error) => { console.error(error); process.exit(1); });
  `;
  const { code, signal, stdout, stderr } = await spawnNode(source, { env });
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
  return stdout.trim().split("\n");
}

describe("objects of another environment", () => {
  it("are reached by way of Python, while it lives, and errors afterwards", async () => {
    const lines = await printed(`
      const py = await start();
      const box = py.runPython("box = {}; box");
      const worker = new Worker(\`
        const { parentPort, workerData } = require("node:worker_threads");
        require(workerData).start().then((py) => {
          const box = py.globals.get("box");
          box.set("f", (x) => x + 1);
          box.set("o", { a: 1, m() { return this.a; } });
          box.set("list", [1, 2]);
          let name = "";
          try { parentPort.postMessage(box); } catch (error) { name = error.name; }
          parentPort.postMessage(name);
          parentPort.once("message", () => process.exit());
        });
      \`, { eval: true, workerData: library });
      console.log(await new Promise((resolve) => worker.once("message", resolve)));
      const [f, o, list] = ["f", "o", "list"].map((name) => box.get(name));
      console.log(isPyProxy(f), f(1), o.a, o.m(), o.nothing, [...list].join());
      o.a = 5;
      console.log(o.m(), py.toPy(o) === o, await f.callAsync(4));
      worker.postMessage("end");
      await new Promise((resolve) => worker.once("exit", resolve));
      for (const use of [() => f(1), () => o.a, () => [...list], () => o]) console.log(told(use));
      box.clear();
      console.log(py.runPython("1 + 1"));
    `);
    const ended = "PythonError: the JavaScript environment of this object has ended";
    expect(lines).toEqual([
      "DataCloneError",
      "true 2 1 1 undefined 1,2",
      "5 true 5",
      ...Array(4).fill(ended),
      "2",
    ]);
  });
});

describe("calls when the process ends", () => {
  it("give values, or errors", async () => {
    const lines = await printed(`
      const py = await start();
      process.on("exit", () => {
        console.log(told(() => py.runPython("1 + 1")));
        console.log(told(() => py.runPython("lambda f: f(2)")((x) => x * 2)));
        console.log(told(() => py.toPy([1])));
        py.runPython("len").callAsync([1]).catch(() => {});
        console.log(typeof start());
      });
    `);
    expect(lines).toEqual(["2", "4", "[1]", "object"]);
  });

  it("give values while Python starts", async () => {
    const lines = await printed(`
      const both = await Promise.all([start(), start(), start()]);
      console.log(both.map((py) => py.runPython("1 + 1")).join());
    `);
    expect(lines).toEqual(["2,2,2"]);
  });
});

describe("shared memory", () => {
  it("is written by Python while JavaScript waits on it with Atomics", async () => {
    const shares = { INMEM_NO_EXTERNAL_BUFFERS: "0" };
    const lines = await printed(
      `
      const py = await start();
      const shared = new Int32Array(new SharedArrayBuffer(8));
      const copied = py.runPython("lambda x: x.to_memoryview().obj.copied")(shared);
      const answer = py.runPython(\`
import time
def write(x):
    view = memoryview(x)
    while view[0] == 0: time.sleep(0.001)
    view[1] = view[0] + 1
write\`).callAsync(shared);
      Atomics.store(shared, 0, 41);
      await answer;
      console.log(copied || Atomics.load(shared, 1));
    `,
      shares,
    );
    expect(lines).toEqual(["42"]);
  });
});

describe("values that are too large", () => {
  it("are errors that say so", () => {
    const most = new Proxy([], {
      get: (target, key) => (key === "length" ? 2 ** 32 : Reflect.get(target, key)),
    });
    expect(() => py.toPy(most)).toThrow(RangeError);
    expect(() => py.toPy(new Array(2 ** 32 - 1))).toThrow(RangeError);
    expect(() => any(py.runPython("memoryview(bytes(1))")).getBuffer("f64") as PyProxy).toThrow(
      RangeError,
    );
  });
});
