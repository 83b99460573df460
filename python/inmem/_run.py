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

#: First argument of the errors that say there is nothing to run, and their codes.
NO_MAIN = object()
OTHER_PYTHON = object()
NOTHING_TO_RUN = {
    NO_MAIN: "ERR_INMEM_NO_MAIN",
    OTHER_PYTHON: "ERR_INMEM_WRONG_PYTHON",
}

#: What tells that another tool made the zip, or that it has a folder of packages.
FOREIGN = ("PEX-INFO", "site-packages", "environment.json")

#: What a wheel installs outside of site-packages, in a bundle (lib/bundle/kind.ts).
PREFIX_FOLDER = "inmem.prefix"
MANIFEST = "inmem.json"

runs = 0
#: A run is going: sys.argv, the streams and their like are its own.
going = False
#: CLOCK_MONOTONIC when the program got its first line, in nanoseconds; 0: not yet.
began = 0
#: Output of the program could not be written.
lost = False
#: Why, for native/interpreter/run_job.cc to tell, outside of our frames.
unflushed: "Exception | None" = None


# --- before ------------------------------------------------------------------


def begin(job: "dict[str, Any]") -> None:
    global runs, going, began, lost, unflushed
    going = True
    began = 0
    lost = False
    unflushed = None
    session = of_session()
    behind = session.points if session else []
    sys.path = [*job["points"], *behind, _inmem.stdlib]
    sys.argv = [job["points"][0], *job["args"]]
    sys.orig_argv = [sys.executable, *sys.argv]
    set_prefix(job)
    if runs:
        _world.reset()
    set_environment(job["environment"])  # Python may have started long before
    _keep.restore([*job["points"], *behind])
    if session:
        session.before_run(job["points"])
    set_streams(job["pipes"])
    set_site_builtins()
    if not runs:
        _world.start_collecting()
    make_main()
    runs += 1


def of_session() -> "Any":
    """inmem._session, where start() of lib/bridge was called."""
    return sys.modules.get("inmem._session")


def roots(job: "dict[str, Any]") -> "dict[str, list[str]]":
    """What is to be known of the roots of the bundles: asked once, it is a pass over all names."""
    found: dict[str, list[str]] | None = job.get("roots")
    if found is None:
        names = (*FOREIGN, PREFIX_FOLDER, MANIFEST)
        found = {point: _inmem.root_names(point, names, ".pth") for point in job["points"]}
        job["roots"] = found
    return found


def set_prefix(job: "dict[str, Any]") -> None:
    """Data files, headers and scripts of wheels are below it, as in a virtual environment."""
    folders = (
        f"{point}/{PREFIX_FOLDER}" for point, names in roots(job).items() if PREFIX_FOLDER in names
    )
    sys.prefix = sys.exec_prefix = next(folders, sys.base_prefix)


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
    os = sys.modules.get("os")
    # Not through putenv: it is there already. Never empty between: other threads may look.
    for known in (posix.environ, *([] if os is None else [os.environ._data])):
        for name in known.keys() - environment.keys():
            del known[name]
        known.update(environment)


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
    for point, names in roots(job).items():
        if MANIFEST in names:
            refuse_other_python(point)
    has_pth = any(name.endswith(".pth") for names in roots(job).values() for name in names)
    if "inmem._site" in sys.modules or has_pth:
        from inmem import _site

        _site.act(job["points"])
    own_main = foreign_main(job)
    if job["script"] is not None:
        from inmem import _scripts

        _scripts.run(job["script"], job["points"])
    elif job["module"] is not None:
        run_module(job)
    elif own_main is not None:
        own_main()
    else:
        run_bundle(job)


def refuse_other_python(point: str) -> None:
    """A bundle says which Python its byte code and extensions are for."""
    # Our own writer has the tag in the first line but three; the rest may be megabytes.
    start = _inmem.start(f"{point}/{MANIFEST}", 300) or b""
    tag = start.partition(b'"tag": "')[2].partition(b'"')[0].decode(errors="replace")
    ours = "cp{}{}".format(*sys.version_info)
    if tag.startswith("cp3") and tag != ours:
        raise ImportError(
            OTHER_PYTHON,
            f"{point}: made for Python 3.{tag[3:]} ({tag}); this is Python"
            f" {sys.version.split()[0]} (expected {ours}: bundle it for this one)",
        )


def foreign_main(job: "dict[str, Any]") -> "Callable[[], None] | None":
    point = job["points"][0]
    real = _inmem.kind(point) is None
    if not real and not any(name in FOREIGN for name in roots(job)[point]):
        return None
    from inmem import _layouts

    return _layouts.prepare(point)


def outcome(
    error: "BaseException | None", abandoned: "Callable[[], bool]" = _inmem_job.abandoned
) -> "dict[str, Any]":
    """How the program ended; prints what the stock interpreter would print."""
    if error is None:
        return {"kind": "exit", "exit_code": 0}
    if type(error) is ImportError and error.args and type(error.args[0]) is object:
        code = NOTHING_TO_RUN.get(error.args[0])
        if code is not None:
            return {"kind": "error", "code": code, "message": error.args[1]}
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
        from inmem import _scripts

        raise ImportError(NO_MAIN, _scripts.no_main(job["points"]))
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


def describe(error: "BaseException", traceback: "TracebackType | None") -> "dict[str, Any]":
    from inmem import _describe

    return _describe.describe(error, traceback)


# --- after -------------------------------------------------------------------


def finish() -> None:
    """Threads, atexit functions, output: in CPython's order at exit."""
    before = (_world.join_threads, atexit._run_exitfuncs)
    for step in (*before, last_flush, _world.end_interpreters, finish_relays):
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - the program's code
            _world.EXCEPTHOOK(type(error), error, error.__traceback__)


def finish_relays() -> None:
    fork = sys.modules.get("inmem._fork")
    if fork is not None:
        fork.finish()


def last_flush() -> None:
    """Source: Python/pylifecycle.c, flush_std_files."""
    global lost, unflushed
    for name in ("stdout", "stderr"):
        error = flush_error(name)
        if error is None:
            continue
        lost = True
        if name == "stdout":
            unflushed = error.with_traceback(own_frames_cut(error.__traceback__))


def flush() -> None:
    for name in ("stdout", "stderr"):
        flush_error(name)


def flush_error(name: str) -> "Exception | None":
    stream = getattr(sys, name, None)
    try:
        if stream is not None and not stream.closed:
            stream.flush()
    except Exception as error:  # noqa: BLE001 - a closed pipe, a full disk, a stream of the program
        return error
    return None


def end(job: "dict[str, Any]") -> "dict[str, Any]":
    """Lets the program's objects go.

    Gives the mount points still needed, when the program began, if asked for the
    modules' names, and whether output was lost.
    """
    _world.stop_daemons()
    _world.stop_timers()
    _world.put_back()
    modules = module_report() if job["report"] else None
    _world.restart_stdlib()
    # Not cleared: a daemon thread that goes on needs its globals.
    sys.modules["__main__"] = ModuleType("__main__")
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        sys.__dict__.pop(name, None)
    keep = _keep.park()
    flush()
    global going
    going = False
    session = of_session()
    if session:
        session.after_run()
        keep = sorted({*keep, *session.points})
    gc.collect()
    return {"keep": keep, "began": began, "modules": modules, "lost": lost}


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
