# bench/programs/import_modules.py: the time that importing a list of modules takes.
"""The list lies in the variable INMEM_BENCH_MODULES: the same for a bundle and for a script.

A script finds installed wheels in INMEM_BENCH_SITE, behind the standard library as in a venv.
"""

import os
import sys
import time

names = os.environ["INMEM_BENCH_MODULES"].split()
if "INMEM_BENCH_SITE" in os.environ:
    sys.path.append(os.environ["INMEM_BENCH_SITE"])
# What the start of the interpreter has imported already costs nothing here,
# and is not the same on both sides.
loaded = sum(name in sys.modules for name in names)

started = time.perf_counter_ns()
for name in names:
    __import__(name)
value = (time.perf_counter_ns() - started) / 1e6

import json  # noqa: E402

# Virtual files are files, too; their loaders know the archive.
real = (m for m in list(sys.modules.values()) if not hasattr(m.__spec__ and m.__loader__, "_mount"))
files = [getattr(module, "__file__", None) or "" for module in real]
print(
    json.dumps(
        {
            "ns": time.clock_gettime_ns(time.CLOCK_MONOTONIC),
            "imported": value,
            "already": loaded,
            "modules": len(sys.modules),
            "from_disk": sum(os.path.isfile(f) and not f.startswith("/proc/") for f in files),
        }
    )
)
