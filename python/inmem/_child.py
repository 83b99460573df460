# python/inmem/_child.py: run(bundle, { process: true }): a program in a process of its own.
"""The launcher's part of a run that JavaScript started in a child.

lib/process-run.ts starts ``python -c "from inmem._child import main; main()"``
and speaks through one descriptor: it writes a job as JSON and ends; we answer in
lines of JSON that begin with its mark: the outcome, when the program has ended;
then, if it was asked for, what was loaded, at the end of the process.

json is read and written by its parts in C: the module itself imports re and
what that needs, a third of the start, and a program that has a module of such a
name of its own would get the one that is there already.
"""

import atexit
import posix
import sys
from _json import encode_basestring_ascii, make_encoder, make_scanner

import _inmem
import _inmem_job

from inmem import _run, _world

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Where the parent put its end of the channel.
CHANNEL = 3

#: What the program forks has the channel too, and is not asked.
PROCESS = posix.getpid()

#: Its device and inode: a program that closes all descriptors may have another file there.
channel_file = (0, 0)

#: What tells our lines from what the program writes there.
mark = ""


def main() -> None:
    """Runs the job; leaves with the program's exit status."""
    posix.set_inheritable(CHANNEL, False)
    global channel_file, mark
    channel_file = file_of_channel()
    job = read_job()
    mark = job.pop("mark")
    begin(job)
    error: BaseException | None = None
    try:
        _run.program(job)
    except BaseException as raised:  # noqa: BLE001 - the program's
        assert raised.__traceback__ is not None
        error = raised.with_traceback(raised.__traceback__.tb_next)  # without this frame
    outcome = _run.outcome(error, lambda: False)
    send(outcome)
    # Threads, atexit functions and output: as at the end of any process.
    raise SystemExit(outcome.get("exit_code", 1)) from None


def begin(job: "dict[str, Any]") -> None:
    sys.path = [*job["points"], _inmem.stdlib]
    sys.argv = [job["points"][0], *job["args"]]
    sys.orig_argv = [sys.executable, *sys.argv]
    _run.set_prefix(job)
    _run.set_site_builtins()
    for piped, stream in zip(job["pipes"], (sys.stdout, sys.stderr), strict=True):
        if piped and stream is not None:
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    if job["crash_report"]:
        _inmem_job.enable_crash_report()
    if job["report"]:
        atexit.register(send_report)  # the first: called after those of the program
    _world.start_collecting()
    _run.make_main()


class Decoding:
    """What the scanner asks for. Source: Lib/json/decoder.py, JSONDecoder."""

    strict = True
    object_hook = object_pairs_hook = parse_constant = None
    parse_float = float
    parse_int = int


def read_job() -> "dict[str, Any]":
    with open(CHANNEL, "rb", closefd=False) as channel:
        text = channel.read().decode()
    job: dict[str, Any]
    job, _ = make_scanner(Decoding)(text, 0)  # type: ignore[arg-type] # typeshed: a scanner
    return job


def file_of_channel() -> "tuple[int, int]":
    status = posix.fstat(CHANNEL)
    return status.st_dev, status.st_ino


def send_report() -> None:
    send({"kind": "report", "objects": _inmem.shared_objects(), "modules": _run.module_report()})


def send(message: "dict[str, Any]") -> None:
    if posix.getpid() != PROCESS:
        return
    # Source: Lib/json/encoder.py, JSONEncoder.iterencode.
    encode = make_encoder(None, repr, encode_basestring_ascii, None, ": ", ", ", False, False, True)
    data = (mark + "".join(encode(message, 0)) + "\n").encode()
    try:
        if file_of_channel() != channel_file:
            return
        while data:
            data = data[posix.write(CHANNEL, data) :]
    except OSError:
        pass  # the program closed it, or the parent is gone: the exit status is left
