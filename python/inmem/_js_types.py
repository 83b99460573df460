# python/inmem/_js_types.py: the types of JavaScript objects in Python.
"""A class for each combination of traits, made when native asks for it."""

from __future__ import annotations

from _collections_abc import (
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    MutableSequence,
    MutableSet,
)
from _collections_abc import Set as AbstractSet

import _inmem_bridge
from _inmem_bridge import JsProxy, js, js_new

from inmem._bridge_promises import JsAsyncIterable, JsPromise
from inmem._js_buffer import JsBuffer

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

    def as_object_map(self) -> JsObjectMap:
        """The object's own members as a mapping."""
        return JsObjectMap(self)


class JsCallable(Members, _inmem_bridge.JsCallable):
    """A function or class."""

    __slots__ = ()

    def new(self, *args: Any, **keywords: Any) -> Any:
        """JavaScript's `new`."""
        return js_new(self, *args, **keywords)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, JsProxy) and js(self, "is_instance", instance)


class JsLength:
    __slots__ = ()

    def __len__(self) -> int:
        count: int = js(self, "length")
        return count


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

    def throw(self, error: Any) -> Any:
        return self._step("throw", error)

    def _step(self, *operation: Any) -> Any:
        done, result = js(self, *operation)
        if done:
            raise StopIteration(result)
        return result

    def close(self) -> None:
        js(self, "return")


class JsArray(JsLength):
    """An Array: a mutable sequence."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [js(self, "item", i) for i in range(*index.indices(len(self)))]
        return js(self, "item", self._position(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            items = self[:]
            items[index] = value
            js(self, "replace", tuple(items))
        else:
            js(self, "set_item", self._position(index), value)

    def __delitem__(self, index: Any) -> None:
        if isinstance(index, slice):
            items = self[:]
            del items[index]
            js(self, "replace", tuple(items))
        else:
            js(self, "splice", self._position(index), 1)

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

    def __iadd__(self, values: Iterable[Any]) -> JsArray:
        self.extend(values)  # type: ignore[misc]
        return self

    def __add__(self, values: Iterable[Any]) -> list[Any]:
        return [*self, *values]

    def __radd__(self, values: Iterable[Any]) -> list[Any]:
        return [*values, *self]

    def __mul__(self, count: SupportsIndex) -> list[Any]:
        return self[:] * count  # type: ignore[no-any-return]

    __rmul__ = __mul__

    append = MutableSequence.append
    extend = MutableSequence.extend
    pop = MutableSequence.pop
    remove = MutableSequence.remove
    clear = MutableSequence.clear
    reverse = MutableSequence.reverse
    index = MutableSequence.index
    count = MutableSequence.count


def _key_in(collection: Any, key: Any) -> Any:
    """The key that a Map or Set has for a value of Python's.

    A tuple is a new Array each time it crosses, which no Map would find: what is there and equal
    stands for it.
    """
    return js(collection, "equal_key", key) if type(key) in COPIED else key


#: Immutable types that become objects of JavaScript.
COPIED = {tuple, frozenset, bytes}


class JsMap(JsLength):
    """A Map: a mutable mapping."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        found, value = js(self, "map_get", _key_in(self, key))
        if not found:
            raise KeyError(key)
        return value

    def __setitem__(self, key: Any, value: Any) -> None:
        js(self, "map_set", _key_in(self, key), value)

    def __delitem__(self, key: Any) -> None:
        if not js(self, "map_delete", _key_in(self, key)):
            raise KeyError(key)

    def __contains__(self, key: Any) -> bool:
        found: bool = js(self, "map_has", _key_in(self, key))
        return found

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = js(self, "map_keys")
        return iterator

    get = Mapping.get
    keys = Mapping.keys
    items = Mapping.items
    values = Mapping.values
    pop = MutableMapping.pop
    popitem = MutableMapping.popitem
    clear = MutableMapping.clear
    update = MutableMapping.update
    setdefault = MutableMapping.setdefault


class JsSet(JsLength):
    """A Set: a mutable set."""

    __slots__ = ()

    def __contains__(self, value: Any) -> bool:
        found: bool = js(self, "map_has", _key_in(self, value))
        return found

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = js(self, "iterate")
        return iterator

    def add(self, value: Any) -> None:
        js(self, "set_add", _key_in(self, value))

    def discard(self, value: Any) -> None:
        js(self, "map_delete", _key_in(self, value))

    #: What operators give.
    _from_iterable = set

    __and__ = __rand__ = AbstractSet.__and__
    __or__ = __ror__ = AbstractSet.__or__
    __sub__ = AbstractSet.__sub__
    __rsub__ = AbstractSet.__rsub__  # type: ignore[attr-defined]
    __xor__ = __rxor__ = AbstractSet.__xor__
    __le__ = AbstractSet.__le__
    __lt__ = AbstractSet.__lt__
    __ge__ = AbstractSet.__ge__
    __gt__ = AbstractSet.__gt__
    isdisjoint = AbstractSet.isdisjoint
    remove = MutableSet.remove
    pop = MutableSet.pop
    clear = MutableSet.clear


class JsObjectMap(MutableMapping[str, "Any"]):
    """An object's own members, by name."""

    def __init__(self, proxy: Any) -> None:
        self.proxy = proxy

    def __getitem__(self, name: str) -> Any:
        found, value = js(self.proxy, "own", name)
        if not found:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self.proxy, name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        delattr(self.proxy, name)

    def __iter__(self) -> Iterator[str]:
        return iter(js(self.proxy, "keys"))

    def __len__(self) -> int:
        return len(js(self.proxy, "keys"))


#: A trait's protocols; the first that an object has of some name count.
MIXINS: list[tuple[int, type]] = [
    (ARRAY, JsArray),
    (TYPED_ARRAY, JsBuffer),
    (MAP, JsMap),
    (SET, JsSet),
    (ITERATOR, JsIterator),
    (PROMISE, JsPromise),
    (ASYNC_ITERABLE, JsAsyncIterable),
    (ITERABLE, JsIterable),
    (LENGTH, JsLength),
]
KINDS = {ARRAY: MutableSequence, MAP: MutableMapping, SET: MutableSet}


def choose_type(traits: int) -> type:
    """The class of proxies for objects with these traits: native asks once for each."""
    bases: list[type] = []
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
