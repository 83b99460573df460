// lib/measure/timed-python.ts: what a python that we did not make runs, to be measured like the rest.

/**
 * `python -I -c THIS FOLDER [ARGS...]`: runs the folder as `python FOLDER` does and tells, on
 * descriptor 3, when the program began and ended by CLOCK_MONOTONIC, and what it took. Imports
 * nothing before the program but what every start has.
 */
export const TIMED_PYTHON = `
import sys, time
from _frozen_importlib_external import PathFinder
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0])
hold = sys.argv.pop(1) == "hold"
spec = PathFinder.find_spec("__main__", [sys.argv[0]])
if spec is None:
    sys.exit(f"{sys.argv[0]}: no __main__.py")
main = sys.modules["__main__"] = type(sys)("__main__")
main.__dict__.update(
    __builtins__=__builtins__, __file__=spec.origin, __spec__=spec, __loader__=spec.loader,
    __package__="",
)
code = spec.loader.get_code("__main__")
status = 0
began = time.monotonic_ns()
try:
    exec(code, main.__dict__)
except SystemExit as error:
    status = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
ended = time.monotonic_ns()
import json, os, resource
spent = resource.getrusage(resource.RUSAGE_SELF)
told = {
    "began": began, "ended": ended, "exitCode": status,
    "cpu": (spent.ru_utime + spent.ru_stime) * 1e3, "peakBytes": spent.ru_maxrss * 1024,
}
os.write(3, (json.dumps(told) + "\\n").encode())
if hold:
    os.read(4, 1)
os._exit(status)
`;
