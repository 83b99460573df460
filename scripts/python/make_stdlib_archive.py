# scripts/python/make_stdlib_archive.py: pack the compiled standard library for the addon.
"""Run by the Python that was just built, so that the byte code is its own.

Every module lies twice in the archive: `os.pyc` stored, so that it can be unmarshalled where it
lies, and `os.py` deflated, for tracebacks and inspect. The same input gives the same bytes: entries
are sorted, time stamps fixed, and the caller sets PYTHONHASHSEED.
"""

import argparse
import os
import sys
import zipfile
from importlib import util
from importlib._bootstrap_external import _code_to_hash_pyc

EPOCH = (1980, 1, 1, 0, 0, 0)
# Tests, a GUI that is not built in, what is no part of the library proper.
SKIPPED_DIRS = {
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "lib-dynload",
    "site-packages",
    "__pycache__",
}


class Archive:
    """A zip whose bytes depend on its entries alone."""

    def __init__(self, path, prefix):
        self.zip = zipfile.ZipFile(path, "w")
        self.prefix = prefix
        self.entries = {}

    def add(self, name, data):
        """Take an entry; a module's source brings its code with it."""
        if name.endswith(".py"):
            self.entries[name + "c"] = (compile_module(name, data, self.prefix), zipfile.ZIP_STORED)
        self.entries[name] = (data, zipfile.ZIP_DEFLATED)

    def close(self):
        for name in sorted(self.entries):
            data, method = self.entries[name]
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            info.compress_type = method if data else zipfile.ZIP_STORED
            self.zip.writestr(info, data, compresslevel=9)
        self.zip.close()


def compile_module(name, source, prefix):
    """The bytes of an unchecked-hash .pyc: nothing of the machine or the day is in them."""
    code = compile(source, f"{prefix}/{name}", "exec", dont_inherit=True, optimize=0)
    return bytes(_code_to_hash_pyc(code, util.source_hash(source), False))


def add_stdlib(archive, stdlib):
    for folder, dirs, files in os.walk(stdlib):
        dirs[:] = sorted(d for d in dirs if d not in SKIPPED_DIRS and not d.startswith("config-"))
        for file in sorted(files):
            path = os.path.join(folder, file)
            name = os.path.relpath(path, stdlib)
            if not file.endswith((".pyc", ".so", ".a", ".exe", ".whl")):
                with open(path, "rb") as stream:
                    archive.add(name, stream.read())


def add_pip(archive, stdlib):
    """pip, from the wheel that ensurepip carries, as if installed."""
    bundled = os.path.join(stdlib, "ensurepip", "_bundled")
    wheels = [
        name
        for name in sorted(os.listdir(bundled))
        if name.startswith("pip-") and name.endswith(".whl")
    ]
    if len(wheels) != 1:
        sys.exit(f"{bundled}: expected one wheel of pip, found {wheels}")
    with zipfile.ZipFile(os.path.join(bundled, wheels[0])) as wheel:
        for name in sorted(wheel.namelist()):
            # Windows' launchers for scripts are of no use here.
            if not name.endswith(("/", ".exe")):
                archive.add(f"site-packages/{name}", wheel.read(name))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stdlib", required=True, help="the installed lib/pythonX.Y")
    parser.add_argument(
        "--prefix", required=True, help="the virtual folder of the modules, for co_filename"
    )
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    archive = Archive(options.output, options.prefix)
    add_stdlib(archive, options.stdlib)
    add_pip(archive, options.stdlib)
    archive.close()
    print(f"{len(archive.entries)} entries, {os.path.getsize(options.output)} bytes")


if __name__ == "__main__":
    main()
