# python/inmem/_bridge.py: Python's half of the bridge to JavaScript.
"""Functions that lib/bridge calls: whatever is not a call or an attribute.

Arguments and results cross by native/bridge: scalars, bytes, tuples and frozen sets
by value, all else by reference.
"""

from __future__ import annotations

import _thread
import builtins
import importlib
import io
import sys

import _inmem
import _inmem_bridge

import inmem
from inmem import _bridge_members, _exits, _session, _world, ffi
from inmem._js_types import MISSING
from inmem.ffi import JsException, JsModule

# `typing` and what it needs would take as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["MISSING"]


# --- what a proxy's members do -------------------------------------------------

import_module = importlib.import_module
at_process_end = _exits.at_process_end
_inmem_bridge.set_plain(_bridge_members.plain)


def __getattr__(name: str) -> Any:
    if name in ("array_change", "call_relaxed"):
        from inmem import _bridge_arrays

        return getattr(_bridge_arrays, name)
    return getattr(_bridge_members, name)


def compile_template(*parts: str) -> Callable[..., object]:
    from inmem import _bridge_template

    return _bridge_template.compile_template(get_globals(), parts)


#: How far causes and groups are followed.
MAX_DEPTH = 16


def describe(
    error: BaseException, depth: int = 0, told_of: set[int] | None = None
) -> tuple[Any, ...] | None:
    """Type, message, traceback, code, cause and group: lib/bridge/errors.ts has them.

    None: it has been told already, further out.
    """
    import traceback

    from inmem import _describe

    told_of = set() if told_of is None else told_of
    if id(error) in told_of:
        return None
    told_of.add(id(error))
    cause = error.__cause__
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    text = _describe.text_of(error)
    # Their variables would live as long as JavaScript has the error.
    traceback.clear_frames(error.__traceback__)
    below = depth < MAX_DEPTH
    told: Any = None
    if isinstance(cause, JsException):
        told = (False, cause.js_error)
    elif cause is not None and below:
        told = (True, cause, describe(cause, depth + 1, told_of))
    parts = _describe.parts_of(error) if below else ()
    return (
        type(error).__name__,
        _describe.message_of(error),
        text,
        _describe.error_code(error),
        told,
        tuple((part, describe(part, depth + 1, told_of)) for part in parts),
        _describe.count_frames(error),
    )


def grown(error: BaseException, known: int) -> tuple[Any, ...] | None:
    """What its traceback has more than `known` frames since it was told; None: nothing.

    How many frames, their text, and whether that is all of the traceback's.
    """
    import traceback

    from inmem import _describe

    count = _describe.count_frames(error)
    if count == known:
        return None
    traceback.clear_frames(error.__traceback__)
    if count < known or known == 0 or isinstance(error, BaseExceptionGroup):
        return count, _describe.text_of(error), True
    frames = traceback.format_tb(error.__traceback__, count - known)
    return count, _describe.cut("".join(frames)), False


def call_in(module: str, name: str, *args: Any) -> Any:
    """A function of a module that is imported where this is called."""
    return getattr(importlib.import_module(module), name)(*args)


def set_js_global(proxy: Any) -> None:
    """globalThis of the environment whose thread this is."""
    ffi.global_objects[_thread.get_ident()] = proxy
    if "js" not in sys.modules:
        register_finder()
        sys.modules["js"] = ffi.JsGlobals()


def register_js_module(name: str, members: Any) -> None:
    there = sys.modules.get(name)
    is_pythons = there is not None and not isinstance(there, JsModule)
    if is_pythons or name.partition(".")[0] in sys.stdlib_module_names:
        raise ValueError(f"{name}: Python has a module of that name (expected another name)")
    forget_js_modules(name)
    sys.modules[name] = JsModule(name, members)
    register_finder()


def register_finder() -> None:
    for finders in (sys.meta_path, _world.META_PATH):  # also of runs
        if ffi.JsFinder not in finders:
            finders.append(ffi.JsFinder)


def unregister_js_module(name: str) -> None:
    if not isinstance(sys.modules.get(name), JsModule):
        raise ValueError(f"{name}: not a module of JavaScript")
    forget_js_modules(name)


def forget_js_modules(name: str) -> None:
    """The module, and those below it."""
    for known, module in list(sys.modules.items()):
        if isinstance(module, JsModule) and (known == name or known.startswith(f"{name}.")):
            del sys.modules[known]


# --- asynchronous iterators: an item in a tuple, or none ------------------------------

async_iterate = aiter


def async_next(iterator: Any, value: Any) -> Any:
    return in_context(iterator, _next(iterator, value))


def async_throw(iterator: Any, error: object) -> Any:
    return in_context(iterator, _throw(iterator, error))


def async_return(iterator: Any) -> Any:
    return in_context(iterator, _return(iterator))


def in_context(iterator: Any, step: Any) -> Any:
    from inmem import _bridge_async

    return _bridge_async.in_context(iterator, step)


async def _next(iterator: Any, value: Any) -> tuple[Any, ...]:
    try:
        return (await (anext(iterator) if value is None else iterator.asend(value)),)
    except (StopAsyncIteration, GeneratorExit):  # that of return()
        return ()


async def _throw(iterator: Any, error: object) -> tuple[Any, ...]:
    try:
        return (await iterator.athrow(_bridge_members.exception_of(error)),)
    except StopAsyncIteration:
        return ()


async def _return(iterator: Any) -> tuple[Any, ...]:
    """Ends it, as JavaScript's `return()` does: an item that it gives instead, or none."""
    throw = getattr(iterator, "athrow", None)
    if throw is None:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()
        return ()
    try:
        return (await throw(GeneratorExit()),)
    except (GeneratorExit, StopAsyncIteration):
        return ()


async def with_async(manager: Any, use: Any) -> str:
    """How it ended. One task does it all, as asyncio.timeout() wants it.

    `use` is given the value and whether it is more than a Promise; it gives None, or what it
    threw in an array.
    """
    import asyncio  # it runs already; most programs need none

    if not hasattr(type(manager), "__aexit__"):
        raise TypeError(
            f"{type(manager).__qualname__!r} object is no asynchronous context manager "
            "(expected __aenter__ and __aexit__)"
        )
    raised: BaseException | None = None
    try:
        async with manager as value:
            is_promise = asyncio.iscoroutine(value) or asyncio.isfuture(value)
            thrown = await use(value, not is_promise)
            if thrown is None:
                return "done"
            raised = _bridge_members.exception_of(thrown[0])
            raise raised
    except BaseException as error:
        if error is not raised:
            raise
        return "thrown"
    return "kept"


# --- running code ---------------------------------------------------------------

session: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}


def get_globals() -> dict[str, Any]:
    return session


def run(
    code: str,
    filename: str = "<exec>",
    names: dict[str, Any] | None = None,
    local_names: Any = None,
) -> Any:
    """Runs code; gives the value of its last statement where that is an expression."""
    from inmem import _bridge_code

    names = session if names is None else names
    local_names = names if local_names is None else local_names
    statements, value = _bridge_code.compiled(code, filename)
    exec(statements, names, local_names)
    return None if value is None else eval(value, names, local_names)


def choose_loop(name: str) -> None:
    from inmem import _bridge_async

    _bridge_async.choose_loop(name)


def run_async(
    code: str,
    filename: str = "<exec>",
    names: dict[str, Any] | None = None,
    local_names: Any = None,
) -> Any:
    """The same, with `await` at its top: the value or a coroutine for it."""
    from inmem import _bridge_async

    names = session if names is None else names
    return _bridge_async.run_async(
        code, filename, names, names if local_names is None else local_names
    )


# --- bundles and streams -----------------------------------------------------------


def mount(bundle: Any, name: str) -> str:
    point = inmem.mount(bundle, name=name)
    if point not in _session.points:
        _session.points.append(point)
    return point


def unmount(point: str, force: bool) -> None:
    if point in _session.points and _inmem.kind(point) is None:
        _session.close([point])  # a real folder
        return
    inmem.unmount(point, force=force)
    if point in _session.points:
        _session.points.remove(point)


class Output(io.RawIOBase):
    """Bytes to a function of JavaScript, which no other thread waits for."""

    def __init__(self, stream: str, write: Callable[[bytes], None], terminal: bool) -> None:
        self.stream = stream
        self.name = f"<{stream}>"
        self.give = write
        self.terminal = terminal
        self.before = _session.streams.get(stream)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.terminal

    def write(self, data: Any) -> int:
        content = bytes(data)
        if not _inmem_bridge.js_notify(self.give, content):
            self.end(content)
        return len(content)

    def end(self, content: bytes) -> None:
        """Its environment of JavaScript has ended: what was before it takes over."""
        current = _session.streams.get(self.stream)
        if current is not None and current.buffer is self:
            _session.set_stream(self.stream, self.before)
        stream = getattr(sys, self.stream)
        if stream is not None and stream.buffer is not self:
            stream.buffer.write(content)
            stream.flush()


class Input(io.RawIOBase):
    """Bytes from a function of JavaScript, a character each; None is the end."""

    name = "<stdin>"

    def __init__(self, read: Callable[[], str | None]) -> None:
        self.take = read
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest:
            chunk = self.take()
            self.rest = b"" if chunk is None else chunk.encode("latin-1")
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


def set_output(name: str, write: Callable[[bytes], None] | None, terminal: bool) -> None:
    if write is None:
        _session.set_stream(name, None)
        return
    # Without a buffer: whole lines are made where they arrive.
    _session.set_stream(
        name,
        io.TextIOWrapper(
            Output(name, write, terminal),
            encoding="utf-8",
            errors="backslashreplace" if name == "stderr" else "surrogateescape",
            write_through=True,
        ),
    )


def set_input(read: Callable[[], str | None] | None) -> None:
    stream = None
    if read is not None:
        stream = io.TextIOWrapper(io.BufferedReader(Input(read)), encoding="utf-8")
    _session.set_stream("stdin", stream)
