// test/bridge/js-in-python.test.ts: JavaScript objects in Python: attributes, calls, protocols, errors.
import { describe, expect, it } from "vitest";
import type { PythonError } from "../../lib/index.js";
import { api } from "../helpers/python.js";

type Call = (...args: unknown[]) => unknown;

const py = await api.start();

/** Calls a Python function of one expression over `x`. */
function of(expression: string, ...values: unknown[]): unknown {
  const names = ["x", "y", "z"].slice(0, values.length).join(", ");
  return (py.runPython(`lambda ${names}: (${expression})`) as Call)(...values);
}

describe("attributes", () => {
  it("are got, set, deleted and asked for", () => {
    const object: Record<string, unknown> = { a: 1, b: undefined };
    expect(of("x.a", object)).toBe(1);
    expect(of("x.b", object)).toBe(null);
    expect(of("getattr(x, 'missing', 'default')", object)).toBe("default");
    expect(() => of("x.missing", object)).toThrow(/AttributeError|no 'missing'/);
    of("setattr(x, 'c', [1])", object);
    expect(String(object["c"])).toBe("[1]");
    of("delattr(x, 'a')", object);
    expect("a" in object).toBe(false);
    expect(of("hasattr(x, 'a'), hasattr(x, 'c'), 'c' in dir(x)", object)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("that cannot be set are errors", () => {
    expect(() => of("setattr(x, 'a', 1)", Object.freeze({}))).toThrow(/cannot be set/);
  });

  it("that are methods keep their object", () => {
    const counter = {
      count: 0,
      add(by: number) {
        this.count += by;
        return this.count;
      },
    };
    expect(of("[add := x.add, add(2), add(3)][-1]", counter)).toBe(5);
    const { add } = counter;
    expect(of("x.add", counter)).toBe(add);
  });
});

describe("Maps and Sets asked for what crosses as a copy", () => {
  it("find what equals a tuple, bytes or a frozenset", () => {
    const map = new Map<unknown, unknown>([
      [[1, ["a"]], "list"],
      [new Uint8Array([97]), "bytes"],
      [new Set([1, 2]), "set"],
    ]);
    expect(of("(x[(1, ('a',))], x[b'a'], x[frozenset([2, 1])])", map)).toEqual([
      "list",
      "bytes",
      "set",
    ]);
    expect(of("((1,) in x, (1, ('b',)) in x, b'b' in x, frozenset() in x)", map)).toEqual(
      Array(4).fill(false),
    );
    expect(of("x.pop((1, ('a',)))", map)).toBe("list");
    expect(map.size).toBe(2);
  });

  it("have one of each", () => {
    const map = new Map();
    expect(of("[x.__setitem__((1, 2), i) for i in 'ab'] and x[(1, 2)]", map)).toBe("b");
    expect([...map]).toEqual([[[1, 2], "b"]]);
    const set = new Set();
    expect(of("[x.add((1,)) for i in 'ab'] and (len(x), (1,) in x)", set)).toEqual([1, true]);
    expect(of("x.discard((1,)) or len(x)", set)).toBe(0);
  });

  it("keep the identity of objects of JavaScript", () => {
    const key = [1];
    const map = new Map([[key, "mine"]]);
    expect(of("(x[y], z in x)", map, key, [1])).toEqual(["mine", false]);
    expect(of("[x[key] for key in x][0]", map)).toBe("mine");
  });
});

describe("functions and classes", () => {
  it("are called, with keywords as a last object", () => {
    expect(of("x(1, 2)", (a: number, b: number) => a + b)).toBe(3);
    expect(of("x(1, b=2)", (a: number, { b }: { b: number }) => [a, b].join())).toBe("1,2");
    expect(of("callable(x), callable(y)", () => 1, {})).toEqual([true, false]);
  });

  it("are made with new, and known to isinstance", () => {
    class Point {
      constructor(
        readonly x: number,
        readonly y: number,
      ) {}
    }
    const point = of("x.new(1, 2)", Point);
    expect(point).toBeInstanceOf(Point);
    expect(of("isinstance(y, x), isinstance(1, x)", Point, point)).toEqual([true, false]);
  });

  it("may be many arguments, of all kinds", () => {
    const args = Array.from({ length: 20 }, (_, i) => i);
    expect(of("x(*range(20))", (...given: number[]) => given.join())).toBe(args.join());
    expect(of("x((1, 2), b'a', frozenset([3]))", (...given: unknown[]) => given)).toEqual([
      [1, 2],
      new Uint8Array([97]),
      new Set([3]),
    ]);
  });
});

describe("identity", () => {
  it("is kept on the way there and back", () => {
    const object = {};
    expect(of("x", object)).toBe(object);
    expect(of("x is y", object, object)).toBe(true);
    expect(of("x is y", object, {})).toBe(false);
    const list = py.toPy([1]);
    expect((of("lambda f: f(x)", list) as Call)((same: unknown) => same === list)).toBe(true);
  });
});

describe("collections", () => {
  it("Arrays are mutable sequences", () => {
    const array = [3, 1, 2];
    expect(
      of("len(x), x[0], x[-1], list(x[1:]), 2 in x, x.index(2), list(reversed(x))", array),
    ).toMatchObject({
      0: 3,
      1: 3,
      2: 2,
      4: true,
      5: 2,
    });
    expect(() => of("x[3]", array)).toThrow(/out of range/);
    of("(x.append(9), x.insert(0, 'first'), x.extend([7]))", array);
    expect(array).toEqual(["first", 3, 1, 2, 9, 7]);
    of("[x.pop(), x.__delitem__(0), x.__setitem__(0, None), x.__delitem__(slice(1, 3))]", array);
    expect(array).toEqual([null, 9]);
    expect(of("sorted(x)", [3, 1, 2])).toMatchObject({ length: 3 });
    expect(of("__import__('json').dumps(list(x))", [1, "a", null])).toBe('[1, "a", null]');
    expect(of("isinstance(x, __import__('collections').abc.MutableSequence)", array)).toBe(true);
  });

  it("Maps are mutable mappings", () => {
    const map = new Map<unknown, unknown>([["a", 1]]);
    expect(of("x['a'], x.get('b', 2), len(x), 'a' in x, tuple(x), tuple(x.items())", map)).toEqual([
      1,
      2,
      1,
      true,
      ["a"],
      [["a", 1]],
    ]);
    expect(() => of("x['b']", map)).toThrow(/'b'/);
    of("(x.update({'c': 3}), x.pop('a'), x.setdefault('d', 4))", map);
    expect([...map]).toEqual([
      ["c", 3],
      ["d", 4],
    ]);
    expect(of("dict(**x)['c']", map)).toBe(3);
  });

  it("Sets are sets", () => {
    const set = new Set([1, 2]);
    expect(of("1 in x, len(x), tuple(x)", set)).toEqual([true, 2, [1, 2]]);
    of("(x.add(3), x.discard(1), x.remove(2))", set);
    expect([...set]).toEqual([3]);
    expect(() => of("x.remove(5)", set)).toThrow(/5/);
  });

  it("objects have a mapping of their own members", () => {
    const object = { a: 1, b: 2 };
    expect(of("dict(x.as_object_map()) == {'a': 1, 'b': 2}", object)).toBe(true);
    expect(of("x.object_keys(), x.object_values(), x.object_entries()", object)).toEqual([
      ["a", "b"],
      [1, 2],
      [
        ["a", 1],
        ["b", 2],
      ],
    ]);
  });

  it("iterables and generators are iterated", () => {
    function* numbers(): Generator<number, string, number> {
      const sent = yield 1;
      yield sent * 2;
      return "end";
    }
    expect(of("tuple(x)", numbers())).toEqual([1, Number.NaN]); // next() sends undefined
    expect(of("(next(x), x.send(21))", numbers())).toEqual([1, 42]);
    let closed = false;
    const closing = (function* () {
      try {
        yield 1;
      } finally {
        closed = true;
      }
    })();
    of("(next(x), x.close())", closing);
    expect(closed).toBe(true);
    expect(
      of("sum(x)", {
        *[Symbol.iterator]() {
          yield* [1, 2];
        },
      }),
    ).toBe(3);
  });
});

describe("text", () => {
  it("is JavaScript's", () => {
    expect(of("str(x)", { toString: () => "named" })).toBe("named");
    expect(of("repr(x)", { a: [1] })).toBe("{ a: [ 1 ] }");
    expect(of("str(x)", Object.create(null))).toBe("[object Object]");
    expect(of("x.typeof, type(x).__name__", () => 1)).toEqual(["function", "JsCallable"]);
    expect(of("type(x).__name__", [])).toBe("JsArray");
  });
});

describe("inmem.ffi", () => {
  it("copies both ways and makes proxies", () => {
    py.runPython("from inmem.ffi import to_js, create_proxy, create_once_callable, to_py, JsProxy");
    expect(py.runPython("to_js({'a': [1, {2}]})")).toEqual(new Map([["a", [1, new Set([2])]]]));
    expect(of("to_py(x) == {'a': [1, None]}", { a: [1, null] })).toBe(true);
    py.runPython("same = []; proxy = create_proxy(same)");
    expect(py.runPython("isinstance(proxy, JsProxy)")).toBe(true);
    const once = py.runPython("create_once_callable(lambda: 5)") as Call;
    expect(once()).toBe(5);
    expect(() => once()).toThrow(/destroyed/);
  });

  it("has globalThis as the module js", () => {
    expect(py.runPython("import js; js.Math.max(1, 5, 3)")).toBe(5);
    expect(py.runPython("from js import JSON; JSON.stringify(to_js([1, 'a']))")).toBe('[1,"a"]');
    expect(py.runPython("js.Date.new(0)")).toEqual(new Date(0));
    expect(() => py.runPython("js.no_such_thing")).toThrow(/no_such_thing/);
  });

  it("imports what JavaScript registered", () => {
    py.registerJsModule("settings_of_js", { depth: 3, add: (a: number, b: number) => a + b });
    expect(py.runPython("from settings_of_js import depth, add; add(depth, 1)")).toBe(4);
    py.unregisterJsModule("settings_of_js");
    expect(() => py.runPython("import settings_of_js")).toThrow(/No module/);
    expect(() => py.unregisterJsModule("json")).toThrow(/not a module/);
  });
});

describe("errors", () => {
  it("of JavaScript are JsException, with the stack, and the same again", () => {
    const error = new RangeError("too much");
    const fail = () => {
      throw error;
    };
    py.runPython("from inmem.ffi import JsException");
    const caught = py.runPython(`
def caught(f):
    try:
        f()
    except JsException as e:
        return e.js_error, str(e), e.js_error.name, "".join(__import__("traceback").format_exception(e))
caught`) as Call;
    const [same, text, name, trace] = caught(fail) as [unknown, string, string, string];
    expect(same).toBe(error);
    expect(text).toBe("RangeError: too much");
    expect(name).toBe("RangeError");
    expect(trace).toMatch(/--- JavaScript ---\n *RangeError: too much\n *at .*js-in-python/s);
    let thrown: unknown;
    try {
      (py.runPython("lambda f: f()") as Call)(fail);
    } catch (again) {
      thrown = again;
    }
    expect(thrown).toBe(error);
  });

  it("of Python have both stacks, cause, group, and are the same exception again", () => {
    let error: PythonError | undefined;
    py.runPython(`
def inner():
    raise KeyError("k")
def outer():
    try:
        inner()
    except KeyError as e:
        raise ValueError("outer") from e
`);
    try {
      (py.globals.get("outer") as Call)();
    } catch (caught) {
      error = caught as PythonError;
    }
    expect(error).toBeInstanceOf(api.PythonError);
    expect(error).toMatchObject({
      type: "ValueError",
      message: "outer",
      cause: { type: "KeyError" },
    });
    expect(error?.stack).toMatch(/at .*js-in-python.*--- Python ---.*in outer/s);
    const again = py.runPython(`
def again(f):
    try:
        f()
    except ValueError as e:
        return type(e.__cause__).__name__
again`) as Call;
    expect(
      again(() => {
        throw error;
      }),
    ).toBe("KeyError");
    try {
      py.runPython("raise ExceptionGroup('two', [ValueError('a'), TypeError('b')])");
    } catch (caught) {
      error = caught as PythonError;
    }
    expect((error as unknown as AggregateError).errors.map((part: Error) => part.message)).toEqual([
      "a",
      "b",
    ]);
  });

  it("that are no errors are kept as the cause", () => {
    const thrown = (value: unknown) => {
      throw value;
    };
    expect(() => (py.runPython("lambda f: f()") as Call)(() => thrown("text"))).toThrow("text");
  });

  it("that end programs reach the caller", () => {
    expect(() => py.runPython("raise SystemExit(3)")).toThrow(
      expect.objectContaining({ type: "SystemExit", message: "3" }),
    );
    expect(() => py.runPython("raise KeyboardInterrupt")).toThrow(
      expect.objectContaining({ type: "KeyboardInterrupt" }),
    );
  });
});
