# bench/programs/sum_pss.py: the memory that several processes of one program take together.
"""usage: python3 -I sum_pss.py COUNT PROGRAM [ARGS...]

A program that has children by then is counted with them.

Prints {"value": KiB, ...}. The program says "ready" and waits for the end of its stdin. The sum is
that of all Pss, and of what memory files hold that no Pss counts: pages that were written and are
not mapped, such as those of a copy whose segments were mapped over.
"""

import json
import os
import re
import subprocess
import sys

HEADER = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ ([0-9a-f]+:[0-9a-f]+) (\d+)\s*(.*)$")


def mappings(pid):
    """Device and inode, the range as /proc/PID/map_files names it, path, and KiB by field."""
    found = []
    with open(f"/proc/{pid}/smaps") as smaps:
        for line in smaps:
            header = HEADER.match(line)
            if header:
                place = "-".join(f"{int(x, 16):x}" for x in line.split()[0].split("-"))
                found.append(((header[1], header[2]), place, header[3], {}))
                continue
            field, _, value = line.partition(":")
            if value.endswith("kB\n"):
                found[-1][3][field] = int(value.split()[0])
    return found


def with_children(pid):
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as children:
            found += [int(child) for child in children.read().split()]
    return found


def measure(pids):
    total = anonymous = 0
    counted = {}  # pages of memory files that some Pss counts
    held = {}
    for pid in pids:
        for file, place, path, fields in mappings(pid):
            total += fields["Pss"]
            anonymous += fields["Anonymous"]
            if not path.startswith("/memfd:"):
                continue
            counted[file] = counted.get(file, 0) + fields["Pss"] - fields["Anonymous"]
            # The link leads to the file, though it has no name. Only root may follow it.
            blocks = os.stat(f"/proc/{pid}/map_files/{place}").st_blocks
            held[file] = blocks // 2
    beyond = sum(max(0, held[file] - counted[file]) for file in held)
    return {
        "value": total + beyond,
        "pss": total,
        "anonymous": anonymous,
        "memoryFiles": len(held),
        "beyondPss": beyond,
    }


count = int(sys.argv[1])
command = sys.argv[2:]
children = [
    subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for _ in range(count)
]
try:
    for child in children:
        line = child.stdout.readline()
        if line != "ready\n":
            sys.exit(f"{command[0]} said {line!r} instead of 'ready'")
    pids = [pid for child in children for pid in with_children(child.pid)]
    result = {**measure(pids), "processes": len(pids)}
finally:
    for child in children:
        child.stdin.close()
for child in children:
    if child.wait() != 0:
        sys.exit(f"{command[0]} ended with {child.returncode}")
print(json.dumps(result))
