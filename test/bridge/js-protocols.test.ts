// test/bridge/js-protocols.test.ts: JavaScript objects under Python's protocols, where both languages differ.
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { of, ran } from "../helpers/python-code.js";

const py = await api.start();

describe("functions", () => {
  it("got twice are equal, and one key of a dict", () => {
    expect(of("x.f == x.f, x.f != x.f, {x.f: 1}[x.f], x.f == x.g", { f() {}, g() {} })).toEqual([
      true,
      false,
      1,
      false,
    ]);
    expect(of("x.f == y.f, hash(x.f) == hash(y.f)", ...twoWithOneFunction())).toEqual([true, true]);
    expect(of("x.f == 5", { f() {} })).toBe(false);
  });

  it("in a class of Python's are methods: `this` is the instance", () => {
    function whole(this: { first: string }, last: string): string {
      return `${this.first} ${last}`;
    }
    const made = "type('Person', (), {'name': x, 'first': 'Ada'})()";
    expect(of(`${made}.name('Lovelace')`, whole)).toBe("Ada Lovelace");
    const bound = { first: "Grace", name: whole };
    expect(of("type('Person', (), {'name': x.name, 'first': 'Ada'})().name('H')", bound)).toBe(
      "Grace H",
    );
    expect(of("type('Person', (), {'name': x}).name is x", whole)).toBe(true);
  });
});

function twoWithOneFunction(): object[] {
  const f = (): void => {};
  return [{ f }, { f }];
}

describe("Arrays", () => {
  it("keep what a slice's assignment, reverse() and clear() do not mean", () => {
    const mixed: unknown[] = [1, undefined, 5n, null, -0];
    of("x.__setitem__(slice(0, 1), ['a', 'b'])", mixed);
    expect(mixed).toEqual(["a", "b", undefined, 5n, null, -0]);
    of("x.__delitem__(slice(None, None, -2))", mixed);
    expect(mixed).toEqual(["a", undefined, null]);
    of("x.reverse()", mixed);
    expect(mixed).toEqual([null, undefined, "a"]);
    of("x.clear()", mixed);
    expect(mixed).toEqual([]);
  });

  it("have slices as lists have them", () => {
    const same = `
import random
random.seed(1)
def number(): return random.choice([None, *range(-10, 10)])
def changed(of, where, values):
    try: of[where] = values
    except ValueError as error: return str(error)
for _ in range(200):
    mine = list(range(random.randrange(8)))
    where = slice(number(), number(), random.choice([None, 1, 2, 3, -1, -2, -3]))
    theirs = x(mine)
    assert theirs[where] == mine[where], where
    values = [random.randrange(100) for _ in range(random.choice([len(mine[where]), 3]))]
    assert changed(theirs, where, values) == changed(mine, where, values), where
    assert list(theirs) == mine, where
    del theirs[where], mine[where]
    assert list(theirs) == mine, where
return 'same'`;
    expect(ran(same, (list: Iterable<unknown>) => [...list])).toBe("same");
  });

  it("lose every other item in one pass", () => {
    const remaining = (step: string): unknown[] => {
      const array = Array.from({ length: 100 }, (_, i) => i);
      delete array[97];
      let sets = 0;
      const counting = new Proxy(array, {
        set(target, key, value) {
          sets++;
          return Reflect.set(target, key, value);
        },
      });
      ran(`del x[${step}]`, counting);
      expect(sets).toBeLessThanOrEqual(array.length + 1);
      return array;
    };
    const odd = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
    delete odd[48];
    for (const step of ["::2", "98::-2"]) expect(remaining(step)).toStrictEqual(odd);
    expect(remaining("5:5:2")).toHaveLength(100);
  });

  it("are changed in place by += and *=, also by very many items", () => {
    const array = [1, 2];
    expect(ran("y = x\ny += [3]\ny *= 2\nreturn y is x", array)).toBe(true);
    expect(array).toEqual([1, 2, 3, 1, 2, 3]);
    ran("x *= 0\nx.extend(range(25000))\nx[1:3] = range(25000)", array);
    expect(array.length).toBe(49998);
    expect([array[0], array[1], array[25000], array[25001]]).toEqual([0, 0, 24999, 3]);
  });
});

describe("Maps and Sets", () => {
  it("give a default, or a KeyError, for what pop() does not find", () => {
    const map = new Map([["a", 1]]);
    expect(of("x.pop('a'), x.pop('a', 7), x.pop('a', None)", map)).toEqual([1, 7, null]);
    expect(() => of("x.pop('a')", map)).toThrow(expect.objectContaining({ type: "KeyError" }));
    expect(
      of("(x.update({1: 2}, b=3), x.popitem(), x.setdefault('c', 4), x.clear(), len(x))[4]", map),
    ).toBe(0);
    expect(() => of("reversed(x)", map)).toThrow(/not reversible/);
  });

  it("are changed in place by |=, &=, -= and ^=", () => {
    const set = new Set([1, 2]);
    const map = new Map();
    ran("y = x\ny |= {3}\ny &= {1, 3}\ny -= {1}\ny ^= {4}\nassert y is x", set);
    ran("y = x\ny |= {1: 2}\nassert y is x", map);
    expect([set, map]).toEqual([new Set([3, 4]), new Map([[1, 2]])]);
  });
});

describe("what Python compares by content", () => {
  it("is compared so with Python's own, and with JavaScript's by identity", () => {
    const map = new Map([["a", 1]]);
    expect(
      of("x == {'a': 1}, {'a': 1} == x, x == {'a': 2}, x != {}, x == x, x == y", map, new Map(map)),
    ).toEqual([true, true, false, true, true, false]);
    expect(
      of(
        "x == {1, 2}, {1} == x, x == frozenset([2, 1]), x == y, x == [1, 2]",
        new Set([1, 2]),
        new Set([1, 2]),
      ),
    ).toEqual([true, false, true, false, false]);
    expect(
      of(
        "x == b'ab', b'a' == x, x == bytearray(b'ab'), x == y, x != b'ab'",
        Buffer.from("ab"),
        Buffer.from("ab"),
      ),
    ).toEqual([true, false, true, false, false]);
    expect(of("len({x, y, x})", map, new Set())).toBe(2);
    // Keys that no mapping of Python's has.
    expect(of("x == {1: 2}, x == {}", new Map([[py.runPython("[1]"), 2]]))).toEqual([false, false]);
  });
});

describe("objects with get(), set(), has(), delete()", () => {
  it("have items: Headers, URLSearchParams, a WeakMap", () => {
    const headers = new Headers({ "content-type": "a/b" });
    expect(
      of("x['content-type'], 'content-type' in x, 'a' in x, dict(x)['content-type']", headers),
    ).toEqual(["a/b", true, false, "a/b"]);
    expect(() => of("x['nothing']", headers)).toThrow(
      expect.objectContaining({ type: "KeyError" }),
    );
    const search = new URLSearchParams("a=1&b=2");
    ran("x['c'] = 3\ndel x['a']", search);
    expect(search.toString()).toBe("b=2&c=3");
    expect(of("'b' in x, 'a' in x, len(x), list(x)[0][0]", search)).toEqual([true, false, 2, "b"]);
    const key = {};
    expect(of("(x.__setitem__(y, 5), x[y], y in x)[1:]", new WeakMap(), key)).toEqual([5, true]);
  });

  it("say what they do not have", () => {
    const fixed = { get: (key: unknown) => (key === 1 ? null : undefined), set() {} };
    expect(of("x[1]", fixed)).toBe(null);
    expect(() => of("x[2]", fixed)).toThrow(expect.objectContaining({ type: "KeyError" }));
    expect(() => of("x.__delitem__(1)", fixed)).toThrow(/doesn't support item deletion/);
    expect(() => of("x.__setitem__(1, 2)", { delete() {} })).toThrow(/support item assignment/);
  });
});

describe("as_object_map()", () => {
  it("is of the object's own members, by their very names", () => {
    class WithMethod {
      async = 1;
      method(): void {}
    }
    const object = new WithMethod() as unknown as Record<string, unknown>;
    expect(of("'method' in (m := x.as_object_map()), 1 in m, len(m), m['async']", object)).toEqual([
      false,
      false,
      1,
      1,
    ]);
    ran(
      "m = x.as_object_map()\nm['async_'] = 2\nm['__class__'] = 3\nm['__proto__'] = 4\nm['typeof'] = 5\ndel m['async']",
      object,
    );
    expect(Object.entries(object)).toEqual([
      ["async_", 2],
      ["__class__", 3],
      ["__proto__", 4],
      ["typeof", 5],
    ]);
    expect(Object.getPrototypeOf(object)).toBe(WithMethod.prototype);
    expect(() => of("x.as_object_map().__setitem__(1, 2)", object)).toThrow(/text as names/);
    expect(() => of("x.as_object_map()[1]", object)).toThrow(
      expect.objectContaining({ type: "KeyError" }),
    );
    expect(
      of(
        "x.as_object_map().to_py() == {'async_': 2, '__class__': 3, '__proto__': 4, 'typeof': 5}",
        object,
      ),
    ).toBe(true);
  });

  it("is the object in JavaScript, and a mapping to `match`", () => {
    const object = { a: 2, b: { c: 3 } };
    expect(of("y(x.as_object_map())", object, (given: unknown) => given === object)).toBe(true);
    expect(ran("match x.as_object_map():\n    case {'a': a}: return a", object)).toBe(2);
    expect(of("x.as_object_map(hereditary=True)['b']['c']", object)).toBe(3);
    expect(() => of("x.as_object_map()['b']['c']", object)).toThrow(/not subscriptable/);
    expect(of("x.as_object_map().pop('a'), x.as_object_map().get('a', 9)", object)).toEqual([2, 9]);
  });
});

describe("iterators", () => {
  it("of both languages' kinds are told apart", async () => {
    const both = async function* (): AsyncGenerator<number, void, number> {
      let sum = 0;
      for (let i = 0; i < 3; i++) sum += (yield sum + 1) ?? 0;
    };
    py.globals.set("agen", both);
    const asked = await py.runPythonAsync(`
      from inmem.ffi import JsAsyncIterator, JsIterator
      g = agen()
      first = await anext(g)
      sent = await g.asend(5), await g.asend(7)
      try: await g.asend(1)
      except StopAsyncIteration: ended = True
      (first, sent, ended, isinstance(g, JsAsyncIterator), isinstance(g, JsIterator))`);
    expect(asked).toEqual([1, [6, 13], true, true, false]);
    await expect(py.runPythonAsync("[x async for x in agen()]")).resolves.toSatisfy(
      (list) => String(list) === "[1, 1, 1]",
    );
    expect(() => of("next(x)", both())).toThrow(/not an iterator/);
    expect(() => of("list(x)", both())).toThrow(/not iterable/);
  });

  it("athrow() and aclose() reach an asynchronous generator", async () => {
    const seen: string[] = [];
    const guarded = async function* (): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
      } catch (error) {
        seen.push(String(error).split("\n")[0] as string);
        yield 3;
      } finally {
        seen.push("finally");
      }
    };
    py.globals.set("guarded", guarded);
    const told = await py.runPythonAsync(`
      g = guarded()
      first = await anext(g), await g.athrow(ValueError('thrown'))
      await g.aclose(), await g.aclose()
      first`);
    expect([told, seen]).toEqual([
      [1, 3],
      ["PythonError: thrown", "finally"],
    ]);
  });

  it("that give no step are errors, not an iteration without an end", () => {
    const nexts = (result: unknown) => ({ next: () => result });
    expect(() => of("next(x)", nexts(2))).toThrow(/next\(\) gave 2, which is no object/);
    expect(() => of("list(x)", nexts(undefined))).toThrow(/gave undefined/);
    expect(() => of("next(x)", nexts(Promise.resolve({})))).toThrow(/gave a Promise/);
    expect(of("list(x)", nexts({ done: 1 }))).toSatisfy((list) => String(list) === "[]");
  });

  it("throw() takes a class and close() tells of one that goes on", () => {
    const goesOn = function* (): Generator<unknown> {
      try {
        yield 1;
      } finally {
        yield 2;
      }
    };
    expect(() => of("(next(x), x.throw(KeyError), next(x))", goesOn())).toThrow(
      expect.objectContaining({ type: "KeyError" }),
    );
    expect(() => of("(next(x), x.throw(KeyError, 'k'), next(x))", goesOn())).toThrow(/'k'/);
    expect(() => of("(next(x), x.close())", goesOn())).toThrow(/ignored return/);
    expect(of("x.close()", goesOn())).toBe(null);
  });
});

describe("what can be disposed of", () => {
  it("is a context manager, also where the block raises", () => {
    const log: string[] = [];
    const thing = { [Symbol.dispose]: () => void log.push("disposed") };
    ran("with x as y: assert x is y", thing);
    expect(() => ran("with x: raise ValueError('inside')", thing)).toThrow(/inside/);
    expect(log).toEqual(["disposed", "disposed"]);
  });

  it("is an asynchronous one by Symbol.asyncDispose", async () => {
    const log: string[] = [];
    py.globals.set("thing", {
      async [Symbol.asyncDispose]() {
        await undefined;
        log.push("disposed");
      },
    });
    await py.runPythonAsync("import asyncio\nasync with thing: await asyncio.sleep(0)");
    expect(log).toEqual(["disposed"]);
  });
});

describe("memory", () => {
  it("is a sequence of its elements, an ArrayBuffer of bytes", () => {
    const array = new Int16Array([5, 7, 5]);
    expect(
      of("len(x), bool(x), x.index(7), x.count(5), 7 in x, list(reversed(x))[0]", array),
    ).toEqual([3, true, 1, 2, true, 5]);
    expect(ran("match x:\n    case [first, *rest]: return first, len(rest)", array)).toEqual([
      5, 2,
    ]);
    expect(
      of("len(x), bool(x), len(y), bool(y)", new ArrayBuffer(0), new DataView(new ArrayBuffer(3))),
    ).toEqual([0, false, 3, true]);
    expect(() => of("x.__delitem__(0)", array)).toThrow(/doesn't support item deletion/);
  });
});
