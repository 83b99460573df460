# test/isolation/cxx/main.py: calls the C++ module and prints what it found, on disk as in memory
import json
import os
import subprocess
import sys

import _cxx

facts = {
    "streams": _cxx.streams(),
    "exceptions": _cxx.exceptions(),
    "casts": _cxx.casts(),
    "uniques": _cxx.uniques(),
}
# os.environ reaches C, the variable `environ` and child processes, and goes again.
os.environ["CXX_OF_PYTHON"] = "set by Python"
facts["environment"] = [_cxx.environment(name) for name in ("CXX_GIVEN", "CXX_OF_PYTHON")]
facts["child"] = subprocess.run(
    ["/bin/sh", "-c", "echo $CXX_OF_PYTHON"], check=True, capture_output=True, text=True
).stdout
del os.environ["CXX_OF_PYTHON"]
facts["gone"] = _cxx.environment("CXX_OF_PYTHON")
sys.stdout.flush()
print(json.dumps(facts), flush=True)
