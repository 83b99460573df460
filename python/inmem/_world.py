# python/inmem/_world.py: the interpreter's state that programs may change.
"""Puts back, between two programs, what the first may have bent.

Snapshots are taken once, before the first program. What is put back is what a new
process would have; libraries' own state stays with their modules.
"""

import _signal
import _warnings
import atexit
import builtins
import gc
import sys

import _inmem_job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MODULES = sys.modules
CORE = dict(sys.modules)  # without these nothing runs, we neither
BUILTINS = dict(builtins.__dict__)
META_PATH = list(sys.meta_path)
PATH_HOOKS = list(sys.path_hooks)
RECURSION_LIMIT = sys.getrecursionlimit()
SWITCH_INTERVAL = sys.getswitchinterval()
INT_DIGITS = sys.get_int_max_str_digits()
WARNINGS = list(_warnings.filters)
GC_THRESHOLD = gc.get_threshold()
frozen = 0
EXCEPTHOOK = sys.excepthook
DISPLAYHOOK = sys.displayhook
UNRAISABLEHOOK = sys.unraisablehook
BREAKPOINTHOOK = sys.breakpointhook
FAULTS = {_signal.SIGSEGV, _signal.SIGBUS, _signal.SIGILL, _signal.SIGFPE, _signal.SIGABRT}


def with_own_imports(function: "Any", *args: "Any") -> "Any":
    """Calls it with imports as they were at the start: our own code after a program.

    A program may have replaced `__import__` or sys.meta_path, and its threads and
    atexit functions still count on it.
    """
    import_ = builtins.__dict__.get("__import__")
    names = ("meta_path", "path_hooks", "path_importer_cache")
    finders = [getattr(sys, name, None) for name in names]
    builtins.__import__ = BUILTINS["__import__"]
    set_finders()
    try:
        return function(*args)
    finally:
        builtins.__dict__["__import__"] = import_
        for name, value in zip(names, finders, strict=True):
            setattr(sys, name, value)


def set_finders() -> None:
    sys.meta_path = list(META_PATH)
    sys.path_hooks = list(PATH_HOOKS)
    sys.path_importer_cache = {}


def put_back() -> None:
    """Once the program and its threads are over: what all else stands on."""
    builtins.__dict__.update(BUILTINS)
    for name in [name for name in builtins.__dict__ if name not in BUILTINS]:
        del builtins.__dict__[name]
    sys.modules = MODULES
    MODULES.update(CORE)
    for name in [name for name in MODULES if not isinstance(name, str)]:
        del MODULES[name]
    for name in [name for name, module in MODULES.items() if module is None]:
        del MODULES[name]
    set_finders()


def start_collecting() -> None:
    """Switches the collector on (native/importer/zipimport_module.cc); what is there
    by now lives for ever, so it need not be looked at ever again."""
    global frozen
    gc.freeze()
    frozen = gc.get_freeze_count()
    gc.enable()


def reset() -> None:
    """Before the next program."""
    sys.excepthook = EXCEPTHOOK
    sys.displayhook = DISPLAYHOOK
    sys.unraisablehook = UNRAISABLEHOOK
    sys.breakpointhook = BREAKPOINTHOOK
    sys.settrace(None)
    sys.setprofile(None)
    sys.setrecursionlimit(RECURSION_LIMIT)
    sys.setswitchinterval(SWITCH_INTERVAL)
    sys.set_int_max_str_digits(INT_DIGITS)
    sys.set_asyncgen_hooks(None, None)
    for tool in range(6):
        if sys.monitoring.get_tool(tool) is not None:
            sys.monitoring.set_events(tool, 0)
            sys.monitoring.free_tool_id(tool)
    _warnings.filters[:] = WARNINGS
    _warnings._onceregistry.clear()
    _warnings._filters_mutated()  # type: ignore[attr-defined]
    gc.enable()
    if gc.get_freeze_count() > frozen:
        gc.unfreeze()
    gc.set_threshold(*GC_THRESHOLD)
    reset_signals()
    reset_stdlib()


def stop_timers() -> None:
    """What the program set: the signal would come to Node, which it ends."""
    for which in (_signal.ITIMER_REAL, _signal.ITIMER_VIRTUAL, _signal.ITIMER_PROF):
        if _signal.getitimer(which)[0]:
            _signal.setitimer(which, 0)


def reset_signals() -> None:
    _signal.set_wakeup_fd(-1)
    for number in _signal.valid_signals():
        default: Any = _signal.SIG_DFL
        if number == _signal.SIGINT:
            default = _signal.default_int_handler
        handler = _signal.getsignal(number)
        if handler is not None and handler != default:
            _signal.signal(number, default)


def loaded(*names: str) -> "Iterator[Any]":
    """Those of the stdlib's modules that are there, and None for the others."""
    return (MODULES.get(name) for name in names)


def reset_stdlib() -> None:
    """Settings that a program makes in stdlib modules for the whole process."""
    threading, asyncio, socket = loaded("threading", "asyncio", "socket")
    if threading is not None:
        threading.excepthook = threading.__excepthook__
        threading.settrace(None)
        threading.setprofile(None)
    if asyncio is not None:
        asyncio.set_event_loop_policy(None)
    if socket is not None:
        socket.setdefaulttimeout(None)
    reset_tools()


def reset_tools() -> None:
    """What watches a program ends with it, as with its process."""
    faulthandler, tracemalloc = loaded("faulthandler", "_tracemalloc")
    if faulthandler is not None:
        faulthandler.disable()
        faulthandler.cancel_dump_traceback_later()
        for number in _signal.valid_signals() - FAULTS:
            faulthandler.unregister(number)
    if tracemalloc is not None:
        tracemalloc.stop()


def join_threads() -> None:
    """Waits for what is not a daemon, as threading._shutdown does.

    That function itself works once a process: it marks the main thread as done.
    """
    threading = sys.modules.get("threading")
    if threading is None:
        return
    others = threads_of_others()
    if others:
        end_pools(others)
    else:
        for function in reversed(threading._threading_atexits):
            function()
    me = threading.current_thread()
    while True:
        alive = [
            thread
            for thread in threading.enumerate()
            if not thread.daemon and thread is not me and thread not in others
        ]
        if not alive:
            return
        alive[0].join()


def end_interpreters() -> None:
    """Ends the subinterpreters that the program left, as CPython does at exit: what they have
    printed is written. One that still runs stays, and where start() was called nobody knows whose
    they are.

    Source: Python/pylifecycle.c, finalize_subinterpreters.
    """
    interpreters = sys.modules.get("_interpreters")
    if interpreters is None or "inmem._session" in sys.modules:
        return
    for number, whence in interpreters.list_all():
        # Those of C code are for C code to end.
        if whence == interpreters.WHENCE_STDLIB and not interpreters.is_running(number):
            interpreters.destroy(number)


def threads_of_others() -> "set[Any]":
    """Threads that no run began: those of start() in lib/bridge."""
    session = MODULES.get("inmem._session")
    return {*session.threads, *session.own_threads} if session else set()


def end_pools(others: "set[Any]") -> None:
    """What concurrent.futures does at the end, for the run's own threads alone."""
    pools = sys.modules.get("concurrent.futures.thread")
    if pools is None:
        return
    for thread, queue in list(pools._threads_queues.items()):
        if thread in others:
            continue
        pool = thread._args[0]() if getattr(thread, "_args", None) else None
        if pool is not None:
            pool.shutdown(wait=False)
        queue.put(None)


def stop_daemons() -> None:
    """Daemon threads end with their program, as they would with its process.

    One that sits in C code ends when it comes back to Python.
    """
    threading = sys.modules.get("threading")
    if threading is None:
        return
    others = threads_of_others()
    me = threading.current_thread()
    for thread in threading.enumerate():
        dummy = isinstance(thread, threading._DummyThread)
        mine = thread is not me and not dummy and thread not in others
        if mine and thread.ident is not None:
            _inmem_job.stop_thread(thread.ident)


def restart_stdlib() -> None:
    """Undoes the marks that stdlib modules make when they think it is the end."""
    threads, processes, weakref, logging, multiprocessing = loaded(
        "concurrent.futures.thread",
        "concurrent.futures.process",
        "weakref",
        "logging",
        "multiprocessing.util",
    )
    if threads is not None:
        threads._shutdown = False
    if processes is not None:
        processes._global_shutdown = False
    if weakref is not None:
        weakref.finalize._shutdown = False
        weakref.finalize._registered_with_atexit = False
    if logging is not None:
        atexit.register(logging.shutdown)
    if multiprocessing is not None:
        multiprocessing._exiting = False
        atexit.register(multiprocessing._exit_function)
        from inmem import _processes

        _processes.restart()
