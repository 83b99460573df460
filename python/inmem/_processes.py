# python/inmem/_processes.py: multiprocessing between two programs.
"""Its helper processes would end with a program's process, and what was set is the
program's own."""

import os
import time
from multiprocessing import context, forkserver, process, resource_tracker
from typing import Any

#: A helper that a child of the program still holds is left to itself.
PATIENCE_S = 1.0


def restart() -> None:
    process.current_process()._config.pop("tempdir", None)  # type: ignore[attr-defined]
    context._default_context._actual_context = None  # type: ignore[attr-defined]
    server: Any = forkserver._forkserver
    stop(server._forkserver_alive_fd, server._forkserver_pid)
    server.__init__()
    tracker: Any = resource_tracker._resource_tracker
    stop(tracker._fd, tracker._pid)
    tracker._fd = tracker._pid = None


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
