# python/inmem/_bridge_promises.py: JavaScript's Promises and async iterators, for asyncio.
"""Classes that proxies of such objects are made of (inmem.ffi), and their futures.

JavaScript is asked and answers without any thread that waits for another.
"""

from __future__ import annotations

from contextlib import suppress

import _inmem_bridge
from _inmem_bridge import js

from inmem import _bridge_async

# Imported when it is first needed: it takes as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Generator
    from typing import Any

#: lib/bridge/promises.ts: Ask.
VALUE, ITERATOR, NEXT, END, ABORT = range(5)


def ask(proxy: Any, what: int) -> asyncio.Future[Any]:
    import asyncio

    loop = asyncio.get_running_loop()
    future = loop.create_future()
    _inmem_bridge.subscribe(proxy, what, future)
    moves = _inmem_bridge.moves_here(proxy)
    if moves >= 0:
        loop.call_later(PATIENCE, look, future, proxy, moves)
    return future


#: Seconds until a wait of JavaScript's own thread is looked at.
PATIENCE = 1


def look(future: asyncio.Future[Any], proxy: Any, moves: int) -> None:
    """A loop that runs on JavaScript's thread: no Promise is settled before it gives that back."""
    if future.done():
        return
    if (now := _inmem_bridge.moves_here(proxy)) != moves:
        future.get_loop().call_later(PATIENCE, look, future, proxy, now)
        return
    error = RuntimeError(
        "a loop of asyncio on JavaScript's thread awaits JavaScript, which has no thread meanwhile "
        "(expected it free: run the loop by callAsync(), or await the coroutine in JavaScript)"
    )
    error.inmem_code = "ERR_INMEM_DEADLOCK"  # type: ignore[attr-defined]
    future.set_exception(error)


def settle(future: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    """On the bridge's loop, or where an environment ends; the future may be of another loop."""
    loop = future.get_loop()
    if loop is _bridge_async.running_loop() and _bridge_async.on_loop_thread():
        _set(future, value, error)
        return
    try:
        loop.call_soon_threadsafe(_set, future, value, error)
    except RuntimeError:
        pass  # it has been closed: nobody waits


def _set(future: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(value)
    elif isinstance(error, StopIteration):
        future.set_exception(RuntimeError(f"JavaScript threw StopIteration: {error}"))
    else:
        future.set_exception(error)


_inmem_bridge.set_settle(settle)


class JsPromise:
    """A Promise, or another object with a `then`: it can be awaited on any asyncio loop."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, Any]:
        return ask(self, VALUE).__await__()


class JsAsyncFunction:
    """An `async` function: inspect and asyncio take it for a coroutine function, so that who
    calls it awaits what it gives."""

    __slots__ = ()

    @property
    def _is_coroutine_marker(self) -> object:
        import inspect  # whoever asks has it

        return inspect._is_coroutine_mark  # type: ignore[attr-defined]


class JsAsyncIterable:
    """An object with `Symbol.asyncIterator`, such as a ReadableStream: the next item is asked
    for when the last one has been taken."""

    __slots__ = ()

    def __aiter__(self) -> Iteration:
        return Iteration(self)


class Iteration:
    """One iteration; `aclose()` ends it before its end, and the stream behind it. So does letting
    it go, as `async for` does that is left by `break`."""

    def __init__(self, iterable: Any) -> None:
        self._iterable = iterable
        self._iterator: Any = None
        self._ended = False

    def __aiter__(self) -> Iteration:
        return self

    async def __anext__(self) -> Any:
        if self._iterator is None:
            self._iterator = await ask(self._iterable, ITERATOR)
        try:
            return await _item(self._iterator)
        except Exception:
            self._ended = True
            raise

    async def aclose(self) -> None:
        if self._iterator is not None and not self._ended:
            self._ended = True
            await ask(self._iterator, END)

    def __del__(self) -> None:
        if self._iterator is None or self._ended:
            return
        with suppress(RuntimeError):  # its environment has ended
            _inmem_bridge.subscribe(self._iterator, END, None)


class JsAsyncIterator:
    """An object whose `next()` gives Promises: an asynchronous generator."""

    __slots__ = ()

    def __aiter__(self) -> JsAsyncIterator:
        return self

    async def __anext__(self) -> Any:
        return await _item(self)

    async def asend(self, value: Any) -> Any:
        if value is None:
            return await _item(self)
        return _value_of(await js(self, "async_step", "next", value))

    async def athrow(self, error: Any, value: Any = None, traceback: Any = None) -> Any:
        raised = exception_to_throw(error, value, traceback)
        return _value_of(await js(self, "async_step", "throw", raised))

    async def aclose(self) -> None:
        await ask(self, END)


async def _item(iterator: Any) -> Any:
    item = await ask(iterator, NEXT)
    if not item:
        raise StopAsyncIteration
    return item[0]


def _value_of(step: tuple[bool, Any]) -> Any:
    done, value = step
    if done:
        raise StopAsyncIteration(value)
    return value


def exception_to_throw(error: Any, value: Any, traceback: Any) -> Any:
    """As generators take it: an exception, or its class and what it is made with."""
    if isinstance(error, type) and issubclass(error, BaseException):
        if isinstance(value, error):
            error = value
        else:
            error = error() if value is None else error(value)
    return error if traceback is None else error.with_traceback(traceback)


class JsAsyncDisposable:
    """An object with `Symbol.asyncDispose`: an asynchronous context manager."""

    __slots__ = ()

    async def __aenter__(self) -> JsAsyncDisposable:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await js(self, "async_dispose")


def abort_on_cancel(controller: Any) -> Any:
    """The signal of an AbortController, which is aborted when the task that runs is cancelled."""
    import asyncio

    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("no task of asyncio is running")
    task.add_done_callback(_aborting(controller))
    return controller.signal


def _aborting(controller: Any) -> Callable[[asyncio.Task[Any]], None]:
    def done(task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            _inmem_bridge.subscribe(controller, ABORT, None)

    return done
