// test/types/generic.test.ts: declarations of generic functions and classes, of overloads and of operators.
import { expect, it } from "vitest";
import { api, py } from "../helpers/python.js";
import { makeZip } from "../helpers/zip.js";
import { misjudged } from "./support.js";

const stub = py`
  from typing import Any, Awaitable, Callable, Generator, Generic, ParamSpec, Protocol, Self, TypeVar, overload
  from contextlib import AbstractAsyncContextManager
  T = TypeVar("T")
  Item_co = TypeVar("Item_co", covariant=True)
  P = ParamSpec("P")
  Key_contra = TypeVar("Key_contra", contravariant=True)

  class Animal:
      name: str
  class Dog(Animal):
      def bark(self) -> str: ...

  class Box(Generic[Item_co]):
      def item(self) -> Item_co: ...
      @overload
      def then_do(self, what: Callable[[Item_co], T]) -> Box[T]: ...
      @overload
      def then_do(self, what: None = None) -> Box[None]: ...
  class Taker(Generic[Key_contra]):
      def take(self, key: Key_contra) -> None: ...

  dogs: Box[Dog]
  animals: Box[Animal]
  takes_animals: Taker[Animal]
  takes_dogs: Taker[Dog]
  def look(box: Box[Animal]) -> str: ...
  def feed(taker: Taker[Dog]) -> str: ...

  class Addable(Protocol):
      def __add__(self, other: int) -> int: ...
  class Number:
      @overload
      def __add__(self, other: int) -> int: ...
      @overload
      def __add__(self, other: Number) -> Number: ...
  class Short(Number):
      def __add__(self, other: str) -> str: ...
  short: Short
  def total(number: Number) -> int: ...
  def plus(it: Addable) -> int: ...

  def first(item: T, *, times: int = 1, other: T | None = None) -> list[T]: ...
  def copied(item: T, /, deep: bool = False, memo: str = "") -> T: ...
  def wrapped(target: T, args: object, kwargs: object = None, options: str = "") -> T: ...
  def many(item: T, *more: T, sep: str) -> T: ...
  class Adder:
      def __call__(self, x: int, more: int = 0) -> str: ...
  adder: Adder
  class Manager(AbstractAsyncContextManager[Adder]):
      pass
  def manage(manager: Manager) -> None: ...
  class Connection:
      number: int
      def __await__(self) -> Generator[None, None, Connection]: ...
      async def __aenter__(self) -> Self: ...
      async def __aexit__(self, *error: object) -> None: ...
  class Started(Awaitable[T]): ...
  class Session(Started["Session"]):
      name: str
      async def itself(self) -> Self: ...
      async def other(self) -> Connection: ...
  class Factory(Protocol[P]):
      def __call__(self, name: str, *args: P.args, **kwargs: P.kwargs) -> Connection: ...
  def made(factory: Factory[Any]) -> Factory[Any]: ...
  def connect() -> Connection: ...
  async def connected() -> Connection: ...
  def use(connection: Connection) -> int: ...
  session: Session

  @overload
  def pick(x: int) -> str: ...
  @overload
  def pick(x: T, *, strict: bool) -> T: ...
  @overload
  def pick(x: list[T]) -> T: ...
`;

const right = [
  "const b: t.Box<t.Animal> = m.dogs; m.look(m.dogs); m.look(m.animals); const s: string = b.item().name; s;",
  "const k: t.Taker<t.Dog> = m.takes_animals; m.feed(m.takes_animals); m.feed(m.takes_dogs); k;",
  "const b: t.Box<number> = m.dogs.then_do((dog: t.Dog) => dog.name.length); b.item();",
  "const n: t.Number = m.short; m.total(m.short); n; m.plus(m.short);",
  "const [n] = m.first('x', kwargs({ times: 2 })); const s: string | undefined = n; s;",
  "const l = await m.first.callAsync('x', kwargs({ times: 2 })); l.append('y');",
  "const l = m.first.callWithOptions({ timeout: 3 }, 'x', kwargs({ other: 'x' })); l.append('x');",
  "const d: t.Dog = m.copied(m.dogs.item(), kwargs({ memo: 'x' })); m.copied(d, true, 'x').bark();",
  "const l = await m.copied.callAsyncWithOptions({}, 'x', kwargs({ deep: true })); l.charAt(0);",
  "m.wrapped.callKwargs('x', 1, { kwargs: 2 }).charAt(0); m.wrapped('x', 1, 2, 'o').charAt(0);",
  "m.wrapped.callWithOptions({ timeout: 1 }, 'x', 1, 2, 'o').charAt(0);",
  "m.many.callKwargs('a', 'b', 'c', { sep: '-' }).charAt(0); m.many('a', kwargs({ sep: '-' })).charAt(0);",
  "m.pick(1).charAt(0); m.pick('x', kwargs({ strict: true })).charAt(0);",
  "const s: t.Short = m.pick(m.first(m.short)); s;",
  "const c = await m.connect(); m.use(c).toString(); c.number.toString(); (await c).number;",
  "m.use(m.connect()); m.use(await m.connected()); (await m.connect.callAsync()).number;",
  "const s = await m.session; s.name.charAt(0); const o = await s.other(); m.use(o);",
  "const s = await (await m.session.itself()).itself(); s.name.charAt(0);",
  "m.adder(1, 2).charAt(0); m.adder(1, kwargs({ more: 2 })).charAt(0);",
];

const wrong = [
  "m.look(m.takes_dogs);",
  "const b: t.Box<t.Dog> = m.animals; b;",
  "const k: t.Taker<t.Animal> = m.takes_dogs; k;",
  "m.first('x', kwargs({ tims: 2 }));",
  "m.first.callAsync('x', kwargs({ times: 'y' }));",
  "m.copied('x', kwargs({ item: 'y' }));",
  "m.wrapped.callKwargs('x', 1, { kwarg: 2 });",
  "m.many('a', 'b');",
  "m.pick('x', kwargs({ strict: 3 }));",
  "const s: t.Short = m.total; s;",
  "(await m.connect()).then((x) => x);",
  "(await m.connect()).absent;",
  "m.use(m.session);",
  "m.adder(1, kwargs({ mor: 2 }));",
];

it("are judged by TypeScript as Python would judge them", async () => {
  const bundle = makeZip({ "app.pyi": stub, "app.py": "" });
  const { types, warnings } = await api.types({ bundle, modules: ["app"] });
  expect(warnings).toEqual([]);
  expect(types).toMatch(/manage: .*\[manager: \$app\.Manager\]/);
  expect(misjudged(types, { right, wrong })).toEqual({ refused: [], taken: [], elsewhere: [] });
});
