# python/inmem/_session.py: what the bridge's programs have, beside and between runs.
"""The bundles, arguments and streams of lib/bridge's start().

A run has the interpreter's settings for itself while it goes. What a session has stands
behind the run's own, stays loaded when the run ends, and is put back then.
"""

from __future__ import annotations

import gc
import io
import sys
import threading

import _inmem
import _inmem_boot
import _inmem_job

from inmem import _exits, _keep, _mounts, _run, _world

# `typing` and its like would take as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

#: Mount points and real folders, in the order of sys.path.
points: list[str] = []
arguments: list[str] = [""]
#: sys.stdin, stdout and stderr that were set for the session.
streams: dict[str, Any] = {}

STREAMS = ("stdin", "stdout", "stderr")

#: While a run goes: what `sys` had before, modules and threads that are not its own.
before: dict[str, Any] = {}
modules: dict[str, ModuleType] = {}
threads: set[threading.Thread] = set()

#: Threads of the bridge itself, which no run ends or waits for.
own_threads: set[threading.Thread] = set()

begun = False


def open(new_points: list[str], args: list[str] | None, environment: list[bytes]) -> None:
    """Adds a session's bundles. The first begins what a run would have begun."""
    global begun
    if not begun:
        begun = True
        if not _run.runs:
            _world.start_collecting()
            _run.runs += 1  # from now on a run finds a world to put back
        elif not running():
            put_streams_back()  # an earlier run's are there
        if not running():
            _run.set_site_builtins()
            sys.path = [_inmem.stdlib]
            sys.argv = arguments
            write_lines()
        _exits.begin(running())
    if not running():  # a later start() may have variables as well
        _run.set_environment(environment)
    if args is not None:
        arguments[:] = ["", *args]
    for point in new_points:
        if point not in points:
            points.append(point)
            show(point)


def running() -> bool:
    """Whether a run is going: it has the settings."""
    return bool(_run.going)


def show(point: str) -> None:
    if _inmem.kind(point) is None:  # a real folder
        if point not in sys.path:
            sys.path.insert(_mounts.end_of_bundles(), point)
        return
    _mounts.adopt(point)
    if point not in sys.path:
        sys.path.insert(_mounts.end_of_bundles(), point)
    _mounts.hand_on(_inmem_job.inherit, point)
    if any(name.endswith(".pth") for name in _inmem.root_names(point, (), ".pth")):
        from inmem import _site

        _site.act([point])


def close(gone: list[str]) -> None:
    """Takes a session's bundles off the path. What was imported from them stays."""
    for point in gone:
        if point in points:
            points.remove(point)
        if not running():
            sys.path[:] = [entry for entry in sys.path if entry != point]


# --- around a run ----------------------------------------------------------------


def before_run(of_run: list[str]) -> None:
    """Notes what is not the run's, and hides what its bundles have another build of."""
    before.clear()
    before.update((key, getattr(sys, key, None)) for name in STREAMS for key in keys(name))
    modules.clear()
    modules.update(
        (name, module)
        for name, module in sys.modules.items()
        if isinstance(name, str) and name not in ("__main__", "__mp_main__")
    )
    threads.clear()
    threads.update(threading.enumerate())
    tops = {
        name.partition(".")[0]
        for name, module in modules.items()
        if _keep.origin_point(module) is not None
    }
    hide(sorted(tops), of_run)
    _exits.before_run()


def hide(tops: list[str], of_run: list[str]) -> None:
    ours = _keep.signatures(tops, points)
    theirs = _keep.signatures(tops, of_run)
    for top, mine, other in zip(tops, ours, theirs, strict=True):
        if not other or mine == other:
            continue
        members = {name for name in modules if name.partition(".")[0] == top}
        if any(_keep.is_extension(modules[name]) for name in members):
            _inmem_boot.conflicts[top] = (
                f"{of_run[0]}!/{top}: another build of this extension package is loaded by"
                " start() in this process and cannot be unloaded (expected the same files)"
            )
        for name in members:
            del sys.modules[name]


def after_run() -> None:
    """The run's own has gone: the session's comes back."""
    _exits.after_run()
    sys.modules.update(modules)
    modules.clear()
    threads.clear()
    _inmem_boot.conflicts.clear()
    sys.path = [_inmem.stdlib]
    sys.argv = arguments
    for point in points:
        show(point)
    put_streams_back()
    write_lines()
    _run.set_site_builtins()
    hooks = sys.modules.get("inmem._hooks")
    if hooks:
        hooks.apply()
    gc.enable()


def put_streams_back() -> None:
    """Those of a run are of no use when it has ended: what is written there is lost."""
    for name in STREAMS:
        fresh = None if name in before else of_process(name)  # the session began beside the run
        for key in keys(name):
            setattr(sys, key, before.get(key, fresh))
    before.clear()


def set_stream(name: str, stream: Any) -> None:
    """sys.stdin, stdout or stderr of the session; None: the process's own."""
    if stream is None:
        streams.pop(name, None)
        stream = of_process(name)
    else:
        streams[name] = stream
    for key in keys(name):
        if running():
            before[key] = stream
        else:
            setattr(sys, key, stream)
    if not running():
        write_lines()


def keys(name: str) -> tuple[str, str]:
    return name, f"__{name}__"


def of_process(name: str) -> Any:
    from inmem import _streams

    return _streams.of_process(STREAMS.index(name))


def write_lines() -> None:
    """The process's own output shows lines as they are written, between JavaScript's: there is no
    end of a program that would show the rest."""
    if isinstance(sys.stdout, io.TextIOWrapper) and "stdout" not in streams:
        sys.stdout.reconfigure(line_buffering=True)
