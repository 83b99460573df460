# bench/programs/load_objects.py: the time that loading a list of shared objects takes.
"""INMEM_BENCH_OBJECTS: names below INMEM_BENCH_BASE (a folder, a mounted archive), one a line."""

import ctypes
import json
import os
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
print(json.dumps({"ns": ns, "loading": value, "failed": failed}))
