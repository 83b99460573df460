# python/inmem/_bridge.py: Python's half of the bridge to JavaScript.
"""Functions that lib/bridge calls: whatever is not a call or an attribute.

Arguments and results cross by native/bridge: scalars, bytes, tuples and frozen sets
by value, all else by reference.
"""

import builtins
import importlib
import operator
from collections.abc import Iterator
from typing import Any

import _inmem_bridge


class JsException(Exception):
    """What JavaScript threw; `js_error` is that, a JsProxy or a scalar."""

    def __init__(self, js_error: object) -> None:
        super().__init__(js_error)
        self.js_error = js_error

    def __str__(self) -> str:
        return str(self.js_error)


def js_exception(error: object) -> JsException:
    return JsException(error)


_inmem_bridge.set_js_exception(JsException, js_exception)


# --- what a proxy's members do -------------------------------------------------

import_module = importlib.import_module
get_item = operator.getitem
set_item = operator.setitem
delete_item = operator.delitem
contains = operator.contains
length = len
set_attribute = setattr
delete_attribute = delattr
has_attribute = hasattr
string = str
representation = repr
iterate = iter


def type_name(value: object) -> str:
    return type(value).__name__


def attributes(value: object) -> tuple[str, ...]:
    return tuple(name for name in dir(value) if isinstance(name, str))


def next_item(iterator: Iterator[Any]) -> tuple[bool, Any]:
    """(done, value)"""
    try:
        return False, next(iterator)
    except StopIteration as stop:
        return True, stop.value


def primitive(value: Any, hint: str) -> float | str:
    """For `+value` a number, where it has one; else its text."""
    if hint == "number" and hasattr(type(value), "__float__"):
        return float(value)
    return str(value)


def describe(error: BaseException) -> tuple[str, str, str, str]:
    """Type, message, traceback and code."""
    from inmem import _describe

    told = _describe.describe(error, error.__traceback__)
    return told["type"], told["message"], told["traceback"], told["code"]


# --- running code ---------------------------------------------------------------

session: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}


def get_globals() -> dict[str, Any]:
    return session


def run(code: str, filename: str = "<exec>") -> Any:
    """Runs code; gives the value of its last statement where that is an expression."""
    import ast

    tree = ast.parse(code, filename)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, filename, "exec"), session)
    return None if last is None else eval(compile(last, filename, "eval"), session)
