# lib/types/python/write_types.py: declarations of a bundle's modules, for lib/types/types.ts.
"""Speaks JSON, a line each. First comes the request: files (names in the bundle), modules, title.
Then this program asks for files by {"read": name} and gets {"text": latin-1}, until it says
{"types": text, "modules": [...], "warnings": [{file, line, message}], "names": count}.
"""

import json
import os
import sys

sys.dont_write_bytecode = True  # the package's folder is not ours to write to
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.setrecursionlimit(10_000)

from declarations import Declarations  # noqa: E402
from type_modules import ModuleIndex  # noqa: E402
from type_names import Names  # noqa: E402


def say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def read(name: str) -> bytes:
    say({"read": name})
    return json.loads(sys.stdin.readline())["text"].encode("latin-1")


def main() -> None:
    request = json.loads(sys.stdin.readline())
    index = ModuleIndex(request["files"])
    asked = request["modules"] or own_modules(index, request["distributed"])
    unknown = [name for name in asked if name not in index.files and name not in index.opaque]
    if unknown or not asked:
        known = sorted({name for name in index.files if "." not in name})
        say({"unknown": unknown, "known": known})
        return
    names = Names(index, read)
    declarations = Declarations(names, asked)
    declarations.write()
    for name in asked:
        if name in index.opaque:
            names.warn(name, 1, "no source and no stub: nothing is known of its names")
    warnings = [{"file": w.file, "line": w.line, "message": w.message} for w in names.warnings]
    count = sum(len(space.public) - 1 for space in declarations.namespaces.values() if space.public)
    text = declarations.text(request["head"])
    say({"types": text, "modules": asked, "warnings": warnings, "names": count})


def own_modules(index: ModuleIndex, distributed: list[str]) -> list[str]:
    """The application's own; where there are none, what the distributions have at their tops."""
    shared = set(distributed)
    every = [m for m in index.files if not m.split(".")[-1].startswith("_")]
    own = [m for m in every if index.files[m] not in shared and not is_hidden(m)]
    return sorted(own or [m for m in every if "." not in m])


def is_hidden(module: str) -> bool:
    return any(part.startswith("_") for part in module.split("."))


main()
