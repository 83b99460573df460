// test/bridge/silent-faults.test.ts: what other bridges get wrong without a word; one test for each fault.
import { once } from "node:events";
import { join } from "node:path";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { PyProxy } from "../../lib/index.js";
import { api } from "../helpers/python.js";
import { packageRoot } from "../helpers/spawn-node.js";

const py = await api.start();
type Call = (...args: unknown[]) => unknown;
const python = (code: string): Call => py.runPython(code) as Call;
const text = python("repr");

describe("silent faults of bridges", () => {
  it("1: 2**70 is -1, and an OverflowError comes up in the next call", () => {
    expect(py.runPython("2**70")).toBe(2n ** 70n);
    expect(py.runPython("1 + 1")).toBe(2);
  });

  it("2: floats become ints", () => {
    const numbers = [1.00000001, 1e-9, 1e300];
    expect(numbers.map((x) => text(x))).toEqual(["1.00000001", "1e-09", "1e+300"]);
  });

  it("3: a character beyond the first 65 536 cuts the text", () => {
    expect(py.runPython("'a\\U0001f600b'")).toBe("a\u{1F600}b");
    expect(python("len")("a\u{1F600}b")).toBe(3);
  });

  it("4: -0 becomes 0", () => {
    expect(text(-0)).toBe("-0.0");
    expect(py.runPython("-0.0")).toBe(-0);
  });

  it("5: a BigInt beyond 64 bits is refused", () => {
    expect(text(2n ** 70n)).toBe(String(2n ** 70n));
  });

  it("6: Date, Map, Set, RegExp and Error become {}", () => {
    const back = python("lambda x: x");
    for (const value of [new Date(0), new Map([[1, 2]]), new Set([1]), /a/g, new Error("e")]) {
      expect(back(value)).toBe(value);
    }
    expect(python("lambda d: d.getTime()")(new Date(7))).toBe(7);
    expect(text(py.toPy(new Map([[1, new Set([2])]])))).toBe("{1: {2}}");
  });

  it("7: a Float64Array becomes bytes", () => {
    const array = new Float64Array([0.5, 1e300]);
    expect(python("lambda m: (m.format, m.tolist())")(py.toPy(array))).toBeDefined();
    expect(python("lambda m: m.format")(py.toPy(array))).toBe("d");
    expect((py.toPy(array) as PyProxy).toJs()).toStrictEqual(array);
  });

  it("8: a generator that raises in the middle just ends", () => {
    const generator = python("def g():\n  yield 1\n  raise ValueError('middle')\ng")();
    expect(() => [...(generator as Iterable<unknown>)]).toThrow("middle");
  });

  it("9: datetime and complex become undefined", () => {
    const time = py.runPython("import datetime; datetime.datetime(2024, 2, 29)") as PyProxy;
    expect(inspect(time)).toBe("[PyProxy: datetime] datetime.datetime(2024, 2, 29, 0, 0)");
    expect((py.runPython("1 + 2j") as { imag: number }).imag).toBe(2);
  });

  it("10: an error of a callback loses its type, or ends the process", () => {
    const error = new RangeError("mine");
    const thrower = (): never => {
      throw error;
    };
    expect(() => python("lambda f: f()")(thrower)).toThrow(error);
    const caught = python(
      "def catch(f):\n  try: f()\n  except Exception as e: return e.js_error\ncatch",
    );
    expect(caught(thrower)).toBe(error);
  });

  it("11: a cyclic object ends the process", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    expect(python("lambda d: d['self'] is d")(py.toPy(cyclic))).toBe(true);
    expect(python("lambda d: d.self is d")(cyclic)).toBe(true);
  });

  it("12: a call that fails later rejects with a string", async () => {
    const bad = python("lambda: 1 / 0") as Call & { callAsync(): Promise<unknown> };
    const error = await bad.callAsync().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(api.PythonError);
    expect((error as { type: string }).type).toBe("ZeroDivisionError");
  });

  it("13: a coroutine is undefined, or cannot be awaited", async () => {
    expect(await python("async def five(): return 5\nfive")()).toBe(5);
  });

  it("14: worker.terminate() waits for time.sleep()", async () => {
    const source = `
      const { parentPort } = require("node:worker_threads");
      require(${JSON.stringify(join(packageRoot, "dist", "index.js"))}).start().then((py) => {
        py.runPython("lambda begun: (begun(), __import__('time').sleep(600))")(() => parentPort.postMessage(""));
      });`;
    const worker = new Worker(source, { eval: true });
    await once(worker, "message");
    const before = performance.now();
    expect(await worker.terminate()).toBe(1);
    expect(performance.now() - before).toBeLessThan(30_000);
  });

  it("15: SystemExit ends the process", () => {
    expect(() => py.runPython("raise SystemExit(3)")).toThrow(
      expect.objectContaining({ type: "SystemExit" }),
    );
  });
});
