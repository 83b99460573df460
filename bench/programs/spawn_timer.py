# bench/programs/spawn_timer.py: the wall time of a program from its spawn to its exit.
"""usage: python3 -I spawn_timer.py PROGRAM [ARGS...]: prints {"value": milliseconds}.

Node's own spawn would add milliseconds of its own to the side it measures.
"""

import json
import os
import sys
import time

program = sys.argv[1:]
started = time.perf_counter_ns()
pid = os.posix_spawn(program[0], program, os.environ)
_, status = os.waitpid(pid, 0)
value = (time.perf_counter_ns() - started) / 1e6
if status != 0:
    sys.exit(f"{program} ended with {os.waitstatus_to_exitcode(status)}")
print(json.dumps({"value": value}))
