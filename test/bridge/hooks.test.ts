// test/bridge/hooks.test.ts: warnings and exceptions that nobody can catch reach JavaScript.
import { describe, expect, it } from "vitest";
import { api, bundleOf } from "../helpers/python.js";

const py = await api.start();

describe("setUnraisableHook()", () => {
  it("is told of __del__ and of threads", () => {
    const told: string[] = [];
    py.setUnraisableHook((error, doing) => told.push(`${error.message} | ${doing}`));
    py.runPython(`
import threading
class Bad:
    def __del__(self): raise ValueError("of __del__")
Bad()
None
`);
    expect(told[0]).toMatch(/^of __del__ \| Exception ignored in: .*__del__/);
    expect(() => py.setUnraisableHook(5 as never)).toThrow(TypeError);
  });

  it("is told of threads, as soon as JavaScript has time, and stays over a run", async () => {
    await api.run(bundleOf("import sys; sys.unraisablehook = None"));
    const told = new Promise<string>((resolve) => {
      py.setUnraisableHook((error, doing) => resolve(`${error.message} | ${doing}`));
    });
    await api.run(bundleOf("pass"));
    py.runPython("threading.Thread(target=lambda: 1 / 0, name='divider').start()");
    expect(await told).toBe("division by zero | Exception in thread divider");
    py.setUnraisableHook(null);
    expect(py.runPython("import sys; sys.unraisablehook is sys.__unraisablehook__")).toBe(true);
  });
});

describe("setWarningHook()", () => {
  it("is told of warnings", () => {
    const told: unknown[] = [];
    py.setWarningHook((warning) => told.push(warning));
    py.runPython("import warnings; warnings.warn('careful', UserWarning)", { filename: "mine.py" });
    py.setWarningHook(null);
    expect(told).toEqual([
      { category: "UserWarning", message: "careful", filename: "mine.py", line: 1 },
    ]);
  });
});
