# lib/bundle/python/run_pip.py: pip, with environment markers that are true for another target.
"""usage: run_pip.py MARKERS PIP_ARGUMENTS...

pip's --platform and --python-version choose the files, but markers ("; python_version < '3.12'")
it takes from the Python that runs it. MARKERS (JSON) stands in for these.
"""

import json
import runpy
import sys
from typing import Any

from pip._vendor.packaging import markers

own_environment = markers.default_environment
wanted: dict[str, str] = json.loads(sys.argv.pop(1))


def environment() -> Any:
    return {**own_environment(), **wanted}


markers.default_environment = environment
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
