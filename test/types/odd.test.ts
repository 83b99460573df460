// test/types/odd.test.ts: declarations of sources that nobody writes, and of byte code.
import { expect, it } from "vitest";
import { api, launch, py } from "../helpers/python.js";
import { makeZip } from "../helpers/zip.js";
import { misjudged } from "./support.js";

const odd = {
  "own.py": py`
    from other import Foo
    class Foo(Foo):
        def a(self) -> int: ...
    class A("B"): ...
    class B(A): ...
    class C(D): ...
    class D(C): ...
  `,
  "other.py": "class Foo:\n    x: int = 1\n",
  "alias.py": py`
    import typing
    A = B
    B = A
    type X = X
    X2: typing.TypeAlias = "int | X2"
    from alias import q as r, r as q
    from alias import *
    def f(x: X, z: X2) -> X: ...
    __all__ = ["A", "B", "X", "r", "f", "class", "a b", 3]
  `,
  "strs.py": py`
    def f(x: "int |", y: "not a type!", z: """
     int""", *a: "B[", **k: 3) -> "x y": ...
    class K(metaclass=M, x=1, *B, **C): ...
    class E(5, f(), x[0], (lambda: 1)): ...
  `,
  "latin.py": Buffer.from(
    "# -*- coding: latin-1 -*-\ndef f(\xe4: int) -> str:\n    '''\xe9 */'''\n",
    "latin1",
  ),
  "deep.py": `x = ${"(".repeat(150)}1${")".repeat(150)}\ndef f(x: ${"int | ".repeat(500)}str): ...\n`,
  "enums.py": py`
    import enum
    class E(enum.Enum):
        pass
    class F(enum.Flag):
        A = 1 << 2
        name = 3
        value = 4
    class G(int, enum.Enum):
        X = -1
        toString = 2
        @property
        def p(self) -> int: ...
        @classmethod
        def of(cls, x: str) -> "G": ...
  `,
  "made.py": py`
    import collections, enum, typing
    Pair = collections.namedtuple("Pair", "a, b", defaults=(1,))
    Point = typing.NamedTuple("Point", [("x", int), ("y", str)])
    Movie = typing.TypedDict("Movie", {"title": str, "year of": int}, total=False)
    Color = enum.Enum("Color", "RED GREEN")
    Word = enum.StrEnum("Word", ["YES", "NO"])
    class Named(collections.namedtuple("Named", ["first", "last"])):
        """Who."""
        def full(self) -> str: ...
    Other = enum.Enum("Other", make())
  `,
  "fields.py": py`
    from dataclasses import *
    @dataclass
    class P:
        x: int = 1
        _: KW_ONLY
        y: int
    @dataclass(kw_only=True, frozen=True)
    class Q(P):
        z: InitVar[int] = 3
        default: str = "x"
        prototype: str = ""
  `,
};

it("odd sources become declarations that TypeScript takes", async () => {
  const { types, modules, warnings } = await api.types({ bundle: makeZip(odd) });
  expect(modules).toEqual(
    Object.keys(odd)
      .map((name) => name.slice(0, -3))
      .sort(),
  );
  expect(warnings).toEqual([]);
  const judged = misjudged(types, {
    right: [
      "m.own.Foo().a(); m.own.Foo().x; m.latin.f.callKwargs({ \u00e4: 1 });",
      "m.fields.Q(1, kwargs({ y: 2 })).default.charAt(0);",
      "m.enums.G.of('x').p;",
      "const u: unknown = m.made.Pair(1).b; const s: string = m.made.Point(1, 'x').y; u; s;",
      "const n: number | bigint | undefined = m.made.Movie().get('year of'); n;",
      "const v: 1 | 2 = m.made.Color.GREEN.value; const w: 'yes' | 'no' = m.made.Word.NO.value; v; w;",
      "m.made.Named('a', 'b').full(); const l: unknown = m.made.Named('a', 'b').last; l;",
    ],
    wrong: [
      "m.made.Pair();",
      "m.made.Point(1);",
      "m.made.Color.BLUE;",
      "m.made.Named('a');",
      "m.fields.Q(1);",
      "m.latin.f('x');",
      "m.own.Foo().b;",
    ],
  });
  expect(judged).toEqual({ refused: [], taken: [], elsewhere: [] });
});

const source = py`
  from __future__ import annotations
  import dataclasses, functools
  from typing import Final, overload
  LIMIT: Final = 3
  def add(a: int, b: int = 0, /, *rest: str, loud: bool = False, **more: float) -> str | None:
      """Adds."""
  @overload
  def conv(x: int) -> str: ...
  @overload
  def conv(x: str) -> list[int]: ...
  def conv(x): ...
  @functools.lru_cache
  def cached(n: int) -> int: ...
  async def wait() -> int: ...
  class Counter:
      def __init__(self, start: int) -> None:
          self.count = unknown()
  @dataclasses.dataclass
  class Point:
      """A point."""
      x: float
      y: float = 0.0
      @property
      def size(self) -> int: ...
      @classmethod
      def origin(cls) -> Point: ...
`;

it("auto() of a StrEnum is the name in small letters, unless the class says otherwise", async () => {
  const words = py`
    import enum
    class Word(enum.StrEnum):
        YES = enum.auto()
        NO = "nope"
    class Own(enum.StrEnum):
        def _generate_next_value_(name, start, count, last_values):
            return name * 2
        YES = enum.auto()
  `;
  const { types } = await api.types({ bundle: makeZip({ "words.py": words }) });
  const judged = misjudged(types, {
    right: [
      'const value: "yes" | "nope" = m.Word.YES.value; value;',
      "const value: unknown = m.Own.YES.value; value;",
    ],
    wrong: [
      'const value: "YES" | "nope" = m.Word.YES.value; value;',
      'const value: "yes" = m.Own.YES.value; value;',
    ],
  });
  expect(judged).toEqual({ refused: [], taken: [], elsewhere: [] });
});

it("a tower of diamonds is written in the time of its classes, not of the ways through it", async () => {
  const floors = Array.from(
    { length: 40 },
    (_, i) => `class L${i + 1}(T${i}): ...
class R${i + 1}(T${i}): ...
class T${i + 1}(L${i + 1}, R${i + 1}): ...
`,
  );
  const source = `class T0:\n    x: int = 1\n${floors.join("")}`;
  const { types, names } = await api.types({ bundle: makeZip({ "tower.py": source }) });
  expect(names).toBe(121);
  expect(types).toContain("interface T40 ");
});

const compileIt = py`
  import base64, importlib.util, marshal, sys
  code = marshal.dumps(compile(sys.stdin.read(), "m.py", "exec"))
  print(base64.b64encode(importlib.util.MAGIC_NUMBER + bytes(12) + code).decode())
`;

it("byte code says what the source says", async () => {
  const code = Buffer.from(launch(["-c", compileIt], source), "base64");
  const fromCode = await api.types({ bundle: makeZip({ "m.pyc": code }), modules: ["m"] });
  const fromSource = await api.types({ bundle: makeZip({ "m.py": source }), modules: ["m"] });
  expect(fromCode).toEqual(fromSource);
  const damaged = makeZip({ "m.pyc": code.subarray(0, 60), "old.pyc": Buffer.alloc(20) });
  expect((await api.types({ bundle: damaged })).warnings).toEqual([
    { file: "m.pyc", line: 1, message: expect.stringContaining("damaged byte code") },
    { file: "old.pyc", line: 1, message: expect.stringContaining("another Python") },
  ]);
});
