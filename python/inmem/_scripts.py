# python/inmem/_scripts.py: `run app.pyz:NAME`: a command that a distribution brings.
"""Runs what pip would have put into the folder of programs.

A console or gui script is a function named in entry_points.txt; a script is a file of
the wheel's own, which the bundle keeps below its prefix.
"""

import sys
from importlib.metadata import EntryPoint, distributions

import _inmem

from inmem import _run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS = ("console_scripts", "gui_scripts")


def run(name: str, points: list[str], folders: "list[str] | None" = None) -> None:
    """Calls the function, or runs the file; exits as the installed command does."""
    for folder in folders or script_folders(points):
        path = f"{folder}/{name}"
        if "/" not in name and _inmem.kind(path) == 1:
            run_file(path)
            return
    found = next((entry for entry in commands() if entry.name == name), None)
    if found is None:
        raise ImportError(_run.NO_MAIN, missing(name, points))
    sys.argv[0] = f"{points[0]}/{_run.PREFIX_FOLDER}/bin/{name}"
    sys.exit(found.load()())


def commands() -> "Iterator[EntryPoint]":
    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group in GROUPS:
                yield entry


def script_folders(points: list[str]) -> list[str]:
    folders = (_run.PREFIX_FOLDER + "/bin", "site-packages/bin")
    return [f"{point}/{folder}" for point in points for folder in folders]


def run_file(path: str) -> None:
    """As `python FILE` does; what is no source is not ours to run."""
    data = _inmem.read(path) or b""
    if data.startswith(b"\x7fELF"):
        raise ImportError(
            _run.NO_MAIN,
            f"{path}: a program for the processor (expected a Python script; it can be"
            " started from the bundle's program by subprocess)",
        )
    interpreter = data[:256].partition(b"\n")[0].decode(errors="replace")
    if interpreter.startswith("#!") and "python" not in interpreter:
        raise ImportError(
            _run.NO_MAIN,
            f"{path}: a script for {interpreter[2:].strip()} (expected a Python script; it can be"
            " started from the bundle's program by subprocess)",
        )
    from importlib.machinery import ModuleSpec, SourceFileLoader

    sys.argv[0] = path
    loader = SourceFileLoader("__main__", path)
    spec = ModuleSpec("__main__", loader, origin=path)
    spec.has_location = True
    _run.run_main(spec)


def missing(name: str, points: list[str]) -> str:
    known = ", ".join(names(points)) or "none"
    return f"{points[0]}: no command {name} in it (it has: {known})"


def no_main(points: list[str]) -> str:
    bundle, known = points[0], names(points)
    commands = ""
    if known:
        commands = f" or a command, as {bundle}:{known[0]} (it has: {', '.join(known)}),"
    return (
        f"{bundle}: no __main__.py at the root (expected one,{commands} or the option `module`;"
        " or import from it with: inmem-python python --bundle FILE)"
    )


def names(points: list[str]) -> list[str]:
    found = {entry.name for entry in commands()}
    for folder in script_folders(points):
        found.update(_inmem.listdir(folder) or ())
    return sorted(found)
