# python/inmem/_packages.py: pkgutil over mounted archives.
"""pkgutil asks finders by their type; ours is a FileFinder whose folder may be a bundle's root."""

from collections.abc import Iterator
from types import ModuleType

import _inmem
import _inmem_boot


def install(pkgutil: ModuleType) -> None:
    pkgutil.iter_importer_modules.register(
        _inmem_boot.PathEntryFinder, _inmem_boot.PathEntryFinder.iter_modules
    )


def iter_modules(folder: str, prefix: str) -> Iterator[tuple[str, bool]]:
    """(name, is package) of the modules in a virtual folder."""
    import inspect

    seen = set()
    for name in _inmem.listdir(folder) or ():
        path = f"{folder}/{name}"
        if _inmem.kind(path) == 2:
            if "." in name or _inmem.find("__init__", (path,)) is None:
                continue
            module, package = name, True
        else:
            found = inspect.getmodulename(name)
            if found is None or found == "__init__":
                continue
            module, package = found, False
        if module not in seen:
            seen.add(module)
            yield prefix + module, package
