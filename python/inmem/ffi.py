# python/inmem/ffi.py: JavaScript objects, for Python programs.
"""What JavaScript objects are in Python.

Each is a JsProxy, by reference, with the protocols of what it stands for: functions are
called, arrays are mutable sequences, Maps mappings, Sets sets, iterators iterators. Its
JavaScript members are attributes; a method keeps its object. Names are pyodide's.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import _inmem_bridge
from _inmem_bridge import JsProxy, is_open, js, js_leave

from inmem._bridge_promises import (
    JsAsyncIterable,
    JsAsyncIterator,
    JsPromise,
    abort_on_cancel,
)
from inmem._js_buffer import JsBuffer
from inmem._js_collections import JsMap, JsSet
from inmem._js_types import (
    MISSING,
    JsArray,
    JsCallable,
    JsIterable,
    JsIterator,
    JsObjectMap,
    choose_type,
)

# `typing` and its like would take as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.abc import Loader
    from typing import Any
else:
    Loader = object

__all__ = [
    "JsArray",
    "JsAsyncIterable",
    "JsAsyncIterator",
    "JsBigInt",
    "JsBuffer",
    "JsCallable",
    "JsException",
    "JsIterable",
    "JsIterator",
    "JsMap",
    "JsObjectMap",
    "JsPromise",
    "JsProxy",
    "JsSet",
    "abort_on_cancel",
    "create_once_callable",
    "create_proxy",
    "destroy_proxies",
    "to_js",
    "to_py",
]


class JsException(Exception):
    """What JavaScript threw: `js_error`. Back in JavaScript it is that very object."""

    def __init__(self, js_error: Any) -> None:
        super().__init__(js_error)
        self.js_error = js_error

    def __str__(self) -> str:
        return str(self.js_error)

    @property
    def name(self) -> Any:
        return getattr(self.js_error, "name", None)

    @property
    def message(self) -> Any:
        return getattr(self.js_error, "message", None)

    @property
    def stack(self) -> Any:
        return getattr(self.js_error, "stack", None)


#: How far causes are followed.
MAX_CAUSES = 16


def js_exception(error: Any, depth: int = 0) -> JsException:
    made = JsException(error)
    if not isinstance(error, JsProxy):  # `throw "text"`
        return made
    stack, cause = js(error, "told")
    if stack:
        made.add_note(f"--- JavaScript ---\n{stack}")
    if isinstance(cause, BaseException):
        made.__cause__ = cause
    elif cause is not None and depth < MAX_CAUSES:
        made.__cause__ = js_exception(cause, depth + 1)
    return made


class JsBigInt(int):
    """An int that is a BigInt in JavaScript, however small it is."""

    __slots__ = ()


_inmem_bridge.set_js_types(choose_type, MISSING, JsBigInt)
_inmem_bridge.set_js_exception(JsException, js_exception)


# --- conversions -----------------------------------------------------------------


def to_py(value: Any, *, depth: int = -1, default_converter: Any = None) -> Any:
    """A deep copy of a JavaScript object in Python's own types; others stay.

    default_converter(value, convert, remember): asked for each object without a conversion.
    """
    if not isinstance(value, JsProxy):
        return value
    return value.to_py(depth=depth, default_converter=default_converter)


def to_js(
    value: Any,
    /,
    *,
    depth: int = -1,
    pyproxies: Any = None,
    create_pyproxies: bool = True,
    dict_converter: Any = None,
    default_converter: Any = None,
    eager_converter: Any = None,
) -> Any:
    """A deep copy in JavaScript's own types: lists become Arrays, dicts Maps, sets Sets.

    The options are those of toJs() in JavaScript: functions of both languages will do, and
    `pyproxies` is an Array (`js.Array.new()`).
    """
    converters = (pyproxies, dict_converter, default_converter, eager_converter)
    # In a list: what is immutable would be converted on its way.
    return js(js_global(), "to_js", [value], depth, create_pyproxies, *converters)


def create_proxy(value: Any) -> Any:
    """A JavaScript proxy of the object, to be kept and destroyed there: a JsProxy of it."""
    return js(js_global(), "proxy_of", value)


def create_once_callable(function: Callable[..., Any]) -> Any:
    """A JavaScript function for one call, which lets the Python function go."""
    return js(js_global(), "once", function)


def destroy_proxies(proxies: JsProxy) -> None:
    """Destroys the proxies in an Array of JavaScript's, such as to_js() fills."""
    js(proxies, "destroy_all")


# --- modules ----------------------------------------------------------------------


class JsModule(ModuleType):
    """A JavaScript object as a module."""

    def __init__(self, name: str, members: Any) -> None:
        super().__init__(name)
        self.__dict__["__js__"] = members
        self.__dict__["__path__"] = []  # objects in it can be imported, too

    @property
    def __all__(self) -> list[str]:
        """For `from ... import *`: its own members, unless it says which."""
        members = self.__dict__["__js__"]
        told = getattr(members, "__all__", None)
        if told is not None:
            return list(told)
        names = js(members, "keys")
        return [name for name in names if name.isidentifier() and not name.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return getattr(self.__dict__["__js__"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, JsModule):
            return  # the import system, of a module below: it is there already
        if name.startswith("__") and name.endswith("__"):
            super().__setattr__(name, value)
        else:
            setattr(self.__dict__["__js__"], name, value)

    def __delattr__(self, name: str) -> None:
        if name.startswith("__") and name.endswith("__"):
            super().__delattr__(name)
        else:
            delattr(self.__dict__["__js__"], name)

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["__js__"])


#: globalThis of the first environment, for threads that are none's own, and by thread.
global_objects: dict[int, Any] = {}


def _leave_all() -> None:
    for found in global_objects.values():
        js_leave(found)
    global_objects.clear()


os.register_at_fork(after_in_child=_leave_all)


def js_global() -> Any:
    import _thread

    for thread, found in list(global_objects.items()):
        if not is_open(found):
            del global_objects[thread]
    if not global_objects:
        raise RuntimeError("no JavaScript environment is there (start() makes one)")
    return global_objects.get(_thread.get_ident()) or next(iter(global_objects.values()))


class JsGlobals(JsModule):
    """`import js`: globalThis of the environment whose thread this is, else of the first."""

    def __init__(self) -> None:
        ModuleType.__init__(self, "js")
        object.__setattr__(self, "__path__", [])

    def __getattribute__(self, name: str) -> Any:
        if name == "__dict__":
            return {**object.__getattribute__(self, "__dict__"), "__js__": js_global()}
        return super().__getattribute__(name)


class JsFinder:
    """`import settings.colours`: an object inside a module of JavaScript."""

    @staticmethod
    def find_spec(fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        parent, _, name = fullname.rpartition(".")
        above = sys.modules.get(parent)
        members = getattr(above, name, None) if isinstance(above, JsModule) else None
        if not isinstance(members, JsProxy):
            return None
        return ModuleSpec(fullname, JsLoader(members), is_package=True)


class JsLoader(Loader):
    def __init__(self, members: Any) -> None:
        self.members = members

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return JsModule(spec.name, self.members)

    def exec_module(self, module: ModuleType) -> None:
        pass
