# python/inmem/_absent.py: why a module cannot be found, where that is known.
"""Parts of the standard library that are left out; extensions for other Pythons."""

import sys

import _inmem

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not loaded: with site, which looks for sitecustomize, each start comes here.
    from collections.abc import Sequence

#: Parts of the standard library that are left out, and why.
ABSENT = {
    "_tkinter": "Tcl/Tk is not part of this build: it cannot be linked statically"
    " and needs its own script library on disk",
    "tkinter": "Tcl/Tk is not part of this build",
    "turtledemo": "Tcl/Tk is not part of this build",
    "idlelib": "Tcl/Tk is not part of this build",
    "_gdbm": "GNU dbm is under the GPL and left out; use dbm.sqlite3",
    "_dbm": "no ndbm library is linked; use dbm.sqlite3",
    "test": "CPython's own tests are not part of the in-memory stdlib",
}


def tell(fullname: str, path: "Sequence[str] | None") -> None:
    """Raises what explains it best; nothing where there is nothing to explain."""
    if path is None and fullname in ABSENT:
        raise ModuleNotFoundError(
            f"No module named {fullname!r}: {ABSENT[fullname]}", name=fullname
        )
    tail = fullname.rpartition(".")[2]
    for folder in sys.path if path is None else path:
        if not isinstance(folder, str) or folder == _inmem.stdlib:
            continue
        for name in _inmem.listdir(folder) or ():
            if name.startswith(tail + ".") and name.endswith(".so"):
                raise_wrong_python(fullname, f"{folder}/{name}")


def wrong_python_advice(tag: str) -> str:
    """What to do about an extension with `tag` in its file's name."""
    # .cpython-313-x86_64-linux-gnu.so
    implementation, version, machine = _inmem.ext_suffix[1:].split("-")[:3]
    wheel = "cp" + version
    if tag.endswith("-musl"):
        return "it is for musl, Alpine's C library: bundle the manylinux wheel"
    if tag.startswith(f"{implementation}-{version}t-"):
        return f"it is for the free-threaded Python, another ABI: bundle the wheel for {wheel}"
    if tag.startswith(f"{implementation}-{version}-"):
        return f"it is for another processor: bundle the wheel for {machine}"
    return f"it is for another version of Python: bundle the {wheel} or abi3 wheel"


def raise_wrong_python(fullname: str, path: str) -> None:
    tag = path.rpartition("/")[2].split(".")[-2]
    error = ImportError(
        f"{path}: extension module for another Python or platform"
        f" (expected {_inmem.ext_suffix}, .abi3.so or .so); {wrong_python_advice(tag)}",
        name=fullname,
        path=path,
    )
    error.inmem_code = "ERR_INMEM_WRONG_PYTHON"  # type: ignore[attr-defined]
    raise error
