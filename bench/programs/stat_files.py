# bench/programs/stat_files.py: the time that os.stat of real paths takes.
import json
import os
import sys
import threading
import time

names = [os.path.join("/usr/bin", name) for name in sorted(os.listdir("/usr/bin"))[:100]]

# One that waits is enough for the C library to lock as processes with threads
# have to.
if os.environ.get("INMEM_BENCH_THREAD"):
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def stat_all():
    started = time.perf_counter_ns()
    for _ in range(200):
        for name in names:
            os.stat(name)
    return (time.perf_counter_ns() - started) / 1e6


stat_all()
value = min(stat_all() for _ in range(5))
ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
print(json.dumps({"ns": ns, "stat": value, "count": len(names), "virtual": sys.prefix}))
