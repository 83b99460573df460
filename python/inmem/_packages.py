# python/inmem/_packages.py: pkgutil over mounted archives.
"""pkgutil asks finders by their type; ours is a FileFinder that lists no real folder."""

from types import ModuleType

import _inmem_boot


def install(pkgutil: ModuleType) -> None:
    pkgutil.iter_importer_modules.register(
        _inmem_boot.PathEntryFinder, _inmem_boot.PathEntryFinder.iter_modules
    )
