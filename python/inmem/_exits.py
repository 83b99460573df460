# python/inmem/_exits.py: whose functions `atexit` has.
"""A run's are called at its end, those of lib/bridge's start() when the process ends.

`atexit` holds one list. While a run goes it is the run's, and the session's lies aside
(native/interpreter/exit_functions.h). What the standard library does at the end of a program
(logging, multiprocessing) it does for all that the process has: at a run's end, only to what
is the run's.
"""

from __future__ import annotations

import _thread
import atexit
import sys

import _inmem_job

from inmem import _world

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_register = atexit.register

#: A run goes, whose functions `atexit` has.
of_run = False

#: The stdlib's modules whose functions the session's list has.
known: set[str] = set()

#: What the session had when the run began: weak references to handlers of logging, numbers of
#: multiprocessing's finalizers, its children.
handlers: list[Any] = []
finalizers: set[Any] = set()
children: set[Any] = set()


def begin(running: bool) -> None:
    """The session begins: with what is registered by now, unless that is a run's."""
    global of_run
    of_run = running
    atexit.register = register
    if not running:
        known.update(name for name, _, _ in at_end())


def register(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """atexit.register(), for whom this thread works."""
    if of_run and not is_of_run():
        return _inmem_job.for_other_exit(_register, (function, *args), kwargs)
    return _register(function, *args, **kwargs)


def is_of_run() -> bool:
    """Whether the run began this thread: JavaScript's and the bridge's are others."""
    me = _thread.get_ident()
    if me == _thread._get_main_thread_ident():  # type: ignore[attr-defined]
        return True
    threading: Any = sys.modules.get("threading")
    thread = threading._active.get(me) if threading else None
    if thread is None or isinstance(thread, threading._DummyThread):
        return False
    return thread not in _world.threads_of_others()


def at_end() -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """Of the modules that are there: the stdlib's own function, and the one for a run's end."""
    logging, processes = _world.loaded("logging", "multiprocessing.util")
    if logging is not None:
        yield "logging", logging.shutdown, end_logging
    if processes is not None:
        yield "multiprocessing.util", processes._exit_function, end_processes


def before_run() -> None:
    global of_run
    known.update(name for name, _, _ in at_end())
    _inmem_job.swap_exit_functions()
    of_run = True
    for _, theirs, ours in at_end():
        atexit.unregister(theirs)
        atexit.unregister(ours)
        _register(ours)
    logging, util, process = _world.loaded(
        "logging", "multiprocessing.util", "multiprocessing.process"
    )
    handlers[:] = logging._handlerList if logging else ()
    finalizers.update(util._finalizer_registry if util else ())
    children.update(process._children if process else ())
    if util:
        from inmem import _processes

        _processes.set_aside()


def after_run() -> None:
    global of_run
    handlers.clear()
    finalizers.clear()
    children.clear()
    if not of_run:
        return
    _inmem_job.swap_exit_functions()
    of_run = False
    for name, theirs, _ in at_end():
        if name not in known:  # the run imported it first
            known.add(name)
            atexit.unregister(theirs)
            _register(theirs)


def end_logging() -> None:
    logging = sys.modules["logging"]
    logging.shutdown([one for one in logging._handlerList if one not in handlers])


def end_processes() -> None:
    """As _exit_function(), which would end the session's children as well."""
    util: Any = sys.modules["multiprocessing.util"]
    process: Any = sys.modules["multiprocessing.process"]
    registry = util._finalizer_registry
    kept = {key: registry.pop(key) for key in finalizers & registry.keys()}
    others = children & process._children
    process._children -= others
    try:
        util._exit_function()
    finally:
        registry.update(kept)
        process._children |= others


def at_process_end() -> None:
    """JavaScript's process ends, on its thread: the session's functions are called."""
    if of_run:
        _inmem_job.swap_exit_functions()
    atexit._run_exitfuncs()
