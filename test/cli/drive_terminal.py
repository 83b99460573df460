# test/cli/drive_terminal.py: runs a command on a terminal of its own and types into it.
#
# usage: drive_terminal.py STEPS COMMAND...
# STEPS is JSON: [[text to wait for, keys to type], ...]. Prints what the
# command showed, and last its exit status (-N: ended by signal N).
import json
import os
import pty
import select
import sys
import time

TIMEOUT_SECONDS = 20


def main() -> None:
    steps = json.loads(sys.argv[1])
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    shown = b""
    for awaited, keys in steps:
        seen = read_until(terminal, awaited.encode())
        shown += seen
        if awaited.encode() not in seen:
            print(shown.decode(errors="replace"))
            sys.exit(f"did not show {awaited!r}")
        time.sleep(0.1)  # a terminal that switches modes drops what comes too early
        os.write(terminal, keys.encode())
    shown += read_until(terminal, None)
    print(shown.decode(errors="replace"))
    print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def read_until(terminal: int, awaited: bytes | None) -> bytes:
    seen = b""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline and (awaited is None or awaited not in seen):
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        seen += chunk
    return seen


main()
