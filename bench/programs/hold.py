# bench/programs/hold.py: imports a list of modules, says so, and stays until its stdin ends.
"""The list lies in the variable INMEM_BENCH_MODULES, installed wheels in INMEM_BENCH_SITE."""

import os
import sys

if "INMEM_BENCH_SITE" in os.environ:
    sys.path.append(os.environ["INMEM_BENCH_SITE"])
for name in os.environ["INMEM_BENCH_MODULES"].split():
    __import__(name)
print("ready", flush=True)
sys.stdin.read()
