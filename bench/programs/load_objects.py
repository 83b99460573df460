# bench/programs/load_objects.py: the time that loading a list of shared objects takes.
"""INMEM_BENCH_OBJECTS: names below INMEM_BENCH_BASE (a folder, a mounted archive), one a line."""

import ctypes
import json
import os
import signal
import time

base = os.environ["INMEM_BENCH_BASE"]
names = os.environ["INMEM_BENCH_OBJECTS"].splitlines()
failed = {}

started = time.perf_counter_ns()
for name in names:
    try:
        ctypes.CDLL(f"{base}/{name}")
    except OSError as error:
        failed[name] = str(error)
value = (time.perf_counter_ns() - started) / 1e6

ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
print(json.dumps({"ns": ns, "loading": value, "failed": failed}), flush=True)

# Libraries that were loaded and never used may end badly: pybind11's want the
# GIL in a destructor. What is measured is over: both sides end at once.
if "INMEM_BENCH_KILL" in os.environ:
    os.kill(os.getpid(), signal.SIGKILL)
