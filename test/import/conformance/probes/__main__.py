# test/import/conformance/probes/__main__.py: runs every probe and prints what each found, as JSON.
"""python3 FOLDER OTHER REAL, and run() of the same as a bundle.

A fact is a function of a module of this folder; its key is module.function. Its value is what it
returns, or the exception that it raises. Paths that differ by nature are replaced: FOLDER by
<app>, OTHER by <other>, REAL by <real>, the standard library by <stdlib>.
"""

import importlib
import io
import json
import os
import re
import sys

import _facts

PROBES = (
    "specs errors imports paths resources metadata packages source programs sites archives"
    " interpreters setuptools_resources"
).split()


def plain(value):
    """The value as JSON has it, the same in both places."""
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=str)
    if value is None or isinstance(value, bool | int | float):
        return value
    return places(str(value))


def places(text):
    for path, word in WORDS:
        text = text.replace(path, word)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x...", text)
    # Which line of importlib a frame is at says nothing of what it does.
    return re.sub(r'(File "<frozen importlib[^"]*", line )\d+', r"\1...", text)


def fact(function):
    stderr, sys.stderr = sys.stderr, io.StringIO()
    path = list(sys.path)
    try:
        return plain(function())
    except Exception as error:
        return places(f"raises {type(error).__name__}: {error}")
    finally:
        sys.stderr = stderr
        sys.path[:] = path


def main():
    found = {}
    for name in PROBES:
        module = importlib.import_module(name)
        for key, function in list(vars(module).items()):
            if key.startswith("_") or getattr(function, "__module__", None) != name:
                continue
            found[f"{name}.{key}"] = fact(function)
    with open(sys.argv[4], "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1, sort_keys=True)


_facts.APP = sys.path[0]
_facts.OTHER, _facts.REAL = sys.argv[1:3]
STDLIB = os.path.dirname(os.__file__)
WORDS = ((_facts.APP, "<app>"), (_facts.OTHER, "<other>"), (_facts.REAL, "<real>"))
WORDS += ((STDLIB, "<stdlib>"), (sys.argv[3], "<tmp>"))
main()
