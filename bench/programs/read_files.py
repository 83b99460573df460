# bench/programs/read_files.py: the time of open().read() of the small files beside this one.
import json
import os
import time

here = os.path.dirname(os.path.abspath(__file__))
names = [
    os.path.join(folder, name)
    for folder, _, names in sorted(os.walk(os.path.join(here, "files")))
    for name in sorted(names)
]


def read_all():
    total = 0
    started = time.perf_counter_ns()
    for name in names:
        with open(name, "rb") as file:
            total += len(file.read())
    return (time.perf_counter_ns() - started) / 1e6, total


# The first pass fills the caches of both sides.
read_all()
value, total = read_all()
ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
print(json.dumps({"ns": ns, "files": value, "count": len(names), "bytes": total}))
