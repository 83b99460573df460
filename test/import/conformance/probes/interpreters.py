# test/import/conformance/probes/interpreters.py: subinterpreters import as the main one does.
import _interpreters
import json
import os

import _facts


def _in_another(code, config="isolated"):
    """What `code` leaves in `found`."""
    read, write = os.pipe()
    interpreter = _interpreters.create(config)
    try:
        body = "\n".join("    " + line for line in code.splitlines())
        program = f"""
import json, os, sys
sys.path.insert(0, {_facts.APP!r})
def work():
{body}
    return found
os.write({write}, json.dumps(work(), default=str).encode())
"""
        failed = _interpreters.run_string(interpreter, program)
        if failed is not None:
            return failed.formatted
        os.close(write)
        write = -1
        return json.loads(os.read(read, 100_000))
    finally:
        _interpreters.destroy(interpreter)
        os.close(read)
        if write >= 0:
            os.close(write)


def modules():
    code = "import odd.lazy, nsp.first\nfound = [odd.lazy.__file__, nsp.first.X, odd.computed]"
    return _in_another(code), _in_another(code, "legacy")


def resources():
    return _in_another(
        "from importlib.resources import files\n"
        "found = (files('odd') / 'data' / 'words.txt').read_text('utf-8')"
    )


def metadata():
    return _in_another("from importlib.metadata import version\nfound = version('odd-dist')")


def extension():
    return _in_another("import markupsafe._speedups as s\nfound = s.__file__", "legacy")


def stdlib():
    return _in_another("import asyncio, decimal, email, ssl\nfound = asyncio.__file__")


def error():
    return _in_another(
        "try: import odd.raises\nexcept ValueError:\n"
        "    import traceback\n    found = traceback.format_exc().splitlines()[-2:]"
    )


def settings_are_its_own():
    return _in_another("import odd\nfound = hasattr(odd, 'MARK')")
