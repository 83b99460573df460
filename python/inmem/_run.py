# python/inmem/_run.py: one run of a program, from sys.argv to the last thread.
"""What `python app.pyz` does around a program, many times in one process.

native/interpreter/run_job.cc calls, in this order: begin, program, outcome,
finish, end. Interrupts reach program and finish alone, where user code runs.
"""

import atexit
import builtins
import gc
import sys
from _contextvars import Context
from _frozen_importlib_external import PathFinder
from time import monotonic_ns

import _inmem
import _inmem_boot
import _inmem_job

from inmem import _keep, _world

# `typing` and what it needs would double the time to a program's first line.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

ModuleType = type(sys)

#: First argument of the error that says there is nothing to run.
NO_MAIN = object()

runs = 0
#: CLOCK_MONOTONIC when the program got its first line, in nanoseconds; 0: not yet.
began = 0


# --- before ------------------------------------------------------------------


def begin(job: "dict[str, Any]") -> None:
    global runs, began
    began = 0
    sys.path = [*job["points"], _inmem.stdlib]
    sys.argv = [job["points"][0], *job["args"]]
    sys.orig_argv = [sys.executable, *sys.argv]
    if runs:
        _world.reset()
    set_environment(job["environment"])  # Python may have started long before
    _keep.restore(job["points"])
    set_streams(job["pipes"])
    set_site_builtins()
    if not runs:
        _world.start_collecting()
    make_main()
    runs += 1


def make_main() -> None:
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main


def set_site_builtins() -> None:
    """`exit`, `help` and the like, as `site` makes them at their first use.

    To import `site` at every start, as the stock interpreter does, would cost a
    tenth of it.
    """
    for name in ("exit", "quit", "help", "copyright", "credits", "license"):
        setattr(builtins, name, site_builtin(name))


def site_builtin(name: str) -> "Any":
    def call(*args: "Any", **kwargs: "Any") -> "Any":
        import site

        site.setquit()
        site.setcopyright()
        site.sethelper()
        return getattr(builtins, name)(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    return call


def set_environment(pairs: "list[bytes]") -> None:
    """os.environ as the process has it now: C code and children agree."""
    import posix

    environment = dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)
    posix.environ.clear()
    posix.environ.update(environment)
    os = sys.modules.get("os")
    if os is not None:
        os.environ._data.clear()  # not through putenv: it is there already
        os.environ._data.update(environment)


def set_streams(pipes: "tuple[bool, bool, bool]") -> None:
    names = ("stdin", "stdout", "stderr")
    if not runs and not any(pipes):
        return  # those of the interpreter's start are fresh
    from inmem import _streams

    for fd, name in enumerate(names):
        make = _streams.to_javascript if pipes[fd] else _streams.of_process
        stream = make(fd)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


# --- the program -------------------------------------------------------------


def program(job: "dict[str, Any]") -> None:
    """Runs it; raises what it leaves uncaught."""
    # Context variables are the program's: decimal's and numpy's settings.
    Context().run(run_with_site, job)


def run_with_site(job: "dict[str, Any]") -> None:
    if "inmem._site" in sys.modules or any(_inmem.root_files(p, ".pth") for p in job["points"]):
        from inmem import _site

        _site.act(job["points"])
    run_module(job) if job["module"] is not None else run_bundle(job)


def outcome(
    error: "BaseException | None", abandoned: "Callable[[], bool]" = _inmem_job.abandoned
) -> "dict[str, Any]":
    """How the program ended; prints what the stock interpreter would print."""
    if error is None:
        return {"kind": "exit", "exit_code": 0}
    if type(error) is ImportError and error.args and error.args[0] is NO_MAIN:
        return {"kind": "error", "code": "ERR_INMEM_NO_MAIN", "message": error.args[1]}
    if isinstance(error, SystemExit):
        return {"kind": "exit", "exit_code": exit_code(error)}
    traceback = own_frames_cut(error.__traceback__)
    if not (isinstance(error, KeyboardInterrupt) and abandoned()):
        report_uncaught(error, traceback)
    described = _world.with_own_imports(describe, error, traceback)
    return {"kind": "exception", **described}


def run_bundle(job: "dict[str, Any]") -> None:
    point = job["points"][0]
    spec = _inmem_boot.Finder.find_spec("__main__", (point,))
    if spec is None and _inmem.kind(point) is None:  # a real folder
        spec = PathFinder.find_spec("__main__", [point])
    if spec is None or spec.submodule_search_locations is not None:
        raise ImportError(
            NO_MAIN,
            f"{point}: no __main__.py at the root (expected one, or the option"
            " `module`; or import from it with:"
            " inmem-python python --bundle FILE)",
        )
    run_main(spec)


def run_main(spec: "Any") -> None:
    main = sys.modules["__main__"]
    main.__dict__.update(
        __file__=spec.origin,
        __cached__=spec.cached,
        __loader__=spec.loader,
        __package__="",
        __spec__=spec,
    )
    code = spec.loader.get_code("__main__")
    global began
    began = monotonic_ns()
    exec(code, main.__dict__)


def run_module(job: "dict[str, Any]") -> None:
    """`python -m name`, with the bundle where the current folder would be."""
    import runpy

    global began
    began = monotonic_ns()
    runpy._run_module_as_main(job["module"], alter_argv=True)  # type: ignore[attr-defined]


def exit_code(error: "SystemExit") -> int:
    """The status that the process would end with; prints what it would print.

    Source: Python/pythonrun.c, _Py_HandleSystemExit.
    """
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        fits = -(1 << 63) <= code < 1 << 63  # a C long; else PyLong_AsLong's -1
        return code & 0xFF if fits else 0xFF
    flush()
    try:
        print(code, file=getattr(sys, "stderr", None))
    except Exception:  # noqa: BLE001 - a stream of the program
        pass
    return 1


def own_frames_cut(traceback: "TracebackType | None") -> "TracebackType | None":
    while traceback is not None and traceback.tb_frame.f_globals is globals():
        traceback = traceback.tb_next
    return traceback


def report_uncaught(error: "BaseException", traceback: "TracebackType | None") -> None:
    try:
        flush()
        hook = getattr(sys, "excepthook", _world.EXCEPTHOOK)
        hook(type(error), error.with_traceback(traceback), traceback)
    except BaseException as second:  # noqa: BLE001 - a hook of the program
        _world.EXCEPTHOOK(type(second), second, second.__traceback__)


def describe(
    error: "BaseException", traceback: "TracebackType | None", depth: int = 0
) -> "dict[str, Any]":
    """Type, message, traceback and cause of an exception, as plain values."""
    import traceback as tools

    try:
        message = str(error)
    except BaseException:  # noqa: BLE001 - __str__ is the program's
        message = "<exception str() failed>"
    cause = error.__cause__
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    return {
        "type": type(error).__name__,
        "message": message,
        "traceback": "".join(tools.format_exception(type(error), error, traceback)),
        "code": error_code(error),
        "cause": describe(cause, cause.__traceback__, depth + 1)
        if cause is not None and depth < 16
        else None,
    }


def error_code(error: "BaseException | None") -> str:
    """Our permanent code, where the error came from us: packages wrap it."""
    for _ in range(16):
        if error is None:
            break
        code = getattr(error, "inmem_code", "")
        if isinstance(code, str) and code:
            return code
        error = error.__cause__ or error.__context__
    return ""


# --- after -------------------------------------------------------------------


def finish() -> None:
    """Threads, atexit functions, output: in CPython's order at exit."""
    for step in (join_threads, atexit._run_exitfuncs, flush, finish_relays):
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - the program's code
            _world.EXCEPTHOOK(type(error), error, error.__traceback__)


def finish_relays() -> None:
    fork = sys.modules.get("inmem._fork")
    if fork is not None:
        fork.finish()


def join_threads() -> None:
    """Waits for what is not a daemon, as threading._shutdown does.

    That function itself works once a process: it marks the main thread as done.
    """
    threading = sys.modules.get("threading")
    if threading is None:
        return
    for function in reversed(threading._threading_atexits):
        function()
    me = threading.current_thread()
    while True:
        alive = [
            thread for thread in threading.enumerate() if not thread.daemon and thread is not me
        ]
        if not alive:
            return
        alive[0].join()


def flush() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name, None)
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except Exception:  # noqa: BLE001 - a closed pipe: nobody to tell
            pass


def end(job: "dict[str, Any]") -> "dict[str, Any]":
    """Lets the program's objects go.

    Gives the mount points still needed, when the program began and, if asked for,
    the modules' names.
    """
    stop_daemons()
    _world.stop_timers()
    _world.put_back()
    modules = module_report() if job["report"] else None
    _world.restart_stdlib()
    # Not cleared: a daemon thread that goes on needs its globals.
    sys.modules["__main__"] = ModuleType("__main__")
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        sys.__dict__.pop(name, None)
    keep = _keep.park()
    gc.collect()
    flush()
    return {"keep": keep, "began": began, "modules": modules}


def stop_daemons() -> None:
    """Daemon threads end with their program, as they would with its process.

    One that sits in C code ends when it comes back to Python.
    """
    threading = sys.modules.get("threading")
    if threading is None:
        return
    me = threading.current_thread()
    for thread in threading.enumerate():
        dummy = isinstance(thread, threading._DummyThread)
        if thread is not me and not dummy and thread.ident is not None:
            _inmem_job.stop_thread(thread.ident)


def module_report() -> "dict[str, list[str]]":
    """Names of the modules imported so far, by where they came from."""
    report: dict[str, list[str]] = {"memory": [], "disk": []}
    for name, module in sorted(sys.modules.items()):
        spec = _keep.spec_of(module)
        if spec is None or not spec.has_location or not spec.origin:
            continue
        virtual = _inmem.kind(spec.origin) is not None
        report["memory" if virtual else "disk"].append(name)
    return report
