# python/inmem/_metadata.py: importlib.metadata over mounted archives.
"""Distributions whose dist-info lies in a virtual folder of the search path."""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import DistributionFinder, PathDistribution
from types import ModuleType
from typing import Any

import _inmem

from inmem._resources import VirtualPath


def install(metadata: ModuleType) -> None:
    """Keeps the stock finder from opening bundles a second time, as zip files."""
    finder = metadata.MetadataPathFinder
    stock = finder._search_paths

    def search_paths(name: str, paths: Iterable[str]) -> Any:
        return stock(name, [path for path in paths if not is_virtual(path)])

    finder._search_paths = search_paths


def is_virtual(path: Any) -> bool:
    return isinstance(path, str) and _inmem.kind(path) is not None


def normalize(name: str) -> str:
    """PEP 503's form, with '_' as dist-info folders spell it."""
    return re.sub(r"[-_.]+", "_", name).lower()


def find_distributions(
    context: DistributionFinder.Context | None = None,
) -> Iterator[PathDistribution]:
    wanted = normalize(context.name) if context and context.name else None
    for entry in context.path if context else sys.path:
        for name in _inmem.listdir(entry) or () if isinstance(entry, str) else ():
            stem, dot, suffix = name.rpartition(".")
            if suffix not in ("dist-info", "egg-info"):
                continue
            if wanted is None or normalize(stem.partition("-")[0]) == wanted:
                yield PathDistribution(VirtualPath(f"{entry}/{name}"))
