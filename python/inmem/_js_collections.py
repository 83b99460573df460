# python/inmem/_js_collections.py: Maps, Sets and what is like them, in Python.
"""Classes that proxies of such objects are made of (inmem.ffi)."""

from __future__ import annotations

from _collections_abc import Iterator, Mapping, MutableMapping, MutableSet
from _collections_abc import Set as AbstractSet

from _inmem_bridge import JsProxy, js

# `typing` and its like would take as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Immutable types that become objects of JavaScript.
COPIED = {tuple, frozenset, bytes}

_NONE = object()


def _key_in(collection: Any, key: Any) -> Any:
    """The key that a Map or Set has for a value of Python's.

    A tuple is a new Array each time it crosses, which no Map would find: what is there and equal
    stands for it.
    """
    return js(collection, "equal_key", key) if type(key) in COPIED else key


class JsMapping:
    """What a mutable mapping has beside its items."""

    __slots__ = ()

    __reversed__ = None

    get = Mapping.get
    keys = Mapping.keys
    items = Mapping.items
    values = Mapping.values
    popitem = MutableMapping.popitem
    update = MutableMapping.update
    setdefault = MutableMapping.setdefault

    # Not MutableMapping's: that has its default as an attribute of the class.
    def pop(self: Any, key: Any, default: Any = _NONE) -> Any:
        try:
            value = self[key]
        except KeyError:
            if default is _NONE:
                raise
            return default
        del self[key]
        return value

    def __ior__(self: Any, other: Any) -> Any:
        self.update(other)
        return self


class JsLength:
    """`length` or `size` is a number."""

    __slots__ = ()

    def __len__(self) -> int:
        count: Any = js(self, "length")
        if type(count) is not int:  # a fraction, or beyond 2^53
            raise OverflowError(f"Python has no length of {count}")
        return count


class JsCounted(JsLength):
    __slots__ = ()

    def clear(self) -> None:
        js(self, "map_clear")


class JsMap(JsCounted, JsMapping):
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

    def __eq__(self: Any, other: object) -> bool:
        """As mappings are compared; two of JavaScript's are equal where they are one."""
        if isinstance(other, JsProxy) or not isinstance(other, Mapping):
            return NotImplemented
        if len(self) != len(other):
            return False
        try:
            items = dict(self.items())
        except TypeError:  # a key of JavaScript's may be a list of Python's, which no mapping has
            return False
        return items == dict(other.items())

    __hash__ = object.__hash__


class JsSet(JsCounted):
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
    __ior__ = MutableSet.__ior__
    __iand__ = MutableSet.__iand__
    __isub__ = MutableSet.__isub__
    __ixor__ = MutableSet.__ixor__

    def __eq__(self: Any, other: object) -> bool:
        """As sets are compared; two of JavaScript's are equal where they are one."""
        if isinstance(other, JsProxy) or not isinstance(other, AbstractSet):
            return NotImplemented
        return AbstractSet.__eq__(self, other)

    __hash__ = object.__hash__

    __le__ = AbstractSet.__le__
    __lt__ = AbstractSet.__lt__
    __ge__ = AbstractSet.__ge__
    __gt__ = AbstractSet.__gt__
    isdisjoint = AbstractSet.isdisjoint
    remove = MutableSet.remove
    pop = MutableSet.pop


# --- Headers, URLSearchParams, FormData, WeakMap: objects with methods so named ------------


class JsGet:
    """`get(key)`."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        found, value = js(self, "look_up", key)
        if not found:
            raise KeyError(key)
        return value


class JsHas:
    """`has(key)`."""

    __slots__ = ()

    def __contains__(self, key: Any) -> bool:
        return bool(js(self, "map_has", key))


class _Fixed:
    """Python asks for both, where there is one."""

    __slots__ = ()

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError(f"{type(self).__name__!r} object does not support item assignment")

    def __delitem__(self, key: Any) -> None:
        raise TypeError(f"{type(self).__name__!r} object doesn't support item deletion")


class JsSetItem(_Fixed):
    """`set(key, value)`."""

    __slots__ = ()

    def __setitem__(self, key: Any, value: Any) -> None:
        js(self, "map_set", key, value)


class JsDelete(_Fixed):
    """`delete(key)`."""

    __slots__ = ()

    def __delitem__(self, key: Any) -> None:
        js(self, "map_delete", key)
