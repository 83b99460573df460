# python/inmem/_js_types.py: the types of JavaScript objects in Python.
"""A class for each combination of traits, made when native asks for it."""

from __future__ import annotations

from _collections_abc import (
    Iterable,
    Iterator,
    MutableMapping,
    MutableSequence,
    MutableSet,
    Sequence,
)

import _inmem_bridge
from _inmem_bridge import JsProxy, js, js_new, js_view

from inmem._bridge_promises import (
    JsAsyncDisposable,
    JsAsyncFunction,
    JsAsyncIterable,
    JsAsyncIterator,
    JsPromise,
    exception_to_throw,
)
from inmem._js_buffer import JsBuffer
from inmem._js_collections import (
    JsDelete,
    JsGet,
    JsHas,
    JsLength,
    JsMap,
    JsMapping,
    JsSet,
    JsSetItem,
)

# `typing` and its like would take as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, SupportsIndex

#: native/bridge/traits.h: JsTrait.
CALLABLE = 1 << 0
ITERABLE = 1 << 1
ASYNC_ITERABLE = 1 << 2
ARRAY = 1 << 3
TYPED_ARRAY = 1 << 4
MAP = 1 << 5
SET = 1 << 6
PROMISE = 1 << 7
ERROR = 1 << 8
LENGTH = 1 << 9
ITERATOR = 1 << 10
GET = 1 << 11
SET_ITEM = 1 << 12
HAS = 1 << 13
DELETE = 1 << 14
DISPOSE = 1 << 15
ASYNC_DISPOSE = 1 << 16
ASYNC_FUNCTION = 1 << 17

#: Not of native's.
ASYNC_ITERATOR = 1 << 31

#: What JavaScript gives for a member that is not there.
MISSING = object()


class Members:
    """Of every JsProxy."""

    __slots__ = ()

    def __str__(self) -> str:
        text: str = js(self, "string")
        return text

    def __repr__(self) -> str:
        text: str = js(self, "inspect")
        return text

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *js(self, "names")})

    @property
    def typeof(self) -> str:
        """JavaScript's `typeof`."""
        text: str = js(self, "typeof")
        return text

    def to_py(self, *, depth: int = -1, default_converter: Any = None) -> Any:
        """A deep copy in Python's own types."""
        return js(self, "to_py", depth, default_converter)

    def object_entries(self) -> Any:
        return js(self, "entries")

    def object_keys(self) -> Any:
        return js(self, "keys")

    def object_values(self) -> Any:
        return js(self, "values")

    def as_object_map(self, *, hereditary: bool = False) -> Any:
        """The object's own members as a mapping; `hereditary`: objects in it likewise."""
        return js_view(self, JsObjectMapOfMaps if hereditary else JsObjectMap)


class JsCallable(Members, _inmem_bridge.JsCallable):
    """A function or class."""

    __slots__ = ()

    @property
    def __name__(self) -> str:  # decorators ask for it; a class may have another `name`
        name: object = getattr(self, "name", None)
        return name if isinstance(name, str) else ""

    def new(self, *args: Any, **keywords: Any) -> Any:
        """JavaScript's `new`."""
        return js_new(self, *args, **keywords)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, JsProxy) and js(self, "is_instance", instance)


class JsIterable:
    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = js(self, "iterate")
        return iterator


class JsIterator:
    __slots__ = ()

    def __iter__(self) -> JsIterator:
        return self

    def __next__(self) -> Any:
        return self._step("next")

    def send(self, value: Any) -> Any:
        return self._step("next") if value is None else self._step("next", value)

    def throw(self, error: Any, value: Any = None, traceback: Any = None) -> Any:
        return self._step("throw", exception_to_throw(error, value, traceback))

    def _step(self, *operation: Any) -> Any:
        done, result = js(self, *operation)
        if done:
            raise StopIteration(result)
        return result

    def close(self) -> None:
        if not js(self, "return"):
            raise RuntimeError("JavaScript's generator ignored return()")


class JsDisposable:
    """An object with `Symbol.dispose`: a context manager."""

    __slots__ = ()

    def __enter__(self) -> JsDisposable:
        return self

    def __exit__(self, *raised: object) -> None:
        js(self, "dispose")


#: Values that one call of JavaScript's takes.
AT_ONCE = 10_000


class JsArray(JsLength):
    """An Array: a mutable sequence."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [js(self, "item", i) for i in range(*index.indices(len(self)))]
        return js(self, "item", self._position(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            js(self, "set_item", self._position(index), value)
            return
        start, stop, step = index.indices(len(self))
        values = list(value)
        if step == 1:
            self._splice(start, max(stop - start, 0), values)
            return
        positions = range(start, stop, step)
        if len(positions) != len(values):
            raise ValueError(
                f"attempt to assign sequence of size {len(values)}"
                f" to extended slice of size {len(positions)}"
            )
        for position, item in zip(positions, values, strict=True):
            js(self, "set_item", position, item)

    def __delitem__(self, index: Any) -> None:
        if not isinstance(index, slice):
            js(self, "splice", self._position(index), 1)
            return
        positions = range(*index.indices(len(self)))
        if index.step in (None, 1):
            self._splice(positions.start, len(positions), [])
            return
        if positions:
            ascending = positions if positions.step > 0 else positions[::-1]
            js(self, "remove_every", ascending.start, ascending.step, len(ascending))

    # What stays is not touched: Python has one nothing where JavaScript has two.
    def _splice(self, start: int, count: int, values: list[Any]) -> None:
        js(self, "splice", start, count, *values[:AT_ONCE])
        for at in range(AT_ONCE, len(values), AT_ONCE):
            js(self, "splice", start + at, 0, *values[at : at + AT_ONCE])

    def _position(self, index: SupportsIndex) -> int:
        position = index.__index__()
        length = len(self)
        if position < 0:
            position += length
        if not 0 <= position < length:
            raise IndexError("JavaScript array index out of range")
        return position

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = js(self, "iterate")
        return iterator

    def __reversed__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self) - 1, -1, -1))

    def __contains__(self, value: Any) -> bool:
        return any(item is value or item == value for item in self)

    def insert(self, index: SupportsIndex, value: Any) -> None:
        start = slice(index, None).indices(len(self))[0]
        js(self, "splice", start, 0, value)

    def extend(self, values: Iterable[Any]) -> None:
        self._splice(len(self), 0, list(values))

    def reverse(self) -> None:
        js(self, "reverse")

    def clear(self) -> None:
        js(self, "splice", 0, len(self))

    def __iadd__(self, values: Iterable[Any]) -> JsArray:
        self.extend(values)
        return self

    def __imul__(self, count: SupportsIndex) -> JsArray:
        times = count.__index__()
        if times <= 0:
            self.clear()
        self.extend(self[:] * (times - 1))
        return self

    def __add__(self, values: Iterable[Any]) -> list[Any]:
        return [*self, *values]

    def __radd__(self, values: Iterable[Any]) -> list[Any]:
        return [*values, *self]

    def __mul__(self, count: SupportsIndex) -> list[Any]:
        return self[:] * count  # type: ignore[no-any-return]

    __rmul__ = __mul__

    append = MutableSequence.append
    pop = MutableSequence.pop
    remove = MutableSequence.remove
    index = MutableSequence.index
    count = MutableSequence.count


class JsObjectMap(JsMapping, Members, JsProxy):
    """An object's own members, by name; in JavaScript it is the object."""

    __slots__ = ()

    def __getitem__(self, name: Any) -> Any:
        found, value = js(self, "own", name) if isinstance(name, str) else (False, None)
        if not found:
            raise KeyError(name)
        return self._given(value)

    def _given(self, value: Any) -> Any:
        return value

    def __setitem__(self, name: Any, value: Any) -> None:
        if not isinstance(name, str):
            raise TypeError(f"members of JavaScript's objects have text as names, not {name!r}")
        js(self, "set_own", name, value)

    def __delitem__(self, name: Any) -> None:
        if name not in self:
            raise KeyError(name)
        js(self, "delete_own", name)

    def __contains__(self, name: Any) -> bool:
        return isinstance(name, str) and js(self, "own", name)[0]

    def __iter__(self) -> Iterator[str]:
        return iter(js(self, "keys"))

    def __len__(self) -> int:
        return len(js(self, "keys"))

    def clear(self) -> None:
        for name in js(self, "keys"):
            js(self, "delete_own", name)

    def to_py(self, *, depth: int = -1, default_converter: Any = None) -> Any:
        """Also of a class's instance: a dict."""
        if depth == 0:
            return self
        below = depth - 1 if depth > 0 else depth
        copied: dict[str, Any] = {}
        for name in self:
            value: Any = self[name]
            if isinstance(value, JsProxy):
                value = value.to_py(depth=below, default_converter=default_converter)
            copied[name] = value
        return copied


class JsObjectMapOfMaps(JsObjectMap):
    """The same, of objects in it, too: what is neither function, array nor of another kind."""

    __slots__ = ()

    def _given(self, value: Any) -> Any:
        is_object = isinstance(value, JsProxy) and js(value, "is_plain")
        return js_view(value, JsObjectMapOfMaps) if is_object else value


MutableMapping.register(JsObjectMap)


#: A trait's protocols; the first that an object has of some name count.
MIXINS: list[tuple[int, type]] = [
    (ARRAY, JsArray),
    (TYPED_ARRAY, JsBuffer),
    (MAP, JsMap),
    (SET, JsSet),
    (ITERATOR, JsIterator),
    (ASYNC_ITERATOR, JsAsyncIterator),
    (PROMISE, JsPromise),
    (ASYNC_ITERABLE, JsAsyncIterable),
    (ITERABLE, JsIterable),
    (LENGTH, JsLength),
    (GET, JsGet),
    (SET_ITEM, JsSetItem),
    (HAS, JsHas),
    (DELETE, JsDelete),
    (DISPOSE, JsDisposable),
    (ASYNC_DISPOSE, JsAsyncDisposable),
    (ASYNC_FUNCTION, JsAsyncFunction),
]
KINDS = {ARRAY: MutableSequence, TYPED_ARRAY: Sequence, MAP: MutableMapping, SET: MutableSet}


def _with_kind_of_iterator(traits: int) -> int:
    """`next()` gives steps, or Promises of them: what is iterable tells, else it may be either."""
    if not traits & ITERATOR:
        return traits
    if not traits & ITERABLE:
        traits |= ASYNC_ITERATOR
    if traits & ASYNC_ITERABLE and not traits & ITERABLE:
        traits &= ~ITERATOR
    return traits


def choose_type(traits: int) -> type:
    """The class of proxies for objects with these traits: native asks once for each."""
    bases: list[type] = []
    traits = _with_kind_of_iterator(traits)
    for trait, mixin in MIXINS:
        if traits & trait and not any(issubclass(base, mixin) for base in bases):
            bases.append(mixin)
    base = JsCallable if traits & CALLABLE else None
    name = bases[0].__name__ if bases else "JsProxy"
    bases.extend([base] if base else [Members, JsProxy])
    if base:
        name = "JsCallable"
    made = type(name, tuple(bases), {"__slots__": (), "__module__": "inmem.ffi"})
    for trait, kind in KINDS.items():
        if traits & trait:
            kind.register(made)
    return made
