// test/bridge/conversion.test.ts: every row of docs/conversion.md, and the options of toJs() and toPy().
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { PyProxy } from "../../lib/index.js";
import { api } from "../helpers/python.js";
import { codeOf, isCode, type Row, readTable } from "./table.js";

const py = await api.start();
const source = readFileSync(new URL("conversion.py", import.meta.url), "utf8");
py.globals.set("source", source);
py.runPython(`
import sys, types
m = types.ModuleType("m")
sys.modules["m"] = m
exec(source, m.__dict__)
import _inmem_bridge
`);

type Function_ = (...args: unknown[]) => unknown;
const python = (code: string): Function_ => py.runPython(code) as Function_;
const evaluate = (code: string): unknown => new Function(`return (${code})`)();
const isJsProxy = python("lambda value: isinstance(value, _inmem_bridge.JsProxy)");
const identity = python("lambda value: value");

/** A Python object where scalars are not converted: in a list. */
const boxed = (code: string): PyProxy => py.runPython(`[${code}]`) as PyProxy;

function checkPython(row: Row): void {
  const box = boxed(row.value);
  const first = python("lambda box: box[0]");
  const convert = (): unknown => (row.by === "toJs" ? (box.toJs() as unknown[])[0] : first(box));
  const thrown = /^throws (\w+)$/.exec(row.becomes)?.[1];
  if (thrown !== undefined) {
    expect(convert).toThrow(expect.objectContaining({ name: thrown }));
    return;
  }
  const value = convert();
  const proxy = /^PyProxy (\w+)$/.exec(row.becomes)?.[1];
  if (proxy === undefined) expect(value).toStrictEqual(evaluate(codeOf(row.becomes)));
  else expect((value as PyProxy).type).toBe(proxy);
  if (row.back === "=") expect(python("lambda box, x: m.same(box[0], x)")(box, value)).toBe(true);
  if (row.back === "is") expect(python("lambda box, x: box[0] is x")(box, value)).toBe(true);
  if (row.back === "JsProxy") expect(isJsProxy(value)).toBe(true);
  if (isCode(row.back)) {
    expect(python(`lambda x: m.same(x, ${codeOf(row.back)})`)(value)).toBe(true);
  }
}

function checkJavaScript(row: Row): void {
  const value = evaluate(row.value);
  const give = (): unknown => (row.by === "toPy" ? py.toPy(value) : value);
  const thrown = /^throws (\w+)$/.exec(row.becomes)?.[1];
  if (thrown !== undefined) {
    expect(() => identity(give())).toThrow(expect.objectContaining({ name: thrown }));
    return;
  }
  const given = give();
  if (row.becomes === "JsProxy") expect(isJsProxy(given)).toBe(true);
  else expect(python(`lambda x: m.same(x, ${codeOf(row.becomes)})`)(given)).toBe(true);
  const back = identity(given);
  if (row.back === "=" || row.back === "is") expect(back).toBe(value);
  if (isCode(row.back)) expect(back).toStrictEqual(evaluate(codeOf(row.back)));
  const proxy = /^PyProxy (\w+)$/.exec(row.back)?.[1];
  if (proxy !== undefined) expect((back as PyProxy).type).toBe(proxy);
}

describe("docs/conversion.md", () => {
  const rows = readTable();

  it("has a row for each conversion, and each row says what comes back", () => {
    expect(rows.length).toBeGreaterThan(120);
    for (const row of rows) {
      expect(row.back === "" && !row.becomes.startsWith("throws"), row.value).toBe(false);
    }
  });

  it.each(rows.map((row) => [`${row.from}, ${row.by}: ${row.value}`, row] as const))(
    "%s",
    (_, row) => {
      if (row.from === "Python") checkPython(row);
      else checkJavaScript(row);
    },
  );
});

describe("toJs()", () => {
  it("keeps cycles and shared references", () => {
    const list = py.runPython("a = [1]; a.append(a); b = {'a': a, 'again': a}; b") as PyProxy;
    const copy = list.toJs() as Map<string, unknown[]>;
    expect(copy.get("a")).toBe(copy.get("again"));
    expect(copy.get("a")?.[1]).toBe(copy.get("a"));
  });

  it("copies as many levels as asked for, and lists the proxies", () => {
    const nested = py.runPython("[[[1]], {'a': 1}]") as PyProxy;
    const pyproxies: PyProxy[] = [];
    const copy = nested.toJs({ depth: 2, pyproxies }) as [[PyProxy], Map<string, number>];
    expect(copy[0][0].type).toBe("list");
    expect(copy[1]).toStrictEqual(new Map([["a", 1]]));
    expect(pyproxies).toHaveLength(1);
    expect(pyproxies[0]).toBe(copy[0][0]);
    expect(nested.toJs({ depth: 0 })).toBe(nested);
  });

  it("refuses what has no conversion, where proxies are not wanted", () => {
    const list = py.runPython("[1, 1j]") as PyProxy;
    expect(() => list.toJs({ create_pyproxies: false })).toThrow(/type complex has no conversion/);
    const objects = { create_pyproxies: false, dict_converter: Object.fromEntries };
    expect(() => list.toJs(objects)).toThrow(TypeError);
  });

  it("makes of dicts what dict_converter says", () => {
    const dict = py.runPython("{'a': [{'b': (1, {'c': 2})}]}") as PyProxy;
    const copy = dict.toJs({ dict_converter: Object.fromEntries });
    expect(copy).toStrictEqual({ a: [{ b: [1, { c: 2 }] }] });
    const cycle = py.runPython("d = {}; d['self'] = d; d") as PyProxy;
    expect(() => cycle.toJs({ dict_converter: Object.fromEntries })).toThrow(RangeError);
  });

  it("leaves JavaScript's own objects alone", () => {
    const own = { map: new Map([[1, [py.runPython("[]")]]]) };
    const list = python("lambda own: [own, own]")(own) as PyProxy;
    const copy = list.toJs({ dict_converter: Object.fromEntries }) as unknown[];
    expect(copy[0]).toBe(own);
    expect(copy[1]).toBe(own);
  });

  it("asks default_converter, once for each object", () => {
    const list = py.runPython("z = 1 + 2j; [z, z, m.Decimal('1.5')]") as PyProxy;
    let asked = 0;
    const copy = list.toJs({
      default_converter: (value) => {
        asked++;
        return value.type === "complex"
          ? { re: (value as unknown as { real: number }).real }
          : value;
      },
    }) as unknown[];
    expect(copy[0]).toStrictEqual({ re: 1 });
    expect(copy[1]).toBe(copy[0]);
    expect((copy[2] as PyProxy).type).toBe("Decimal");
    expect(asked).toBe(2);
  });

  it("asks eager_converter first, and lets it remember cycles", () => {
    const tree = py.runPython("t = {'name': 'a', 'more': []}; t['more'].append(t); t") as PyProxy;
    const copy = tree.toJs({
      eager_converter: (value, convert, remember) => {
        if (value.type !== "dict") return convert(value);
        const made: Record<string, unknown> = {};
        remember(value, made);
        const dict = value as unknown as { get(key: string): unknown };
        made["name"] = dict.get("name");
        made["more"] = convert(dict.get("more"));
        return made;
      },
    }) as { name: string; more: unknown[] };
    expect(copy.name).toBe("a");
    expect(copy.more[0]).toBe(copy);
  });

  it.each([
    ["a depth that is none", { depth: 1.5 }, RangeError],
    ["options that are none", 5, TypeError],
    ["a converter that is none", { dict_converter: 5 }, TypeError],
  ])("refuses %s", (_, options, kind) => {
    const list = py.runPython("[]") as { toJs(options: unknown): unknown };
    expect(() => list.toJs(options)).toThrow(kind);
  });

  it("ends what is nested too deep with an error", () => {
    const deep = py.runPython("x = []\nfor i in range(200000): x = [x]\nx") as PyProxy;
    expect(() => deep.toJs()).toThrow(/recursion|stack/i);
  });
});

describe("toPy()", () => {
  it("keeps cycles and shared references", () => {
    const shared = [1];
    const value: Record<string, unknown> = { a: shared, b: shared, map: new Map() };
    value["self"] = value;
    (value["map"] as Map<string, unknown>).set("up", value);
    const dict = py.toPy(value);
    const check = python("lambda d: d['a'] is d['b'] and d['self'] is d and d['map']['up'] is d");
    expect(check(dict)).toBe(true);
  });

  it("copies as many levels as asked for", () => {
    const inner = { x: 1 };
    const list = py.toPy([inner, 1], { depth: 1 });
    expect(python("lambda x: type(x) is list and x[0]")(list)).toBe(inner);
    expect(py.toPy(inner, { depth: 0 })).toBe(inner);
  });

  it("asks defaultConverter for what has no conversion", () => {
    class Point {
      constructor(readonly x: unknown) {}
    }
    const value = [new Point([1]), /a/];
    const list = py.toPy(value, {
      defaultConverter: (object, convert) =>
        object instanceof Point ? convert([object.x, "point"]) : object,
    });
    expect(python("lambda x: x[0] == [[1], 'point']")(list)).toBe(true);
    expect(python("lambda x: x[1]")(list)).toBe(value[1]);
  });

  it("lets defaultConverter remember cycles", () => {
    class Node_ {
      next: unknown;
    }
    const node = new Node_();
    node.next = node;
    const made = py.toPy(node, {
      defaultConverter: (value, convert, remember) => {
        const list = py.toPy([]) as { append(item: unknown): void };
        remember(value, list);
        list.append(convert((value as Node_).next));
        return list;
      },
    });
    expect(python("lambda x: x[0] is x")(made)).toBe(true);
  });

  it("sees an array as it is when its turn comes", () => {
    const array: unknown[] = [1, "a"];
    Object.defineProperty(array, 1, { get: () => array.push(5) });
    expect((py.toPy(array) as PyProxy).toJs()).toStrictEqual([1, 3]);
  });

  it.each<[string, () => unknown, unknown]>([
    [
      "a getter that throws",
      () => [
        {},
        {
          get a() {
            throw new SyntaxError("mine");
          },
        },
      ],
      SyntaxError,
    ],
    [
      "a Proxy whose traps throw",
      () =>
        new Proxy(
          {},
          {
            ownKeys() {
              throw new SyntaxError("mine");
            },
          },
        ),
      SyntaxError,
    ],
    [
      "an array of a length that is none",
      () => new Proxy([], { get: (t, k) => (k === "length" ? "many" : Reflect.get(t, k)) }),
      RangeError,
    ],
    [
      "an array of a length below zero",
      () => new Proxy([], { get: (t, k) => (k === "length" ? -1 : Reflect.get(t, k)) }),
      RangeError,
    ],
    [
      "a Proxy that was revoked",
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
      TypeError,
    ],
    ["a Symbol", () => [Symbol("a")], TypeError],
    [
      "a key that holds itself",
      () => {
        const key: unknown[] = [];
        key.push(key);
        return new Map([[key, 1]]);
      },
      RangeError,
    ],
    [
      "what is nested too deep",
      () => {
        let x: unknown[] = [];
        for (let i = 0; i < 200_000; i++) x = [x];
        return x;
      },
      RangeError,
    ],
  ])("refuses %s", (_, make, kind) => {
    expect(() => py.toPy(make())).toThrow(kind as ErrorConstructor);
    expect(py.runPython("1 + 1")).toBe(2);
  });
});
