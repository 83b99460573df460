// test/bridge/proxy-life.test.ts: what a proxy shows of itself, what it is, and how it ends.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { PyCallable, PyProxy } from "../../lib/index.js";
import { api } from "../helpers/python.js";

const py = await api.start();

type Any = PyProxy & { [name: string]: unknown };
type Call = (...args: unknown[]) => unknown;
const python = <T = Any>(code: string): T => py.runPython(code) as T;
const same = python<Call>("lambda a, b: a is b");

describe("inspection", () => {
  it("shows type and repr, through any container", () => {
    expect(inspect(python("[1, 'a']"))).toBe("[PyProxy: list] [1, 'a']");
    expect(inspect({ a: [python("{}")] })).toContain("[PyProxy: dict] {}");
    const table = python("class T:\n  __repr__ = lambda self: '   a\\n0  1'\nT()");
    expect(inspect(table)).toBe("[PyProxy: T]\n     a\n  0  1");
    expect(inspect({ t: table })).toBe("{\n  t: [PyProxy: T]\n       a\n    0  1\n}");
  });

  it("shows signature and docstring of what is called", () => {
    const f = python("def area(width: int, height=2):\n  '''Of a rectangle.\n\n  More.'''\narea");
    expect(inspect(f)).toBe('[PyProxy: function] area(width: int, height=2) "Of a rectangle."');
    expect(inspect(python("class C:\n  'A class.'\nC"))).toBe('[PyProxy: type] C() "A class."');
  });

  it("shows what fails, without failing, and cuts what is long", () => {
    const bad = python("class Bad:\n  def __repr__(self): raise ValueError('no')\nBad()");
    expect(inspect(bad)).toContain("repr() raised ValueError: no");
    expect(inspect(python("['x' * 50_000]")).length).toBeLessThan(11_000);
  });

  it("has text, numbers and JSON", () => {
    expect(`${python("[1]") as unknown as string}`).toBe("[1]");
    expect(+(python("import decimal; decimal.Decimal('1.5')") as unknown as number)).toBe(1.5);
    expect(Object.prototype.toString.call(python("[]"))).toBe("[object PyProxy]");
    expect(JSON.stringify({ a: python("{'x': [1, (2, None)], 'y': {1}}"), f: python("len") })).toBe(
      '{"a":{"x":[1,[2,null]],"y":[1]}}',
    );
    expect(() => JSON.stringify(python("[1j]"))).toThrow(/no conversion/);
    expect(() => structuredClone(python("[]"))).toThrow(/could not be cloned/);
  });

  it("is told from other values", () => {
    const list = python("[]");
    const { isPyProxy, PyProxy } = api;
    expect([list instanceof PyProxy, isPyProxy(list), isPyProxy(python("len"))]).toEqual([
      true,
      true,
      true,
    ]);
    expect([isPyProxy({}), isPyProxy(null), isPyProxy(5), isPyProxy(new Proxy(list, {}))]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error("hostile");
        },
      },
    );
    expect(isPyProxy(hostile)).toBe(false);
  });
});

describe("identity and life", () => {
  it("is one proxy for an object, and the object again in Python", () => {
    const list = python("kept = []; kept");
    expect(python("kept")).toBe(list);
    expect(same(list, python("kept"))).toBe(true);
    expect((python("(kept, kept)") as unknown as unknown[])[1]).toBe(list);
  });

  it("copies, and destroys each on its own", () => {
    const list = python("[1]");
    const second = list.copy() as Any;
    expect(second).not.toBe(list);
    expect(same(list, second)).toBe(true);
    list.destroy();
    expect((second["get"] as Call)(0)).toBe(1);
  });

  it("says when and why it was destroyed, in every use", () => {
    const list = python("[1]");
    const f = python<PyCallable>("lambda: 1");
    list.destroy("because of the test");
    list.destroy();
    f.destroy();
    for (const use of [
      () => list["x"],
      () => list["append"],
      () => list["length"],
      () => list.toJs(),
      () => list.copy(),
      () => String(list),
      () => [...(list as unknown as Iterable<unknown>)],
      () => same(list, 1),
      () => py.toPy([list]),
      () => "x" in list,
      () => Object.keys(list),
    ]) {
      expect(use).toThrow(/already been destroyed\s+because of the test/);
    }
    expect(() => f()).toThrow(/already been destroyed\s+by destroy/);
    expect(inspect(list)).toBe("[PyProxy: destroyed, because of the test]");
  });

  it("says where, in debug mode", () => {
    expect(py.setDebug(true)).toBe(false);
    const list = python("[1]");
    (function theCulprit() {
      list.destroy();
    })();
    expect(() => list["x"]).toThrow(/theCulprit/);
    expect(py.setDebug(false)).toBe(true);
  });

  it("is let go at the end of `using` and `await using`", async () => {
    const gone = python("gone = []; gone");
    const make = python<() => Any>(`
import weakref
class Kept: pass
def make():
  kept = Kept()
  weakref.finalize(kept, gone.append, 1)
  return kept
make`);
    {
      using first = make();
      expect(first.type).toBe("Kept");
    }
    {
      await using second = make() as Any & AsyncDisposable;
      expect(second.type).toBe("Kept");
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(python<number>("len(gone)")).toBe(2);
    expect(gone["length"]).toBe(2);
  });

  it("gives back what many proxies in one turn held", () => {
    const make = python<() => PyProxy>(
      "class Many:\n  alive = 0\n  def __init__(s): Many.alive += 1\n  def __del__(s): Many.alive -= 1\nMany",
    );
    for (let i = 0; i < 20_000; i++) make().destroy();
    expect(python<number>("Many.alive")).toBeLessThan(1000);
  });
});
