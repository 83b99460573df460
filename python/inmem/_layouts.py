# python/inmem/_layouts.py: programs that other tools packed: pex, shiv, a site-packages folder.
"""Puts what such a tool would unpack on sys.path, where it lies.

Each of them starts with a program of its own that unpacks the rest and starts Python again;
that one is not run. Sources: PEX-INFO as pex's docs and pex_info.py have it, environment.json
of shiv's bootstrap/environment.py.
"""

import os
import sys

import _inmem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Program = Callable[[], None] | None


def prepare(point: str) -> "Program":
    """Gives what runs the program; None: its own ``__main__`` does."""
    if _inmem.kind(point) is None:
        add_real_folders(point)
        return None
    if _inmem.kind(f"{point}/PEX-INFO") == 1:
        return prepare_pex(point)
    add_site_folder(f"{point}/site-packages")
    if _inmem.kind(f"{point}/environment.json") == 1:
        return prepare_shiv(point)
    return None


def add_real_folders(folder: str) -> None:
    """As in a virtual environment, or as ``pip install --target`` leaves it."""
    version = "python{}.{}".format(*sys.version_info)
    for name in ("site-packages", f"lib/{version}/site-packages"):
        path = os.path.join(folder, name)
        if not os.path.isdir(path):
            continue
        import site

        end = len(sys.path)
        site.addsitedir(path)
        added = sys.path[end:]
        del sys.path[end:]
        insert(added)


def add_site_folder(folder: str) -> None:
    if _inmem.kind(folder) != 2:
        return
    insert([folder])
    from inmem import _site

    for name in sorted(_inmem.listdir(folder) or ()):
        if name.endswith(".pth") and not name.startswith("."):
            _site.add_file(folder, name)


def insert(folders: list[str]) -> None:
    """Behind the program's own, in front of the standard library."""
    end = sys.path.index(_inmem.stdlib) if _inmem.stdlib in sys.path else len(sys.path)
    sys.path[end:end] = [folder for folder in folders if folder not in sys.path]


# --- pex -----------------------------------------------------------------------


def prepare_pex(point: str) -> "Program":
    info = read_object(f"{point}/PEX-INFO")
    for name in info.get("distributions", {}):
        add_distribution(f"{point}/.deps/{name}", name)
    chosen = {name: os.environ.get(f"PEX_{name}") for name in ("MODULE", "SCRIPT", "INTERPRETER")}
    if info.get("strip_pex_env", True):  # they choose for this program, not for its children
        for name in chosen:
            os.environ.pop(f"PEX_{name}", None)
    for name, value in info.get("inject_env", {}).items():
        os.environ.setdefault(name, value)
    if (chosen["INTERPRETER"] or "").lower() in ("1", "true"):
        sys.path.insert(0, "")
        return as_python
    module, script = chosen["MODULE"], chosen["SCRIPT"]
    if module and script:
        sys.exit("PEX_MODULE and PEX_SCRIPT are both set (expected one of them)")
    if module:
        return entry_runner(module, point, "PEX_MODULE")
    if script:
        return script_runner(script, point)
    sys.argv[1:1] = info.get("inject_args", ())
    if info.get("script"):
        return script_runner(info["script"], point)
    return entry_runner(info.get("entry_point"), point, "PEX-INFO")


def add_distribution(path: str, name: str) -> None:
    if _inmem.kind(path) == 1:  # --no-pre-install-wheels
        from inmem import _mounts

        _mounts.mount(_inmem.read(path) or b"", None, name)
        return
    entries = [""]
    if _inmem.kind(f"{path}/.layout.json") == 1:
        entries = read_object(f"{path}/.layout.json").get("sys_path_entries", entries)
    for entry in entries:
        add_site_folder(os.path.normpath(f"{path}/{entry}"))


# --- shiv ----------------------------------------------------------------------


def prepare_shiv(point: str) -> "Program":
    info = read_object(f"{point}/environment.json")
    folder = f"{point}/site-packages"
    setting = os.environ.get
    first = setting("SHIV_PREPEND_PYTHONPATH", info.get("prepend_pythonpath"))
    if first:
        sys.path.insert(0, first)
    if info.get("preamble"):
        run_preamble(folder, info)
    if setting("SHIV_INTERPRETER"):
        return as_python
    script = setting("SHIV_CONSOLE_SCRIPT", info.get("script"))
    if script:
        return script_runner(script, point, [f"{folder}/bin"])
    entry = setting("SHIV_ENTRY_POINT", setting("SHIV_MODULE", info.get("entry_point")))
    return entry_runner(entry, point, "environment.json")


def run_preamble(folder: str, info: "dict[str, Any]") -> None:
    import runpy

    known = {"archive": sys.argv[0], "env": info, "site_packages": folder}
    runpy.run_path(f"{folder}/bin/{info['preamble']}", known, run_name="__main__")


# --- both ----------------------------------------------------------------------


def as_python() -> None:
    from inmem import _as_python

    _as_python.run()


def script_runner(name: str, point: str, folders: "list[str] | None" = None) -> "Program":
    from inmem import _scripts

    return lambda: _scripts.run(name, [point], folders)


def entry_runner(entry: "str | None", point: str, source: str) -> "Program":
    """`module:function`, or `module`, which runs as with -m."""

    def run() -> None:
        from inmem import _run

        if not entry:
            message = f"{point}: {source} names no entry point (expected one, or `module`)"
            raise ImportError(_run.NO_MAIN, message)
        if ":" not in entry:
            _run.run_module({"module": entry})
            return
        from importlib.metadata import EntryPoint

        sys.exit(EntryPoint("main", entry, "console_scripts").load()())

    return run


def read_object(path: str) -> "dict[str, Any]":
    import json

    value = json.loads(_inmem.read(path) or b"")
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise ImportError(f"{path}: JSON of a {kind} (expected an object)", path=path)
    return value
