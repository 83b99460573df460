# python/inmem/_processes.py: multiprocessing between two programs.
"""Its helper processes would end with a program's process, and what was set is the
program's own."""

import os
import time
from multiprocessing import context, forkserver, process, resource_tracker
from typing import Any

#: A helper that a child of the program still holds is left to itself.
PATIENCE_S = 1.0

#: While a run goes, of lib/bridge's start(): helpers that it began, its temporary folder, its
#: way to start processes.
helpers: set[int | None] = set()
tempdir: str | None = None
method: Any = None


def set_aside() -> None:
    global tempdir, method
    tempdir, method = take_settings()
    server: Any = forkserver._forkserver
    tracker: Any = resource_tracker._resource_tracker
    helpers.update((server._forkserver_pid, tracker._pid))


def take_settings() -> tuple[str | None, Any]:
    config = process.current_process()._config  # type: ignore[attr-defined]
    default: Any = context._default_context
    taken = config.pop("tempdir", None), default._actual_context
    default._actual_context = None
    return taken


def restart() -> None:
    global tempdir, method
    take_settings()
    if tempdir is not None:
        process.current_process()._config["tempdir"] = tempdir  # type: ignore[attr-defined]
    context._default_context._actual_context = method  # type: ignore[attr-defined]
    server: Any = forkserver._forkserver
    if server._forkserver_pid not in helpers:
        stop(server._forkserver_alive_fd, server._forkserver_pid)
        server.__init__()
    tracker: Any = resource_tracker._resource_tracker
    if tracker._pid not in helpers:
        stop(tracker._fd, tracker._pid)
        tracker._fd = tracker._pid = None
    helpers.clear()
    tempdir = method = None


def stop(alive: int | None, pid: int | None) -> None:
    """Closes the pipe that keeps a helper going, and waits for its end."""
    if alive is None or pid is None:
        return
    os.close(alive)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return
        except ChildProcessError:
            return
        time.sleep(0.005)
