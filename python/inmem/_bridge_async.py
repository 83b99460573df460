# python/inmem/_bridge_async.py: the bridge's threads and its asyncio loop.
"""What native/bridge/service.cc and async_call.cc ask of Python.

Workers call what JavaScript called with callAsync(); what can be awaited goes to
one loop on a thread of its own, which begins with the first that comes.
"""

from __future__ import annotations

import atexit
import gc
import sys
import threading
from _thread import get_ident
from collections import deque
from contextvars import copy_context
from types import CoroutineType

import _inmem_bridge

from inmem import _session, ffi

# Imported when it is first needed: it takes as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from contextvars import Context
    from types import CodeType
    from typing import Any

_loop: Any = None
#: Tasks that JavaScript waits for: asyncio itself holds them by weak references alone.
_adopted: set[Any] = set()
_loop_thread = 0
_workers: set[int] = set()
#: What calls that are under way have for the loop.
_posted: deque[Callable[[], None]] = deque()
#: Makes the loop: new_event_loop() of the module that start() was told, or asyncio's.
_factory: Any = None
_factory_name = "asyncio"


# --- threads ---------------------------------------------------------------------

#: Of an interpreter with a GIL of its own all threads end before it does, by
#: native/bridge/interpreter_end.cc: none outlives it.
IS_MAIN: bool = threading._is_main_interpreter()  # type: ignore[attr-defined]
_ending = False


def spawn(name: str) -> None:
    begin(threading.Thread(target=_serve, name=name, daemon=IS_MAIN))


def _serve() -> None:
    _workers.add(get_ident())
    _inmem_bridge.serve()


def start_loop(descriptor: int) -> None:
    begin(
        threading.Thread(target=_run_loop, args=(descriptor,), name="inmem-asyncio", daemon=IS_MAIN)
    )


def begin(thread: threading.Thread) -> None:
    """No run ends it, or waits for it."""
    _session.own_threads.add(thread)
    thread.start()


def running_loop() -> Any:
    """The bridge's own; None before its first use."""
    return _loop


def on_loop_thread() -> bool:
    return get_ident() == _loop_thread


def choose_loop(name: str) -> None:
    """start({ loop }): a module with new_event_loop(), such as uvloop. There is one loop: who comes
    second, or after its first use, may only choose the same."""
    global _factory, _factory_name
    if name == _factory_name:
        return
    if _factory is not None or _loop_thread != 0:
        raise RuntimeError(
            f"the bridge's loop is {_factory_name}'s (expected the same from each start(), "
            f"found {name!r})"
        )
    import importlib

    try:
        factory = importlib.import_module(name).new_event_loop
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ModuleNotFoundError(
            f"start({{ loop }}) found no module {name!r} (expected it in a bundle: add it to the "
            "bundle's requirements)",
            name=name,
        ) from None
    except AttributeError:
        raise TypeError(
            f"start({{ loop }}) expected a module with new_event_loop(), found {name!r}"
        ) from None
    _factory, _factory_name = factory, name


def _run_loop(descriptor: int) -> None:
    import asyncio

    global _loop, _loop_thread
    loop = (_factory or asyncio.new_event_loop)()
    asyncio.set_event_loop(loop)
    _loop_thread = get_ident()
    _open_to_threads(loop)
    _loop = loop
    # asyncio's own loops tell so what they are to do next; others need not.
    _inmem_bridge.set_loop_ready(getattr(loop, "_ready", None))
    loop.add_reader(descriptor, _inmem_bridge.serve_loop)
    while not loop.is_closed() and not _ending:
        try:
            loop.run_forever()
        except BaseException:
            # A task's KeyboardInterrupt or SystemExit: its own future has it as
            # well, and the loop serves the other tasks.
            continue
    _end_loop(loop)


def _end_loop(loop: Any) -> None:
    """As asyncio.run() does; code that goes on in spite of it gets SystemExit."""
    import asyncio
    import contextlib

    if not (tasks := asyncio.all_tasks(loop)):
        loop.close()
        return
    for task in tasks:
        task.cancel()
    with contextlib.suppress(BaseException):
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _is_end(about: threading.ExceptHookArgs) -> bool:
    error = about.exc_value
    return isinstance(error, InterpreterEnds) or isinstance(
        getattr(error, "__context__", None), InterpreterEnds
    )


def end() -> None:
    """The interpreter ends: its loop does, and threads of pools that wait for work."""
    global _ending
    _ending = True
    # This thread: functions of atexit find the main one, as elsewhere.
    own = get_ident()
    threading._active[own] = threading.main_thread()  # type: ignore[attr-defined]
    # What other threads raise by being told to end, nobody asked for.
    told, unraisable = threading.excepthook, sys.unraisablehook
    threading.excepthook = lambda about: told(about) if not _is_end(about) else None
    sys.unraisablehook = lambda about: unraisable(about) if get_ident() == own else None
    if _loop is not None and not _loop.is_closed():
        _loop.call_soon_threadsafe(_loop.stop)
    pools: Any = sys.modules.get("concurrent.futures.thread")
    if pools is not None:
        pools._shutdown = True
        pools._base.LOGGER.disabled = True
        for queue in list(pools._threads_queues.values()):
            queue.put(None)
    gc.unfreeze()


def call_exit_functions() -> None:
    """What Py_EndInterpreter() does before it looks for threads, and ends the process where one
    is left: nothing of that is to be done when it comes, nor may a collection begin one."""
    gc.disable()
    shutdown, threading._shutdown = threading._shutdown, _nothing  # type: ignore[attr-defined]
    try:
        shutdown()
    finally:
        while atexit._ncallbacks():
            atexit._run_exitfuncs()


def _nothing() -> None:
    pass


def _open_to_threads(loop: Any) -> None:
    """JavaScript's thread has the loop's objects at hand: what task.cancel(), event.set(),
    queue.put_nowait(), future.set_result() schedule from there is passed on to the loop's."""
    import asyncio

    own = get_ident()
    threadsafe = loop.call_soon_threadsafe

    def passing(schedule: Any, has_time: bool) -> Any:
        def call(*given: Any, context: Context | None = None) -> Any:
            if get_ident() == own:
                return schedule(*given, context=context)
            when, callback, args = given[:has_time], given[has_time], given[has_time + 1 :]
            context = copy_context() if context is None else context
            handle = asyncio.Handle(callback, args, loop, context)

            def run() -> None:
                if not handle.cancelled():
                    callback(*args)

            def pass_on() -> None:
                schedule(*when, run, context=context)

            if get_ident() in _workers or get_ident() in ffi.global_objects:
                # After the call: the loop must not change what the call goes through.
                _posted.append(pass_on)
                _inmem_bridge.serve_posted_later()
            else:
                threadsafe(pass_on)
            return handle

        return call

    loop.call_soon = passing(loop.call_soon, has_time=False)
    loop.call_at = passing(loop.call_at, has_time=True)
    if type(loop).call_later is not asyncio.BaseEventLoop.call_later:  # which asks call_at()
        loop.call_later = passing(loop.call_later, has_time=True)


def serve_posted() -> None:
    while _posted:
        _posted.popleft()()


# --- what ends calls ----------------------------------------------------------------


class CallTimeout(KeyboardInterrupt):
    """The time that JavaScript gave the call is over."""


class CallAborted(KeyboardInterrupt):
    """The AbortSignal of the call was aborted."""


class EnvironmentClosed(KeyboardInterrupt):
    """The JavaScript environment that called is ending."""


class InterpreterEnds(EnvironmentClosed, SystemExit):
    """The interpreter ends, and so do its threads: as by SystemExit, without a word."""


def end_task(task: Any) -> int:
    """Cancels the task; the thread that is in its code just now, or 0."""
    import asyncio

    loop = task.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(task.cancel)
    if asyncio.current_task(loop) is not task:
        return 0
    return _loop_thread if loop is _loop else getattr(loop, "_thread_id", 0) or 0


_inmem_bridge.set_limits(
    end_task,
    CallTimeout,
    CallAborted,
    KeyboardInterrupt,
    EnvironmentClosed if IS_MAIN else InterpreterEnds,
)


# --- tasks -------------------------------------------------------------------------


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


#: By what iterates: all steps of an asynchronous iteration have one, as in Python. Weak keys.
_contexts: Any = None
#: By steps that have not begun.
_steps: Any = None


def in_context(iterator: Any, step: Any) -> Any:
    """The step of an iteration, to be done in the context of the steps before."""
    global _contexts, _steps
    if _contexts is None:
        from weakref import WeakKeyDictionary

        _steps = WeakKeyDictionary()
        _contexts = WeakKeyDictionary()
    try:
        context = _contexts.setdefault(iterator, copy_context())
        for variable, value in copy_context().items():  # of this call
            context.run(variable.set, value)
    except (TypeError, RuntimeError):  # nothing that can be a key; another step is being made
        return step
    _steps[step] = context
    return step


def adopt(awaitable: Any, call: object, context: Context) -> None:
    """On the loop's thread: the answer of the call is what is awaited."""
    import asyncio

    task: Any = None
    try:
        # Most are coroutines: asyncio's questions take longer than the rest here.
        if type(awaitable) is not CoroutineType and asyncio.isfuture(awaitable):
            task = awaitable
            loop = task.get_loop()
            if loop is not _loop:
                _inmem_bridge.set_task(call, task)
                _adopted.add(task)
                loop.call_soon_threadsafe(task.add_done_callback, lambda done: _finish(done, call))
                return
        else:
            if type(awaitable) is CoroutineType:
                context = _steps.pop(awaitable, context) if _steps else context
            elif not asyncio.iscoroutine(awaitable):
                awaitable = _awaited(awaitable)
            # Its first step at once, inside __init__(): most have no second one.
            task = asyncio.Task.__new__(asyncio.Task)
            task.__init__(awaitable, loop=_loop, context=context, eager_start=True)
    except BaseException as error:
        if task is None or not task.done():
            _inmem_bridge.fail(call, error)
            return  # else it was KeyboardInterrupt or SystemExit, which the task has too
    if task.done():
        _finish(task, call)
    else:
        _inmem_bridge.set_task(call, task)
        _adopted.add(task)
        task.add_done_callback(lambda done: _finish(done, call))


def _finish(task: asyncio.Future[Any], call: object) -> None:
    _adopted.discard(task)
    try:
        value = task.result()
    except BaseException as error:
        _inmem_bridge.fail(call, error)
    else:
        _inmem_bridge.settle(call, value)


# --- runPythonAsync() -----------------------------------------------------------


def run_async(code: str, filename: str, names: dict[str, Any], local_names: Any) -> Any:
    """Runs code that may await at its top; gives the value of the last expression,
    or a coroutine for it."""
    import ast

    from inmem import _bridge_code

    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    both = _bridge_code.compiled(code, filename, flags)
    codes = [part for part in both if part is not None]
    if any(_awaits(part) for part in codes):
        return _run_parts(codes, names, local_names)
    value = None
    for part in codes:
        value = eval(part, names, local_names)
    return value


def _awaits(code: CodeType) -> bool:
    import inspect

    return bool(code.co_flags & inspect.CO_COROUTINE)


async def _run_parts(codes: list[CodeType], names: dict[str, Any], local_names: Any) -> Any:
    value = None
    for code in codes:
        value = eval(code, names, local_names)
        if _awaits(code):
            value = await value
    return value


_inmem_bridge.begin_service(spawn, start_loop, serve_posted)
