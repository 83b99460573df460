# python/inmem/_keep.py: which modules stay between two runs.
"""Modules of equal content stay; others go; extension packages never go twice.

After a run its bundle's modules are parked, out of sys.modules. Before the next
run a top-level package comes back when every parked module of it has the same
bytes in the new bundle. One that holds C extensions cannot be loaded a second
time, so where the bytes differ importing it is an error that says so; a pure one
is forgotten and loaded anew.
"""

import sys
from types import ModuleType
from typing import NamedTuple

import _inmem
import _inmem_boot

Identity = tuple[int, int] | None


class Parked(NamedTuple):
    module: ModuleType
    point: str  # mount point it was loaded from
    name: str  # its file below the mount point; "" for a namespace package
    identity: Identity
    extension: bool


#: Top-level name -> its modules by full name.
parked: dict[str, dict[str, Parked]] = {}

#: Mount points that modules in sys.modules may come from: those of the run, and
#: older ones whose modules came back.
sources: set[str] = set()

#: Stdlib modules that a bundle's own modules of the same name hide in this run.
hidden: dict[str, ModuleType] = {}


def park() -> list[str]:
    """Takes the bundles' modules out of sys.modules.

    Gives the mount points that parked modules still need.
    """
    points = sorted(sources, key=len, reverse=True)
    records = {
        name: describe(module, points)
        for name, module in list(sys.modules.items())
        if name not in ("__main__", "__mp_main__")
    }
    # Only now: a namespace package looks its parent up to tell its path.
    for name, record in records.items():
        if record is not None:
            parked.setdefault(name.partition(".")[0], {})[name] = record
            del sys.modules[name]
        elif is_real_and_pure(sys.modules[name]):
            del sys.modules[name]
    sys.modules.update(hidden)
    hidden.clear()
    sources.clear()
    sources.update(
        record.point for group in parked.values() for record in group.values()
    )
    return sorted(sources)


def describe(module: ModuleType, points: list[str]) -> Parked | None:
    spec = getattr(module, "__spec__", None)
    if spec is None:
        return None
    if spec.origin is None or not spec.has_location:
        for folder in spec.submodule_search_locations or ():
            for point in points:
                if folder == point or folder.startswith(point + "/"):
                    return Parked(module, point, "", None, False)
        return None
    for point in points:
        if spec.origin.startswith(point + "/"):
            return Parked(
                module,
                point,
                spec.origin[len(point) + 1 :],
                _inmem.identity(spec.origin),
                isinstance(spec.loader, _inmem_boot.ExtensionLoader),
            )
    return None


def is_real_and_pure(module: ModuleType) -> bool:
    """A source module from a real folder: the next run finds its own."""
    spec = getattr(module, "__spec__", None)
    loader = getattr(spec, "loader", None)
    return type(loader).__name__ in ("SourceFileLoader", "SourcelessFileLoader")


def restore(points: list[str]) -> None:
    """Brings back what the new bundles hold unchanged; sets the conflicts."""
    _inmem_boot.conflicts.clear()
    sources.update(points)
    hide_stdlib(points)
    for top, group in list(parked.items()):
        if all(unchanged(record, points) for record in group.values()):
            for name, record in group.items():
                sys.modules[name] = record.module
            del parked[top]
        elif any(record.extension for record in group.values()):
            note_conflict(top, group, points)
        else:
            del parked[top]


def hide_stdlib(points: list[str]) -> None:
    """A bundle comes before the stdlib, also where an earlier run loaded that."""
    always = _inmem_boot.BUILTIN | _inmem_boot.FROZEN | {"encodings"}
    prefix = _inmem.stdlib + "/"
    tops = {
        name
        for name, module in sys.modules.items()
        if "." not in name
        and name not in always
        and (getattr(module, "__file__", None) or "").startswith(prefix)
    }
    shadowed = {top for top in tops if _inmem.find(top, points) is not None}
    if not shadowed:
        return
    for name in list(sys.modules):
        if name.partition(".")[0] in shadowed:
            hidden[name] = sys.modules.pop(name)


def unchanged(record: Parked, points: list[str]) -> bool:
    if not record.name:
        return any(_inmem.kind(point) for point in points)
    for point in points:
        identity = _inmem.identity(f"{point}/{record.name}")
        if identity is not None:
            return identity == record.identity
    return False


def note_conflict(top: str, group: dict[str, Parked], points: list[str]) -> None:
    """The package stays parked; if the new bundle has one too, it is refused."""
    for point in points:
        if _inmem.find(top, (point,)) is None:
            continue
        origin = next(record.point for record in group.values())
        _inmem_boot.conflicts[top] = (
            f"{point}!/{top}: another build of this extension package, from"
            f" {origin}, is loaded in this process and cannot be unloaded"
            " (expected the same files)"
        )
        return
