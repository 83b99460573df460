// test/bridge/proxy-protocols.test.ts: proxies where JavaScript's rules meet Python's: names, arrays, methods, numbers.
import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import type { PyCallable, PyDict, PyGenerator, PyList, PyProxy } from "../../lib/index.js";
import { api } from "../helpers/python.js";

const py = await api.start();

function run<T = PyProxy & Record<string, unknown>>(code: string): T {
  return py.runPython(code) as T;
}

describe("names that the proxy has itself", () => {
  it("cannot be written: what was written would never be read", () => {
    const thing = run("type('Thing', (), {})()");
    for (const name of ["type", "copy", "toJs", "then"]) {
      expect(() => Reflect.set(thing, name, 1)).toThrow(new RegExp(`expected \\$${name} for`));
      expect(() => Reflect.deleteProperty(thing, name)).toThrow(/cannot be deleted/);
    }
    thing["$type"] = "kind";
    thing["get"] = 5; // nothing to get of it
    expect(py.py`(${thing}.type, ${thing}.get)`).toEqual(["kind", 5]);
    expect(() => Reflect.set(run("[1]"), "length", 0)).toThrow(/length cannot be set/);
  });

  it("are told by `in` where reading gives something", () => {
    const list = run("[1]");
    expect(["then", "map", "push", "toJs", "append", "nothing"].map((n) => n in list)).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
    const lambda = run("lambda: 1");
    expect(["call", "bind", "name", "then"].map((name) => name in lambda)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect("then" in run("__import__('asyncio').sleep(0)")).toBe(true);
  });

  it("are no properties that stay for ever", () => {
    const thing = run("type('Thing', (), {})()");
    expect(Reflect.defineProperty(thing, "a", { value: 1, configurable: false })).toBe(false);
    expect(Reflect.defineProperty(thing, "a", { value: 1, configurable: true })).toBe(true);
    expect(thing["a"]).toBe(1);
  });
});

describe("Array's methods that change", () => {
  const both = (items: unknown[], change: (array: unknown[]) => unknown): void => {
    const list = py.toPy(items) as PyList;
    const array = [...items];
    const expected = change(array);
    const found = change(list as unknown as unknown[]);
    expect(found === list ? array : found).toEqual(expected);
    expect(list.toJs()).toEqual(array);
  };

  it("do to a list what they do to an Array", () => {
    const letters = ["a", "b", "c", "d", "e"];
    both([4, 5], (array) => [array.push(1, 2, 3), array.push()]);
    both([4, 5], (array) => [array.unshift(1, 2), array.shift(), array.shift()]);
    both([], (array) => array.shift());
    both([], (array) => array.push(...Array<number>(50_000).fill(1)));
    both(letters, (array) => array.splice("1" as never, undefined as never, "x"));
    both(letters, (array) => array.fill("x", undefined, "2" as never));
    for (const args of [
      [2, 0, "x", "y"],
      [3, 1],
      [0, 2, "x", "y", "z"],
      [-2, 1],
      [2],
      [],
      [9, 1, "x"],
    ]) {
      both(letters, (array) => (array.splice as (...args: unknown[]) => unknown)(...args));
    }
    for (const args of [[-2], [0, 3], [0, 3, 4], [-2, -3, -1], [1, Number.NaN]]) {
      both(letters, (array) => (array.copyWithin as (...args: unknown[]) => unknown)(...args));
    }
    for (const args of [["x"], ["x", 1], ["x", 1, 3], ["x", -2, Number.POSITIVE_INFINITY]]) {
      both(letters, (array) => (array.fill as (...args: unknown[]) => unknown)(...args));
    }
  });

  it("keep objects what they are, and do with deques and arrays, too", () => {
    const list = run<PyList>("inner = [1]\n[inner, 2]");
    expect(list.splice(0, 1)[0]).toBe(run("inner"));
    const deque = run<PyList>("import collections\ncollections.deque([1, 2])");
    expect([deque.push(3), deque.shift(), deque.unshift(0), [...deque]]).toEqual([
      3,
      1,
      3,
      [0, 2, 3],
    ]);
    expect(() => run<PyList>("range(3)").push(1)).toThrow(/has no attribute 'append'/);
  });

  it("change a list once for all the items that come and go", () => {
    const list = run<PyList & { changes: number }>(`
class Counting(list):
    changes = 0
    def insert(self, at, value):
        self.changes += 1
        super().insert(at, value)
    def __setitem__(self, at, value):
        self.changes += 1
        super().__setitem__(at, value)
    def __delitem__(self, at):
        self.changes += 1
        super().__delitem__(at)
Counting(range(100))`);
    expect(list.splice(10, 80)).toHaveLength(80);
    expect(list.unshift(...Array<number>(50).fill(1))).toBe(70);
    expect(list.changes).toBe(2);
  });

  it("spread where Arrays do", () => {
    expect([0].concat(run<never>("[1, 2]"), 3)).toEqual([0, 1, 2, 3]);
    expect(run<PyList>("[1]").concat(run<never>("[2]"))).toEqual([1, 2]);
  });
});

describe("bytes that can change", () => {
  it("are a sequence, too", () => {
    const bytes = run<PyList<number>>("bytearray(b'abc')");
    bytes[0] = 65;
    expect([bytes[0], bytes[9], bytes.push(68), bytes.map((byte) => byte + 1)]).toEqual([
      65,
      undefined,
      4,
      [66, 99, 100, 69],
    ]);
    expect(run("type('Bytes', (bytes,), {})(b'ab')")[1]).toBe(98);
  });
});

describe("what has items and a length", () => {
  it("has them by number, whether or not it says that it is a sequence", () => {
    const made = run<PyList>(
      "class Row:\n  def __init__(self): self.all = [5, 6]\n  def __len__(self): return 2\n  def __getitem__(self, at): return self.all[at]\n  def __setitem__(self, at, value): self.all[at] = value\nRow()",
    );
    made[1] = 7;
    expect([made[0], made[1], made[2], 1 in made, 2 in made]).toEqual([
      5,
      7,
      undefined,
      true,
      false,
    ]);
    expect(run<PyList>("{0: 1}")[0]).toBe(undefined); // a dict's keys are not numbers of items
  });
});

describe("bound methods", () => {
  it("are one proxy while there is one: a listener can be taken away", () => {
    const counter = run(
      "class Counter:\n  def __init__(self): self.n = 0\n  def on(self, *_): self.n += 1\nCounter()",
    );
    const emitter = new EventEmitter();
    emitter.on("x", counter["on"] as () => void);
    emitter.emit("x");
    emitter.off("x", counter["on"] as () => void);
    emitter.emit("x");
    expect(counter["n"]).toBe(1);
    const [first, second, ofOther] = [counter, counter, run("Counter()")].map((it) => it["on"]);
    expect([first === second, first === ofOther]).toEqual([true, false]);
    const list = run<PyList>("[]");
    const [append, again, extend] = ["append", "append", "extend"].map((name) =>
      Reflect.get(list, name),
    );
    expect([append === again, append === extend]).toEqual([true, false]);
    (counter["on"] as unknown as PyProxy).destroy();
    (counter["on"] as () => void)();
    expect(counter["n"]).toBe(2);
  });
});

describe("callables as JavaScript calls them", () => {
  it("callRelaxed() leaves out what there are no parameters for", () => {
    const two = run<PyCallable>("lambda x=2, y=3, *, z=4: (x, y, z)");
    expect([two.callRelaxed(), two.callRelaxed(1), two.callRelaxed(1, 2, 3, 4)]).toEqual([
      [2, 3, 4],
      [1, 3, 4],
      [1, 2, 4],
    ]);
    expect(run<PyCallable>("lambda *all: len(all)").callRelaxed(1, 2, 3)).toBe(3);
    expect(
      ["a", "b"].map((...given) => run<PyCallable>("lambda x: x * 2").callRelaxed(...given)),
    ).toEqual(["aa", "bb"]);
  });

  it("captureThis() gives `this` as the first argument", () => {
    const object = {
      a: 7,
      get: run<PyCallable>("lambda self, name: getattr(self, name)").captureThis(),
    };
    expect(object.get("a")).toBe(7);
  });

  it("callWithOptions() has no other options than it has", () => {
    const call = run<PyCallable>("lambda x: x");
    expect(() => call.callWithOptions({ timout: 5 } as never, 1)).toThrow(/unknown option timout/);
    expect(() => call.callAsyncWithOptions({ kwargs: true } as never, 1)).toThrow(
      /unknown option kwargs/,
    );
  });

  it("kwargs() is the last argument or an error", () => {
    const all = run<PyCallable>("lambda *a, **k: (a, tuple(k.items()))");
    const { kwargs } = api;
    expect(all.callKwargs(1, kwargs({ a: 2 }))).toEqual([[1], [["a", 2]]]);
    expect(() => all(kwargs({ a: 2 }), 1)).toThrow(/kwargs\(\{...\}\) is the last argument/);
    expect(() => py.toPy([kwargs({ a: 2 })])).toThrow(/kwargs\(\{...\}\)/);
  });
});

describe("generators", () => {
  const made = (name: string) => run<PyGenerator>(`${name}()`);

  it("that yield in `finally` have not ended by return()", () => {
    run("def goes_on():\n  try:\n    yield 1\n  finally:\n    yield 2\n    return 3");
    const goesOn = made("goes_on");
    expect([goesOn.next(), goesOn.return(9), goesOn.next(), goesOn.return(9)]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: 3 },
      { done: true, value: 9 },
    ]);
    run("def says():\n  try:\n    yield 1\n  except GeneratorExit:\n    return 'bye'");
    const says = made("says");
    expect([says.next(), says.return(9)]).toEqual([
      { done: false, value: 1 },
      { done: true, value: "bye" },
    ]);
    const token = { a: 1 };
    expect(made("says").return(token).value).toBe(token);
  });

  it("likewise asynchronous ones", async () => {
    run("async def agen():\n  try:\n    yield 1\n  finally:\n    yield 2");
    const agen = run<AsyncGenerator<unknown, unknown>>("agen()");
    expect([await agen.next(), await agen.return(9), await agen.next()]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
    ]);
    expect(await run<AsyncGenerator<unknown, unknown>>("agen()").return(9)).toEqual({
      done: true,
      value: 9,
    });
  });

  it("and iterators need no `__iter__` for JavaScript's loops", () => {
    const bare = run<Iterable<number>>(
      "class Bare:\n  def __next__(self):\n    self.n = getattr(self, 'n', 0) + 1\n    if self.n > 2: raise StopIteration\n    return self.n\nBare()",
    );
    expect([...bare]).toEqual([1, 2]);
  });
});

describe("values", () => {
  it("that are numbers are so in sums, not text", () => {
    const { Decimal } = py.pyimport<{ Decimal: (text: string) => number }>("decimal");
    expect([Decimal("1.5") + 1, Decimal("10") > Decimal("9"), `${Decimal("1.10")}`]).toEqual([
      2.5,
      true,
      "1.10",
    ]);
    expect([run<string>("[1]"), "x"].reduce((text, more) => text + more)).toBe("[1]x");
  });

  it("of dicts that keep their own order, or their items elsewhere, are copied as they tell them", () => {
    const moved = run(
      "import collections\nod = collections.OrderedDict(a=1, b=2)\nod.move_to_end('a')\nod",
    );
    expect([...(moved.toJs() as Map<string, number>)]).toEqual([
      ["b", 2],
      ["a", 1],
    ]);
    const chained = run("type('Chained', (collections.ChainMap, dict), {})({'a': 'b'})");
    expect(chained.toJs()).toEqual(new Map([["a", "b"]]));
    const wrong = run("type('Wrong', (dict,), {'items': lambda self: [1]})(a=1)");
    expect(() => wrong.toJs()).toThrow(/which is no pair/);
  });

  it("are not lost in JSON", () => {
    expect(() => JSON.stringify(run("{1: 'a', '1': 'b'}"))).toThrow(
      /two keys of a dict would be the same/,
    );
    expect(() => run("{1: 'a', '1': 'b'}").toJs({ dict_converter: Object.fromEntries })).toThrow(
      /would be the same/,
    );
    const date = "datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC)";
    const stringify = (code: string) => JSON.stringify(run(`import datetime\n${code}`));
    expect(stringify(date)).toBe('"2024-01-02T00:00:00.000Z"');
    expect(stringify(`[${date}]`)).toBe('["2024-01-02T00:00:00.000Z"]');
    expect(() => stringify("[datetime.date(2024, 1, 2)]")).toThrow(
      /type date has no conversion to JSON/,
    );
    expect(JSON.stringify(run("{1: 'a', None: (1, 2)}"))).toBe('{"1":"a","null":[1,2]}');
  });

  it("JsBigInt() is a BigInt in JavaScript", () => {
    const code = "from inmem.ffi import JsBigInt, to_js\nfrom js import BigInt64Array, BigInt\n";
    expect(
      run(`${code}list(BigInt64Array.new(to_js([JsBigInt(5), JsBigInt(-2**62)])))`).toJs(),
    ).toEqual([5, -(2n ** 62n)]);
    expect(
      run<PyCallable>("lambda f: f(JsBigInt(7), (JsBigInt(-7),), JsBigInt(2**70))")(
        (...given: unknown[]) => given.flat().every((v) => typeof v === "bigint"),
      ),
    ).toBe(true);
    expect(run("BigInt.asUintN(8, JsBigInt(300))")).toBe(44);
  });
});

describe("globals", () => {
  it("have the builtin names, as code sees them", () => {
    expect(String(py.globals.get("len"))).toBe("<built-in function len>");
    expect([py.globals.has("len"), py.globals.has("no_such_name")]).toEqual([true, false]);
    expect(py.globals.get("no_such_name")).toBe(undefined);
    run("len = 5");
    expect(py.globals.get("len")).toBe(5);
    py.globals.delete("len");
    expect(() => py.globals.delete("len")).toThrow(/KeyError|len/);
    expect((py.toPy({}) as PyDict).has("len")).toBe(false);
  });
});

describe("templates", () => {
  it("do not assign to values", () => {
    expect(() => py.py`${1} = 2`).toThrow(/value 0 of the template cannot be assigned to/);
    expect(() => py.py`for ${1} in [2]: pass`).toThrow(/cannot be assigned to/);
    expect(() => py.py`del ${1}`).toThrow(/cannot be assigned to or deleted/);
    const list = run<PyList>("[1]");
    py.py`${list} += [2]`;
    expect([...list]).toEqual([1, 2]);
  });
});

describe("what has no such protocol", () => {
  it("says so in words", () => {
    expect(() => py.with(run<never>("[1]"), () => 1)).toThrow(
      /'list' object is no context manager/,
    );
  });

  it("functions can be modules, too", () => {
    py.registerJsModule(
      "function_of_js",
      Object.assign(() => 1, { extra: 2 }),
    );
    expect(run("import function_of_js\nfunction_of_js.extra")).toBe(2);
    py.unregisterJsModule("function_of_js");
  });

  it("`constructor` of an instance is its class", () => {
    class Derived extends (run("object") as unknown as new () => object) {}
    expect(new Derived().constructor).toBe(Derived);
  });
});
