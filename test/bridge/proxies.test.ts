// test/bridge/proxies.test.ts: what JavaScript can do with Python objects.
import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import type { PyCallable, PyContextManager, PyGenerator, PyProxy } from "../../lib/index.js";
import { api } from "../helpers/python.js";

const py = await api.start();
const { kwargs } = api;

type Any = PyProxy & { [name: string]: unknown };
type Call = (...args: unknown[]) => unknown;
const python = <T = Any>(code: string): T => py.runPython(code) as T;

describe("attributes and items", () => {
  it("reads, writes, deletes and tells attributes", () => {
    const object = python("class A: pass\na = A(); a.x = 1; a");
    expect(object["x"]).toBe(1);
    object["y"] = [1];
    expect(python<Call>("lambda a: a.y")(object)).toEqual([1]);
    expect("y" in object).toBe(true);
    expect(delete object["y"]).toBe(true);
    expect("y" in object).toBe(false);
    expect(object["y"]).toBeUndefined();
    expect(Object.keys(object)).toContain("x");
    expect(Object.keys(object)).not.toContain("__class__");
  });

  it("raises what an attribute raises, but not that it is missing", () => {
    const object = python("class B:\n  @property\n  def x(self): raise ValueError('no')\nB()");
    expect(() => object["x"]).toThrow(/no/);
  });

  it("reaches with a $ what a member of the proxy hides", () => {
    const array = python("[3]");
    expect(array["copy"]).not.toBe(array["$copy"]);
    expect((array["$copy"] as Call)()).not.toBe(array);
  });

  it("treats a list as an array that reads", () => {
    const list = python<Any & number[]>("numbers = [5, 6, 7]; numbers");
    expect([list[0], list[2], list[3], list.length]).toEqual([5, 7, undefined, 3]);
    list[1] = 60;
    expect(python("numbers[1]")).toBe(60);
    expect(0 in list).toBe(true);
    expect(3 in list).toBe(false);
    expect([...list]).toEqual([5, 60, 7]);
    const seen: unknown[] = [];
    list.forEach((item, index, all) => {
      seen.push(item, index, all === list);
    });
    expect(seen).toEqual([5, 0, true, 60, 1, true, 7, 2, true]);
    expect(list.map((x) => x + 1)).toEqual([6, 61, 8]);
    expect(list.filter((x) => x < 10)).toEqual([5, 7]);
    expect(list.reduce((a, b) => a + b)).toBe(72);
    expect([list.at(-1), list.join("-"), list.slice(1), list.indexOf(7)]).toEqual([
      7,
      "5-60-7",
      [60, 7],
      2,
    ]);
    expect(list.includes(60)).toBe(true);
    expect(Object.keys(list).slice(0, 3)).toEqual(["0", "1", "2"]);
    expect((list["index"] as unknown as Call)(7)).toBe(2); // Python's own
    list.pop();
    expect(list.length).toBe(2);
    expect(() => (list["get"] as unknown as Call)(9)).toThrow(/out of range/);
  });

  it("reads tuples of numbers, words and lists alike", () => {
    const list = python<Any & unknown[]>("[1, 2, 3, 4, 'a', 5.5, 2**70, None, [1], 1, 2, 3, 4]");
    expect(list.slice(0, 8)).toEqual([1, 2, 3, 4, "a", 5.5, 2n ** 70n, null]);
    expect(list.slice(9)).toEqual([1, 2, 3, 4]);
  });

  it("treats a dict as a map", () => {
    const dict = python<Any & Map<unknown, unknown>>("d = {'a': None, (1, 2): 3}; d");
    expect(dict.get("a")).toBeNull();
    expect(dict.get("b")).toBeUndefined();
    expect(dict.has("a")).toBe(true);
    expect((dict as unknown as { length: number }).length).toBe(2);
    dict.set("b", 5);
    expect(python("d['b']")).toBe(5);
    dict.delete("b");
    expect(dict.has("b")).toBe(false);
    expect(() => dict.delete("b")).toThrow(/b/);
    expect([...(dict["items"] as unknown as () => Iterable<unknown>)()]).toEqual([
      ["a", null],
      [[1, 2], 3],
    ]);
    expect([...(dict as unknown as Iterable<unknown>)]).toEqual(["a", [1, 2]]);
  });

  it("asks what Python's `in` asks", () => {
    expect((python("{1, 2}")["has"] as Call)(2)).toBe(true);
    expect((python("range(0, 10, 2)")["has"] as Call)(3)).toBe(false);
  });
});

describe("an attribute that is computed", () => {
  it("and raises AttributeError is an error; what is not there is undefined", () => {
    const made = python(`
import functools
class Computed:
    __slots__ = ("unset", "__dict__")
    @property
    def wrong(self): return self.nothing
    @functools.cached_property
    def late(self): return self.nothing
    def __getattr__(self, name): raise AttributeError(name)
Computed()`);
    expect(() => made["wrong"]).toThrow(/wrong|nothing/);
    expect(() => made["late"]).toThrow(/late|nothing/);
    expect(made["unset"]).toBe(undefined);
    expect(made["other"]).toBe(undefined);
    expect(["wrong" in made, "other" in made]).toEqual([false, false]); // as hasattr() has it
  });
});

describe("calls", () => {
  it("takes keyword arguments in both forms", () => {
    const f = python<PyCallable>(
      "def f(a, b=2, *args, **kw): return (a, b, args, tuple(kw.items()))\nf",
    );
    expect(f(1, kwargs({ b: 5, c: 6 }))).toEqual([1, 5, [], [["c", 6]]]);
    expect(f.callKwargs(1, { b: 5 })).toEqual([1, 5, [], []]);
    expect(f(kwargs({ a: 1, ["__proto__"]: 2 }))).toEqual([1, 2, [], [["__proto__", 2]]]);
    expect(f(1, {})).toBeDefined(); // an object is an argument like any other
    expect(() => f.callKwargs(1)).toThrow(TypeError);
    expect(() => kwargs([1] as object)).toThrow(/not an iterable/);
    expect(() => f(kwargs({ b: 1 }), 5)).not.toThrow(SyntaxError);
  });

  it("takes more than eight arguments", () => {
    const f = python<Call>("lambda *a: sum(a)");
    expect(f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)).toBe(55);
  });

  it("is a function to JavaScript", () => {
    const f = python<PyCallable & ((...args: unknown[]) => unknown)>(
      "def twice(x): return 2 * x\ntwice",
    );
    expect(typeof f).toBe("function");
    expect(f.call(null, 2)).toBe(4);
    expect(f.apply(null, [3])).toBe(6);
    expect(f.bind(null, 4)()).toBe(8);
    expect(f.name).toBe("twice");
    expect([1, 2].map((x) => f(x))).toEqual([2, 4]);
  });

  it("handles events", () => {
    const emitter = new EventEmitter();
    const seen = python<Any & unknown[]>("seen = []; seen");
    const handler = python<(...args: unknown[]) => void>("lambda *a: seen.append(a)");
    emitter.on("it", handler);
    emitter.emit("it", 1, "a");
    emitter.off("it", handler);
    emitter.emit("it", 2);
    expect([...seen]).toEqual([[1, "a"]]);
  });

  it("makes instances with and without new", () => {
    const Fraction = python<(new (...args: unknown[]) => Any) & Call>(
      "import fractions; fractions.Fraction",
    );
    const third = new Fraction(1, 3);
    expect(third["denominator"]).toBe(3);
    expect(third instanceof Fraction).toBe(true);
    expect(python("[]") instanceof Fraction).toBe(false);
    const int = python<new (text: string) => unknown>("int");
    expect(() => new int("5")).toThrow(TypeError);
  });
});

describe("iterators", () => {
  it("drives generators: next, throw, return", () => {
    const start = python<() => PyGenerator<unknown, unknown, unknown>>(`
def g():
  got = []
  while len(got) < 3:
    try:
      got.append((yield len(got)))
    except ValueError as error:
      got.append(str(error))
  return tuple(got)
g`);
    const g = start();
    expect(g.next()).toEqual({ done: false, value: 0 });
    expect(g.next("a")).toEqual({ done: false, value: 1 });
    const ValueError = python<(text: string) => unknown>("ValueError");
    expect(g.throw(ValueError("thrown"))).toEqual({ done: false, value: 2 });
    expect(g.next(null)).toEqual({ done: true, value: ["a", "thrown", null] });
    expect(g.next()).toEqual({ done: true, value: undefined });
  });

  it("ends a generator that a loop leaves", () => {
    const g = python<PyGenerator<number>>(`
closed = []
def h():
  try:
    yield from range(10)
  finally:
    closed.append(True)
h()`);
    for (const x of g) if (x === 2) break;
    expect(python("len(closed)")).toBe(1);
  });

  it("gives JavaScript's error into a generator, and the same out of it", () => {
    const g = python<PyGenerator>("def k():\n  yield 1\nk()");
    g.next();
    const error = new RangeError("mine");
    let caught: unknown;
    try {
      g.throw(error);
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBe(error);
  });

  it("passes on what a generator raises in the middle", () => {
    const g = python<Iterable<number>>("def bad():\n  yield 1\n  raise KeyError('middle')\nbad()");
    expect(() => [...g]).toThrow(/middle/);
  });
});

describe("with", () => {
  const Manager = python<(keeps: boolean) => PyContextManager<string> & Any>(`
class Manager:
  def __init__(self, keeps): self.keeps = keeps; self.log = []
  def __enter__(self): self.log.append('enter'); return 'value'
  def __exit__(self, kind, error, tb):
    self.log.append(kind and kind.__name__); self.error = error
    return self.keeps
Manager`);
  const log = (manager: Any): unknown => (manager["log"] as PyProxy).toJs();

  it("enters, gives the value, and leaves", () => {
    const manager = Manager(false);
    expect(py.with(manager, (value) => `${value}!`)).toBe("value!");
    expect(log(manager)).toEqual(["enter", null]);
  });

  it("gives __exit__ the error, which it may keep", () => {
    const manager = Manager(true);
    const error = new TypeError("mine");
    expect(
      py.with(manager, () => {
        throw error;
      }),
    ).toBeUndefined();
    expect(log(manager)).toEqual(["enter", "JsException"]);
    const other = Manager(false);
    expect(() =>
      py.with(other, () => {
        throw error;
      }),
    ).toThrow(error);
  });

  it("gives __exit__ Python's own exception where it is one", () => {
    const manager = Manager(true);
    py.with(manager, () => py.runPython("{}['key']"));
    expect(log(manager)).toEqual(["enter", "KeyError"]);
  });

  it("waits for a promise", async () => {
    const manager = Manager(false);
    const result = py.with(manager, async () => {
      await Promise.resolve();
      expect(log(manager)).toEqual(["enter"]);
      return 5;
    });
    expect(await result).toBe(5);
    expect(log(manager)).toEqual(["enter", null]);
  });

  it("refuses what is no context manager", () => {
    expect(() => py.with(5 as unknown as PyContextManager, () => 1)).toThrow(TypeError);
    expect(() => py.with(python("[]") as unknown as PyContextManager, () => 1)).toThrow(/__e/);
  });
});

describe("py`...`", () => {
  it("has Python's operators, with values by reference", () => {
    const list = python("[1, 2, 3, 4]");
    expect((py.py`${list}[1:3]` as PyProxy).toJs()).toEqual([2, 3]);
    expect(py.py`${2} ** ${70}`).toBe(2n ** 70n);
    expect(py.py`${-1} ** ${2}`).toBe(1);
    expect(py.py`${list} is ${list}`).toBe(true);
    expect(py.py`${list} == ${py.toPy([1, 2, 3, 4])}`).toBe(true);
    expect(py.py`f"{${5}:03}"`).toBe("005");
    expect(py.py`"\n" + ${"a"}`).toBe("\na");
  });

  it("runs statements, whose names are the session's", () => {
    expect(py.py`
      from_template = ${5}
      for i in range(3):
        from_template += i
      from_template * 2
    `).toBe(16);
    expect(python("from_template")).toBe(8);
  });

  it("compiles each template once", () => {
    const add = (x: number): unknown => py.py`${x} + 1`;
    expect([add(1), add(2), add(3)]).toEqual([2, 3, 4]);
  });

  it("refuses a value in a text", () => {
    expect(() => py.py`"${5}"`).toThrow(/value 0 of the template is in a string/);
    expect(() => py.py`1 # ${5}`).toThrow(/SyntaxError|in a string or comment/);
    expect(() => py.py`1 +`).toThrow(/invalid syntax/);
  });
});

describe("subclassing", () => {
  const Base = python<new (name: string) => Any & { speak(): string; name: string }>(`
class Animal:
  def __init__(self, name): self.name = name
  def speak(self): return f"{self.name} speaks"
  def twice(self): return self.speak() + ", " + self.speak()
Animal`);
  class Dog extends Base {
    age = 3;
    readonly bone: string;
    constructor(name: string, bone: string) {
      super(`${name}!`);
      this.bone = bone;
    }
    override speak(): string {
      return `${super.speak()} with ${this.bone}`;
    }
    get years(): number {
      return 7 * this.age;
    }
    plus(a: number, b: number): number {
      return a + b + this.age;
    }
  }
  class Puppy extends Dog {
    override speak(): string {
      return super.speak().toUpperCase();
    }
  }
  const dog = new Dog("Rex", "a bone");

  it("calls JavaScript's methods from Python, and Python's by super", () => {
    expect((dog["twice"] as Call)()).toBe("Rex! speaks with a bone, Rex! speaks with a bone");
    expect(dog.speak()).toBe("Rex! speaks with a bone");
    expect(python<Call>("lambda d: (d.plus(1, 2), d.years)")(dog)).toEqual([6, 21]);
  });

  it("keeps fields in the Python object, and is an instance of both", () => {
    expect(python<Call>("lambda d: (d.age, d.bone, type(d).__name__)")(dog)).toEqual([
      3,
      "a bone",
      "Dog",
    ]);
    expect([dog instanceof Dog, dog instanceof Base, dog instanceof Puppy]).toEqual([
      true,
      true,
      false,
    ]);
    expect(python<Call>("lambda d: isinstance(d, Animal)")(dog)).toBe(true);
  });

  it("extends what extends", () => {
    const puppy = new Puppy("Bit", "milk");
    expect(puppy.speak()).toBe("BIT! SPEAKS WITH MILK");
    expect([puppy instanceof Puppy, puppy instanceof Dog, puppy instanceof Base]).toEqual([
      true,
      true,
      true,
    ]);
    expect(puppy.plus(1, 2)).toBe(6);
  });
});
