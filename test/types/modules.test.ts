// test/types/modules.test.ts: where declarations come from: stubs, packages, re-exports, circles; and names that TypeScript has itself.
import { beforeAll, describe, expect, it } from "vitest";
import { api, py } from "../helpers/python.js";
import { makeZip } from "../helpers/zip.js";
import { misjudged } from "./support.js";

const files = {
  // A package with a source, stubs of parts, and a circle.
  "pkg/__init__.py": py`
    from __future__ import annotations
    from . import tools
    from .left import Left as Renamed, left
    from .right import *
    from .right import _hidden
    from ._native import speed
    __all__ = ["Renamed", "left", "tools", "Promise", "speed", "absent"]
    __all__ += right.__all__
  `,
  "pkg/left.py": py`
    from __future__ import annotations
    import typing as t
    if t.TYPE_CHECKING:
        from pkg.right import Right
    class Left:
        def other(self) -> "Right | None": ...
    def left(n: "int") -> t.List["Left"]: ...
  `,
  "pkg/right.py": py`
    import pkg.left
    __all__ = ["Right", "Symbol", "Promise"]
    class Right(pkg.left.Left):
        def back(self) -> pkg.left.Left: ...
    class Symbol:
        def __iter__(self) -> "Iterator[int]": ...
    class Promise:
        async def wait(self) -> int: ...
    _hidden = 1
    from collections.abc import Iterator
  `,
  "pkg/tools.py": "def tool(x): ...\n",
  "pkg/tools.pyi": "def tool(x: int) -> str: ...\n",
  "pkg/_native.cpython-313-x86_64-linux-gnu.so": "",
  "pkg/_native.pyi": "def speed(of: str, /) -> float: ...\n",
  "pkg/py.typed": "",
  // Stubs that are a distribution of their own come first.
  "outer/__init__.py": 'def f(x):\n    """Says f."""\ndef g(x): ...\n',
  "outer-stubs/__init__.pyi": "def f(x: bytes) -> bytes: ...\nfrom . import sub as sub\n",
  "outer-stubs/sub.pyi":
    "import sys\nif sys.version_info >= (3, 9):\n    v: int\nelse:\n    v: str\n",
  "bare.so": "",
  "kinds.py": py`
    from __future__ import annotations
    from typing import *
    from collections.abc import Callable as Fn
    import datetime, decimal, logging, pathlib, http, enum
    Ts = TypeVarTuple("Ts")
    class Box[T]:
        value: T
        def __init__(self, value: T) -> None: ...
        def swap[U](self, other: U) -> Box[U]: ...
        def same(self) -> Self: ...
        @property
        def inner(self) -> Box[Box[T]]: ...
    class Deep(Box[list[int]]):
        class Inner:
            x: Annotated[int, "meters"] = 3
        def inside(self) -> Inner: ...
    class Tree(TypedDict):
        name: Required[str]
        kids: NotRequired[list[Tree]]
    class Options(TypedDict, total=False):
        depth: int
    def configure(**options: Unpack[Options]) -> None: ...
    def pack(*args: *Ts) -> tuple[int, *Ts]: ...
    def nothing() -> tuple[()]: ...
    def many() -> tuple[float, ...]: ...
    def frozen() -> frozenset[str]: ...
    def when() -> datetime.datetime: ...
    def log(to: logging.Logger, at: pathlib.Path | None = None) -> decimal.Decimal: ...
    def late(fn: Fn[[int], Awaitable[str]]) -> Coroutine[Any, Any, str]: ...
    def status() -> http.HTTPStatus: ...
    class Level(enum.IntEnum):
        LOW = 1
        HIGH = enum.auto()
    def level(at: Literal[Level.LOW]) -> Level: ...
    class Config:
        get: str
        length: int
        def destroy(self) -> int: ...
    class Map(dict[str, int]):
        def extra(self) -> int: ...
    class Gone(Unknown):
        def here(self) -> int: ...
    big = 9007199254740993
    neg: Final = -3
    exact: Final = 9007199254740993
    pairs = [(1, "a")]
    ratio, count = 0.5, 2
    def default(function, new=None, *, var=1): ...
    @Unknown
    def unknown() -> int: ...
  `,
};

const bundle = makeZip(files);
let every: string;

beforeAll(async () => {
  const modules = ["pkg", "outer", "kinds", "bare"];
  const result = await api.types({ bundle, modules });
  expect(result.warnings).toEqual([
    { file: "bare", line: 1, message: expect.stringContaining("nothing is known") },
  ]);
  every = result.types;
});

it("several modules are one file that TypeScript takes", () => {
  const extra = "const { pkg, outer, kinds } = m; export const three = [pkg, outer, kinds];";
  expect(misjudged(every, { right, wrong, extra })).toEqual({
    refused: [],
    taken: [],
    elsewhere: [],
  });
});

const right = [
  // packages
  "const l: t.pkg.Renamed = pkg.left(1).get(0); const r: t.pkg.Right | null = l.other(); r?.back();",
  "const s: string = pkg.tools.tool(1); const n: number = pkg.speed('x'); s; n;",
  "const w: number | bigint = await pkg.Promise().wait(); const [first] = pkg.Symbol(); w; first;",
  "const u: unknown = pkg.absent; const n: string = pkg.__name__; u; n;",
  "const m2: t.$Modules['pkg'] = pkg; m2.left(2);",
  "const b: Uint8Array = outer.f(new Uint8Array(1)); const v: number | bigint = outer.sub.v; b; v;",
  // kinds
  "const b: t.kinds.Box<string> = kinds.Box('x'); const c: number = b.swap(1).value; c;",
  "const b = new kinds.Box(1); const n: number = b.inner.value.value; const s: t.kinds.Box<number> = b.same(); n; s;",
  "const d: t.kinds.Deep = kinds.Deep(kinds.Deep({} as never).value).same(); d;",
  "const x: number | bigint = kinds.Deep.Inner().x; const i: t.kinds.Deep = kinds.Deep({} as never); i.inside().x; x;",
  "const k = ({} as t.kinds.Tree).get('kids')?.get(0).get('name').charAt(0); k;",
  "kinds.configure.callKwargs({ depth: 1 }); kinds.configure();",
  "const [n, s, f] = kinds.pack('a', true); const a: string = s; const b: boolean = f; n; a; b;",
  "const n: [] = kinds.nothing(); const f: number[] = kinds.many(); const s: ReadonlySet<string> = kinds.frozen(); n; f; s;",
  "kinds.when().toString(); kinds.log(kinds.when(), null).toString(); kinds.status().toString();",
  "const s: string = await kinds.late(async (n) => String(n)); s;",
  "const l: t.kinds.Level = kinds.level(kinds.Level.LOW); const n: 'LOW' | 'HIGH' = l.name; n;",
  "const c = kinds.Config(); const g: string = c.get; const n: number | bigint = c.$destroy(); g; c.length; n;",
  "const m2 = {} as t.kinds.Map; const n: number | bigint | undefined = m2.get('x'); m2.extra(); n;",
  "const n: number | bigint = ({} as t.kinds.Gone).here(); kinds.Gone(1, 2, 'x'); n;",
  "const b: number | bigint = kinds.big; const n: -3 = kinds.neg; const e: 9007199254740993n = kinds.exact; b; n; e;",
  "kinds.pairs.get(0)[1].charAt(0); const r: unknown = kinds.ratio; r;",
  "kinds.default(1, 2); kinds.default.callKwargs({ function: 1, new: 2, var: 3 });",
  "const f: unknown = kinds.unknown; f;",
];

const wrong = [
  "pkg._hidden;",
  "pkg.right;",
  "pkg.tools.tool('x');",
  "pkg.speed.callKwargs({ of: 'x' });",
  "outer.f('x');",
  "outer.g;",
  "const s: string = outer.sub.v; s;",
  "const b: t.kinds.Box<string> = kinds.Box(1); b;",
  "kinds.Deep(1);",
  "({} as t.kinds.Tree).set('name', 1);",
  "kinds.configure.callKwargs({ depht: 1 });",
  "const [n, s] = kinds.pack('a'); s.toFixed(); n;",
  "kinds.log(1);",
  "kinds.late((n) => 3);",
  "kinds.level(1);",
  "kinds.ratio.toFixed();",
  "kinds.default.callKwargs({ function_: 1 });",
  "kinds.unknown();",
];

describe("the text", () => {
  it("has docstrings of the source beside a stub", () => {
    expect(every).toContain("  /** Says f. */\n  export const f: ");
  });

  it("is the same each time", async () => {
    const again = await api.types({ bundle, modules: ["pkg", "outer", "kinds", "bare"] });
    expect(again.types).toBe(every);
  });

  it("has a module below a package as the file's own names", async () => {
    const { types, modules } = await api.types({ bundle, modules: ["pkg.tools"] });
    expect(modules).toEqual(["pkg.tools"]);
    const judged = misjudged(types, {
      right: ["const s: string = m.tool(1); s;"],
      wrong: ["m.left;"],
    });
    expect(judged).toEqual({ refused: [], taken: [], elsewhere: [] });
  });
});
