# bench/programs/hold.py: imports a list of modules, says so, and stays until its stdin ends.
"""The list lies in the variable INMEM_BENCH_MODULES, installed wheels in INMEM_BENCH_SITE.

With INMEM_BENCH_CHILDREN it then starts itself so many times, and says so when they are ready too.
"""

import os
import subprocess
import sys

if "INMEM_BENCH_SITE" in os.environ:
    sys.path.append(os.environ["INMEM_BENCH_SITE"])
for name in os.environ["INMEM_BENCH_MODULES"].split():
    __import__(name)

count = int(os.environ.pop("INMEM_BENCH_CHILDREN", "0"))
children = [
    subprocess.Popen([sys.executable, sys.argv[0]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for _ in range(count)
]
for child in children:
    if child.stdout.readline() != b"ready\n":
        sys.exit("a child is not ready")
print("ready", flush=True)
sys.stdin.read()
for child in children:
    child.stdin.close()
for child in children:
    if child.wait() != 0:
        sys.exit(f"a child ended with {child.returncode}")
