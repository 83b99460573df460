# python/inmem/_fork.py: output to JavaScript from processes that fork() made.
"""A forked child has no JavaScript to hand its output to: it writes to a pipe, and
a thread of the parent hands on what comes out of it. Its input is at its end."""

import posix
from _functools import partial  # type: ignore[import-not-found]

# As they are now: gevent replaces those of the module by greenlets.
from _thread import allocate_lock, start_new_thread

import _inmem_job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Raw streams of this run that end in JavaScript, by descriptor.
streams: "dict[int, Any]" = {}
#: For those of output, from the first fork of the run on.
relays: "dict[int, Relay]" = {}
in_child = False

#: How long a pipe may be silent at a run's end: children that go on are not waited for,
#: JavaScript is.
SILENCE_S = 0.2
#: How often that is waited for one that goes on writing.
MOST_SILENCES = 5


class Relay:
    """A pipe from children to one stream of JavaScript's."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._moved = 0
        self._handing_on = False
        self._ended = allocate_lock()
        self._ended.acquire()
        self._out, self.into = posix.pipe()
        for end in (self._out, self.into):
            posix.set_inheritable(end, False)
        start_new_thread(self._pump, ())

    def _pump(self) -> None:
        try:
            while data := posix.read(self._out, 65536):
                self._handing_on = True  # as long as the stream of JavaScript stands still
                if relays.get(self._fd) is self:  # not into the output of a later run
                    _inmem_job.write_output(self._fd, data)
                self._moved += len(data)
                self._handing_on = False
        finally:
            posix.close(self._out)
            self._ended.release()

    def finish(self) -> None:
        """Waits until what was written has arrived."""
        posix.close(self.into)
        before = -1
        waits = 0
        while waits < MOST_SILENCES and not self._ended.acquire(timeout=SILENCE_S):
            if self._handing_on:
                continue
            if self._moved == before:
                break
            before = self._moved
            waits += 1


def before_fork() -> None:
    if in_child:
        return
    for fd in streams:
        if fd != 0 and fd not in relays:
            relays[fd] = Relay(fd)


def after_fork_in_child() -> None:
    global in_child
    in_child = True
    for fd, stream in streams.items():
        if fd == 0:
            stream.__dict__["readinto"] = at_end
        else:
            stream.__dict__["write"] = partial(posix.write, relays[fd].into)


def at_end(_buffer: "Any") -> int:
    return 0


def finish() -> None:
    """At the end of a run."""
    if in_child:
        return
    for relay in relays.values():
        relay.finish()
    relays.clear()
    streams.clear()


posix.register_at_fork(before=before_fork, after_in_child=after_fork_in_child)
