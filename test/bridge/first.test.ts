// test/bridge/first.test.ts: JavaScript calls Python, and Python JavaScript.
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

const py = await api.start();

describe("the bridge", () => {
  it("calls functions, with results of every scalar type", () => {
    const add = py.runPython("def add(a, b=1): return a + b\nadd") as (
      ...args: unknown[]
    ) => unknown;
    expect(add(1, 2)).toBe(3);
    expect(add("a\u{1F600}", "\ud800")).toBe("a\u{1F600}\ud800");
    expect(add(2n ** 80n, 1)).toBe(2n ** 80n + 1n);
    expect(add(0.1, 0.2)).toBe(0.1 + 0.2);
  });

  it("throws what Python raises", () => {
    expect(() => py.runPython("1 / 0")).toThrow(api.PythonError);
  });

  it("gives back the very error that a callback threw", () => {
    const call = py.runPython("lambda f: f()") as (f: () => void) => void;
    const error = new TypeError("of JavaScript");
    let caught: unknown;
    try {
      call(() => {
        throw error;
      });
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBe(error);
  });

  it("ends recursion through both languages with an error", () => {
    const call = py.runPython("lambda f: f()") as (f: () => unknown) => unknown;
    const again = (): unknown => call(again);
    expect(again).toThrow(/stack|recursion/i);
  });
});
