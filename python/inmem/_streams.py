# python/inmem/_streams.py: sys.stdin, stdout and stderr of a run.
"""Streams that end in JavaScript, and fresh ones over the process's own.

The raw streams' write and readinto are C functions, as FileIO's are: in a method in
Python a signal's handler could raise between the transfer and its return, and the
buffer above would then write the same bytes again, or lose what was read.
"""

import io
from _functools import partial  # type: ignore[import-not-found]

import _inmem_job

from inmem import _fork


class Output(io.RawIOBase):
    """Bytes to JavaScript; blocks (without the GIL) while it lags behind."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.__dict__["write"] = partial(_inmem_job.write_output, fd)

    def writable(self) -> bool:
        return True

    @property
    def name(self) -> str:
        return "<stdout>" if self._fd == 1 else "<stderr>"


class Input(io.RawIOBase):
    """Bytes from JavaScript; blocks (without the GIL) until there are any."""

    name = "<stdin>"

    def __init__(self) -> None:
        self.__dict__["readinto"] = _inmem_job.read_into

    def readable(self) -> bool:
        return True


def to_javascript(fd: int) -> io.TextIOWrapper:
    """A text stream whose other end is a run's option."""
    if fd == 0:
        _fork.streams[fd] = Input()
        return io.TextIOWrapper(io.BufferedReader(_fork.streams[fd]), encoding="utf-8")
    _fork.streams[fd] = Output(fd)
    errors = "backslashreplace" if fd == 2 else "strict"
    return io.TextIOWrapper(
        io.BufferedWriter(_fork.streams[fd]),
        encoding="utf-8",
        errors=errors,
        line_buffering=True,
    )


def of_process(fd: int) -> "io.TextIOWrapper | None":
    """A fresh text stream over the process's own descriptor, as at start."""
    try:
        raw = io.FileIO(fd, "r" if fd == 0 else "w", closefd=False)
    except OSError:
        return None  # closed: Python too starts with None then
    if fd == 0:
        return io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8")
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding="utf-8",
        errors="backslashreplace" if fd == 2 else "surrogateescape",
        line_buffering=fd == 2 or raw.isatty(),
    )
