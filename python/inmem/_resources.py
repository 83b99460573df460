# python/inmem/_resources.py: virtual paths for importlib.resources and pkgutil.
"""Traversables over mounted archives."""

import io
from collections.abc import Iterator
from importlib.resources.abc import Traversable, TraversableResources
from types import ModuleType
from typing import Any

import _inmem

FILE = 1
FOLDER = 2


class VirtualPath(Traversable):
    """A file or folder of a mounted archive; need not exist."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __str__(self) -> str:
        return self._path

    def __fspath__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._path!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VirtualPath) and other._path == self._path

    def __hash__(self) -> int:
        return hash(self._path)

    @property
    def name(self) -> str:
        return self._path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        stem, dot, _ = self.name.rpartition(".")
        return stem if dot and stem else self.name

    @property
    def suffix(self) -> str:
        return self.name[len(self.stem) :]

    @property
    def parent(self) -> "VirtualPath":
        return VirtualPath(self._path.rpartition("/")[0])

    def iterdir(self) -> Iterator["VirtualPath"]:
        names = _inmem.listdir(self._path)
        if names is None:
            if _inmem.kind(self._path) == FILE:
                raise NotADirectoryError(20, "Not a directory", self._path)
            raise FileNotFoundError(2, "No such file or directory", self._path)
        return (VirtualPath(f"{self._path}/{name}") for name in names)

    def is_dir(self) -> bool:
        return _inmem.kind(self._path) == FOLDER

    def is_file(self) -> bool:
        return _inmem.kind(self._path) == FILE

    def exists(self) -> bool:
        return bool(_inmem.kind(self._path))

    def joinpath(self, *descendants: Any) -> "VirtualPath":
        path = self._path
        for part in descendants:
            for name in str(part).split("/"):
                if name == "..":
                    path = path.rpartition("/")[0]
                elif name not in ("", "."):
                    path = f"{path}/{name}"
        return VirtualPath(path)

    def __truediv__(self, child: Any) -> "VirtualPath":
        return self.joinpath(child)

    def read_bytes(self) -> bytes:
        data = _inmem.read(self._path)
        if data is None:
            if self.is_dir():
                raise IsADirectoryError(21, "Is a directory", self._path)
            raise FileNotFoundError(2, "No such file or directory", self._path)
        return data

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        with self.open("r", encoding=encoding, errors=errors) as file:
            return file.read()  # type: ignore[no-any-return]

    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if set(mode) - set("rbt"):
            raise OSError(30, "Read-only file system", self._path)
        raw = io.BytesIO(self.read_bytes())
        if "b" in mode:
            return raw
        return io.TextIOWrapper(raw, *args, **kwargs)


class Reader(TraversableResources):
    """Resources of the package whose folder is `folder`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def files(self) -> VirtualPath:
        return VirtualPath(self._folder)


def install(readers: ModuleType) -> None:
    """Namespace packages look for the folders of their paths with pathlib."""
    stock = readers.NamespaceReader._candidate_paths.__func__

    def candidates(cls: Any, path: str) -> Iterator[Any]:
        if _inmem.kind(path) is not None:
            yield VirtualPath(path)
        yield from stock(cls, path)

    readers.NamespaceReader._candidate_paths = classmethod(candidates)


def iter_modules(folder: str, prefix: str) -> Iterator[tuple[str, bool]]:
    """(name, is package) of the modules in a virtual folder, for pkgutil."""
    import inspect

    seen = set()
    for name in _inmem.listdir(folder) or ():
        path = f"{folder}/{name}"
        if _inmem.kind(path) == FOLDER:
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
