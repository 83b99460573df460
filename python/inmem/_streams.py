# python/inmem/_streams.py: sys.stdin, stdout and stderr of a run.
"""Streams that end in JavaScript, and fresh ones over the process's own."""

import io

import _inmem_job

TYPE_CHECKING = False  # no `typing` on the way to a program's first line
if TYPE_CHECKING:
    from typing import Any


class Output(io.RawIOBase):
    """Bytes to JavaScript; blocks (without the GIL) while it lags behind."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def writable(self) -> bool:
        return True

    def write(self, data: "Any") -> int:
        return _inmem_job.write_output(self._fd, data)

    @property
    def name(self) -> str:
        return "<stdout>" if self._fd == 1 else "<stderr>"


class Input(io.RawIOBase):
    """Bytes from JavaScript; blocks (without the GIL) until there are any."""

    name = "<stdin>"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Any") -> int:
        data = _inmem_job.read_input(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def to_javascript(fd: int) -> io.TextIOWrapper:
    """A text stream whose other end is a run's option."""
    if fd == 0:
        return io.TextIOWrapper(io.BufferedReader(Input()), encoding="utf-8")
    errors = "backslashreplace" if fd == 2 else "strict"
    return io.TextIOWrapper(
        io.BufferedWriter(Output(fd)),
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
