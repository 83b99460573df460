# python/inmem/_mounts.py: archives that come and go while a program runs.
"""Zip files on sys.path, and inmem.mount and unmount."""

from __future__ import annotations

import errno
import os
import stat
import sys
from _collections_abc import Buffer
from importlib.machinery import ModuleSpec

import _inmem
import _inmem_boot
import _inmem_job

from inmem import _keep

# `typing` and its like would take as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.abc import Loader
    from types import ModuleType
    from typing import Any
else:
    Loader = object


def mount(bundle: str | os.PathLike[str] | Buffer, index: int | None, name: str) -> str:
    if isinstance(bundle, str | os.PathLike):
        point = _inmem_job.mount(os.path.abspath(os.fspath(bundle)), None)
    elif isinstance(bundle, Buffer):
        point = _inmem_job.mount(name.replace("/", "_"), bundle)
    else:
        kind = type(bundle).__name__
        raise TypeError(f"mount() got {kind} (expected a path, or a zip file's bytes)")
    adopt(point)
    if point not in sys.path:
        sys.path.insert(end_of_bundles() if index is None else index, point)
    hand_on(_inmem_job.inherit, point)
    return point


def hand_on(change: Callable[[str], None], point: str) -> None:
    """Changes what Python children of this process get, and what os.environ says of it."""
    before = inherited_bundles()
    change(point)
    variables = os.environ._data  # type: ignore[attr-defined]  # not putenv: children are told
    if variables.get(b"INMEM_BUNDLES") == before:
        variables.pop(b"INMEM_BUNDLES", None)
        after = inherited_bundles()
        if after is not None:
            variables[b"INMEM_BUNDLES"] = after


def inherited_bundles() -> bytes | None:
    pairs = dict(pair.split(b"=", 1) for pair in _inmem_job.inherited())
    return pairs.get(b"INMEM_BUNDLES")


def end_of_bundles() -> int:
    return sys.path.index(_inmem.stdlib) if _inmem.stdlib in sys.path else len(sys.path)


def adopt(point: str) -> None:
    _inmem_boot.dormant.discard(point)
    if point not in _keep.points and point not in _inmem_boot.zips:
        _inmem_boot.zips.append(point)
        _keep.add(point)


def wake(fullname: str, point: str) -> ModuleSpec | None:
    """A program found a module in an archive that only modules of earlier runs kept mounted.

    From now on it is one of this run's; its modules come back, this one by the spec.
    """
    adopt(point)
    module = sys.modules.get(fullname)
    return None if module is None else ModuleSpec(fullname, KeptLoader(module))


class KeptLoader(Loader):
    """Gives a module that is loaded already, as it was."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


def mount_for(path: str) -> None:
    """Mounts the zip file that the real `path` is or lies in, if zipimport is not enough for it.

    A zip file of Python alone stays zipimport's: nobody shall see a difference. So does one that
    cannot be read: zipimport tells what is wrong with it.
    """
    file = path
    while True:
        try:
            mode = os.stat(file).st_mode
            break
        except (OSError, ValueError):
            file, _, tail = file.rpartition("/")
            if not file or not tail:
                return
    if not stat.S_ISREG(mode):
        return
    try:
        point = _inmem_job.mount(file, None)
        if _inmem.has_libraries(point) or _inmem.kind(f"{point}/inmem.json") == 1:
            adopt(point)
        elif point not in _keep.sources and point not in _keep.points:
            _inmem_job.unmount(point)
    except ImportError:
        pass


def refresh() -> None:
    """As importlib.invalidate_caches(): a file that was replaced or has gone counts."""
    for point in list(_inmem_boot.zips):
        if _inmem_job.is_current(point):
            continue
        try:
            _inmem_job.mount(point, None)
        except ImportError:
            forget(point)


def unmount(bundle: str | os.PathLike[str], force: bool) -> None:
    point = os.path.abspath(os.fspath(bundle))
    if point not in _inmem_boot.zips:
        known = ", ".join(_inmem_boot.zips) or "nothing"
        raise ValueError(f"{point}: not mounted by this program (expected one of: {known})")
    users = sorted(modules_from(point))
    if any(_keep.is_extension(sys.modules[name]) for name in users):
        force = False
    if users and not force:
        raise OSError(errno.EBUSY, f"{busy(users)}: {os.strerror(errno.EBUSY)}", point)
    for name in users:
        del sys.modules[name]
    hand_on(_inmem_job.disinherit, point)
    forget(point)


def busy(users: list[str]) -> str:
    extensions = [name for name in users if _keep.is_extension(sys.modules[name])]
    if extensions:
        return f"{extensions[0]} is an extension module, which cannot be unloaded"
    more = f" and {len(users) - 1} more" if len(users) > 1 else ""
    return f"{users[0]}{more} imported from it (expected no module, or force=True)"


def modules_from(point: str) -> Iterator[str]:
    for name, module in list(sys.modules.items()):
        if _keep.origin_point(module) == point:
            yield name


def forget(point: str) -> None:
    """Out of sys.path and all that is remembered of it."""
    sys.path[:] = [entry for entry in sys.path if not is_below(entry, point)]
    for entry in [entry for entry in sys.path_importer_cache if is_below(entry, point)]:
        del sys.path_importer_cache[entry]
    _inmem_boot.zips.remove(point)
    if _keep.drop(point):
        _inmem_job.unmount(point)


def is_below(entry: Any, point: str) -> bool:
    return isinstance(entry, str) and (entry == point or entry.startswith(point + "/"))


def in_order() -> list[str]:
    found = [entry for entry in sys.path if entry in _keep.points or entry in _inmem_boot.zips]
    return list(dict.fromkeys(found))
