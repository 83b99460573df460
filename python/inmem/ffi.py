# python/inmem/ffi.py: JavaScript objects, for Python programs.
"""What JavaScript objects are in Python.

Each is a JsProxy, by reference, with the protocols of what it stands for: functions are
called, arrays are mutable sequences, Maps mappings, Sets sets, iterators iterators. Its
JavaScript members are attributes; a method keeps its object. Names are pyodide's.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import _inmem_bridge
from _inmem_bridge import JsProxy, is_open, js

from inmem._bridge_promises import JsAsyncIterable, JsPromise, abort_on_cancel
from inmem._js_buffer import JsBuffer
from inmem._js_types import (
    MISSING,
    JsArray,
    JsCallable,
    JsIterable,
    JsIterator,
    JsMap,
    JsSet,
    choose_type,
)

__all__ = [
    "JsArray",
    "JsAsyncIterable",
    "JsBuffer",
    "JsCallable",
    "JsException",
    "JsIterable",
    "JsIterator",
    "JsMap",
    "JsPromise",
    "JsProxy",
    "JsSet",
    "abort_on_cancel",
    "create_once_callable",
    "create_proxy",
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


def js_exception(error: Any) -> JsException:
    made = JsException(error)
    stack = js(error, "stack")
    if stack:
        made.add_note(f"--- JavaScript ---\n{stack}")
    return made


_inmem_bridge.set_js_types(choose_type, MISSING)
_inmem_bridge.set_js_exception(JsException, js_exception)


# --- conversions -----------------------------------------------------------------


def to_py(value: Any, *, depth: int = -1) -> Any:
    """A deep copy of a JavaScript object in Python's own types; others stay."""
    return value.to_py(depth=depth) if isinstance(value, JsProxy) else value


def to_js(value: Any, *, depth: int = -1) -> Any:
    """A deep copy in JavaScript's own types: lists become Arrays, dicts Maps, sets Sets."""
    return js(js_global(), "to_js", create_proxy(value), depth)


def create_proxy(value: Any) -> Any:
    """A JavaScript proxy of the object, to be kept and destroyed there: a JsProxy of it."""
    return js(js_global(), "proxy_of", value)


def create_once_callable(function: Callable[..., Any]) -> Any:
    """A JavaScript function for one call, which lets the Python function go."""
    return js(js_global(), "once", function)


# --- modules ----------------------------------------------------------------------


class JsModule(ModuleType):
    """A JavaScript object as a module."""

    def __init__(self, name: str, members: Any) -> None:
        super().__init__(name)
        self.__dict__["__js__"] = members

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return getattr(self.__dict__["__js__"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__") and name.endswith("__"):
            super().__setattr__(name, value)
        else:
            setattr(self.__dict__["__js__"], name, value)

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["__js__"])


#: globalThis of the first environment, for threads that are none's own, and by thread.
global_objects: dict[int, Any] = {}


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

    def __getattribute__(self, name: str) -> Any:
        if name == "__dict__":
            return {**object.__getattribute__(self, "__dict__"), "__js__": js_global()}
        return super().__getattribute__(name)
