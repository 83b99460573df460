# python/inmem/_keep.py: which modules stay between two runs.
"""Packages of equal content stay; others go; extension packages never go twice.

After a run its bundles' modules are parked, out of sys.modules. Before the next
run a top-level package comes back when everything below its name is the same in
the new bundles, imported or not. One that holds C extensions cannot be loaded a
second time, so where it differs importing it is an error that says so; a pure one
is forgotten and loaded anew.
"""

import sys

import _inmem
import _inmem_boot
import _inmem_job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


class Group:
    """The loaded modules of one top-level name."""

    def __init__(self, modules: "dict[str, ModuleType]", signature: "tuple[int, ...]") -> None:
        self.modules = modules
        #: One digest for each mount that has the name.
        self.signature = signature
        #: Mount points that the modules came from.
        self.points = {point for point in map(origin_point, modules.values()) if point}
        self.extension = any(map(is_extension, modules.values()))


#: Top-level name -> what a later run may get back.
parked: "dict[str, Group]" = {}

#: Mount points that modules in sys.modules may come from: those of the run, and
#: older ones whose modules came back.
sources: "set[str]" = set()

#: Those of the run, in order, and what it mounts itself behind them.
points: "list[str]" = []

#: Stdlib modules that a bundle's own modules of the same name hide in this run.
hidden: "dict[str, ModuleType]" = {}


def restore(of_run: "list[str]") -> None:
    """Brings back what the new bundles hold unchanged; sets the conflicts."""
    _inmem_boot.conflicts.clear()
    points[:] = of_run
    forget_stale()
    _inmem_boot.dormant.clear()
    _inmem_boot.dormant.update(sources.difference(points))
    sources.update(points)
    settle_parked()
    hide_stdlib(points)


def forget_stale() -> None:
    """Mounts of earlier runs whose file is another now: a path leads to what is there."""
    for point in sources.difference(points):
        if not _inmem_job.is_current(point) and drop_parked(point):
            _inmem_job.unmount(point)


def add(point: str) -> None:
    """An archive that the program mounts: what it has counts from now on."""
    points.append(point)
    sources.add(point)
    settle_parked()


def drop(point: str) -> bool:
    """The opposite; False where modules of earlier runs still need the mount."""
    points.remove(point)
    return drop_parked(point)


def drop_parked(point: str) -> bool:
    for top in [top for top, group in parked.items() if point in group.points]:
        if not parked[top].extension:
            del parked[top]
    if any(point in group.points for group in parked.values()):
        return False
    sources.discard(point)
    return True


def settle_parked() -> None:
    tops = [top for top in parked if top not in sys.modules]
    if tops:
        for top, signature in zip(tops, signatures(tops), strict=True):
            settle(top, parked[top], signature)


def settle(top: str, group: "Group", signature: "tuple[int, ...]") -> None:
    if signature == group.signature:
        for name, module in group.modules.items():
            refresh_loader(name, module)
            sys.modules[name] = module
        del parked[top]
    elif not group.extension:
        del parked[top]
    elif signature:
        # It stays parked: a later run may have the first build again.
        _inmem_boot.conflicts[top] = (
            f"{points[0]}!/{top}: another build of this extension package, from"
            f" {min(group.points)}, is loaded in this process and cannot be"
            " unloaded (expected the same files)"
        )


def signatures(tops: "list[str]", where: "list[str] | None" = None) -> "list[tuple[int, ...]]":
    """For each name the digests of all that lies below it, mount by mount.

    Real folders have none: what is in them may change at any time.
    """
    where = points if where is None else where
    mounts = [point for point in where if _inmem.kind(point) is not None]
    columns = [_inmem.digests(point, tops) for point in mounts]
    if not columns:
        return [()] * len(tops)
    return [tuple(digest for digest in row if digest) for row in zip(*columns, strict=True)]


def refresh_loader(name: str, module: "ModuleType") -> None:
    """A bundle that was replaced is a new mount with entries of its own."""
    loader = getattr(spec_of(module), "loader", None)
    if isinstance(loader, _inmem_boot.VirtualLoader):
        folder = loader.path.rpartition("/")[0]
        if loader.is_package(name):
            folder = folder.rpartition("/")[0]
        found = _inmem.find(name.rpartition(".")[2], (folder,))
        if found is not None:
            _, loader._mount, loader._source, loader._bytecode, *_ = found


def park() -> "list[str]":
    """Takes the bundles' modules out of sys.modules after a run.

    Gives the mount points that parked modules still need.
    """
    groups: dict[str, dict[str, ModuleType]] = {}
    gone = []
    session = sys.modules.get("inmem._session")
    others = session.modules if session else {}
    # Its threads import, too, while a run goes; so may the run, from behind its own bundles.
    of_session = session.points if session else ()
    sources.update(of_session)  # folders that start() was given meanwhile, too
    for name, module in list(sys.modules.items()):
        if name in ("__main__", "__mp_main__"):
            continue
        if others.get(name) is module:
            continue
        point = origin_point(module)
        if point in of_session:
            continue
        if point is not None:
            groups.setdefault(name.partition(".")[0], {})[name] = module
            gone.append(name)
        elif is_real_and_pure(module):
            gone.append(name)
    tops = list(groups)
    for top, signature in zip(tops, signatures(tops), strict=True):
        parked[top] = Group(groups[top], signature)
    for name in gone:
        del sys.modules[name]
    sys.modules.update(hidden)
    hidden.clear()
    sources.clear()
    points.clear()
    _inmem_boot.zips.clear()
    _inmem_boot.dormant.clear()
    for group in parked.values():
        sources.update(group.points)
    return sorted(sources)


def origin_point(module: "ModuleType") -> "str | None":
    """The bundle's mount point that the module came from."""
    spec = spec_of(module)
    if spec is None:
        return None
    if spec.origin is not None and spec.has_location:
        return point_of(spec.origin)
    for folder in spec.submodule_search_locations or ():
        if isinstance(folder, str):
            point = point_of(folder)
            if point is not None:
                return point
    return None


def spec_of(module: "Any") -> "Any":
    """Its real spec, or None: programs put anything into sys.modules."""
    try:
        spec = module.__spec__
    except Exception:  # noqa: BLE001 - a __getattr__ of the program
        return None
    return spec if type(spec) is type(sys.__spec__) else None


def point_of(path: str) -> "str | None":
    """The innermost: a bundle may lie in a folder that is one as well."""
    around = [point for point in sources if path == point or path.startswith(point + "/")]
    return max(around, key=len, default=None)


def is_extension(module: "ModuleType") -> bool:
    return isinstance(spec_of(module).loader, _inmem_boot.ExtensionLoader)


def is_real_and_pure(module: "ModuleType") -> bool:
    """A module of Python from a real folder or zip file: the next run finds its own."""
    loader = getattr(spec_of(module), "loader", None)
    names = ("SourceFileLoader", "SourcelessFileLoader", "zipimporter")
    return type(loader).__name__ in names


def hide_stdlib(points: "list[str]") -> None:
    """A bundle comes before the stdlib, also where an earlier run loaded that."""
    always = _inmem_boot.BUILTIN | _inmem_boot.FROZEN | {"encodings"}
    prefix = _inmem.stdlib + "/"
    tops = {
        name
        for name, module in sys.modules.items()
        if "." not in name
        and name not in always
        and (getattr(spec_of(module), "origin", None) or "").startswith(prefix)
    }
    shadowed = {top for top in tops if _inmem.find(top, points) is not None}
    if not shadowed:
        return
    for name in list(sys.modules):
        if name.partition(".")[0] in shadowed:
            hidden[name] = sys.modules.pop(name)
