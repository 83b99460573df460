# python/inmem/_boot.py: the importer: installed before the first import.
"""Finds and loads modules from mounted archives, the stdlib's included.

Frozen into the addon as ``_inmem_boot`` and run by the frozen ``encodings``,
before any module that is neither builtin nor frozen exists. So it imports only
what the interpreter's core has loaded by then.

Its code objects carry importlib's own file name, so that the interpreter cuts
these frames from tracebacks as it cuts importlib's.
"""

import builtins
import sys
from _thread import get_ident

import _inmem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType
    from typing import Any

    bootstrap: Any
    external: Any
else:
    # Their inner parts: what importlib's own loaders are made of.
    import _frozen_importlib as bootstrap
    import _frozen_importlib_external as external

#: Builtin modules win over sys.path, as in stock CPython; so does our own package.
BUILTIN = frozenset({*sys.builtin_module_names, "inmem"} - {"zipimport"})

#: Frozen stdlib modules win over sys.path too; here they have source.
#: Source: Tools/build/freeze_modules.py, FROZEN.
FROZEN = frozenset(
    "abc codecs io _collections_abc _sitebuiltins genericpath ntpath posixpath"
    " os site stat runpy importlib zipimport __hello__ __phello__".split()
)

#: Top-level packages that cannot be imported in this run, and why (see _keep).
conflicts: "dict[str, str]" = {}


#: Stdlib modules that are told of us right after they were loaded: module name ->
#: the module of ours whose ``install`` does it.
INSTALL = {
    "posixpath": "_paths",
    "ssl": "_ssl",
    "site": "_site",
    "subprocess": "_subprocess",
    "pkgutil": "_packages",
    "venv": "_venv",
    "ensurepip": "_ensurepip",
}


#: Mount points of real zip files that were found on sys.path, and of what the program
#: mounted itself.
zips: "list[str]" = []


#: Mount points that modules of earlier runs still need, and this run has not asked for.
dormant: "set[str]" = set()


class VirtualLoader:
    """What loaders of source and of bytecode share: their entries in an archive."""

    is_package: "Any"

    def __init__(self, name: str, path: str, mount: int, source: int, bytecode: int) -> None:
        self.name = name
        self.path = path
        self._mount = mount
        self._source = source
        self._bytecode = bytecode

    def __repr__(self) -> str:
        return f"<inmem.{type(self).__name__} {self.name!r} at {self.path!r}>"

    def get_code(self, fullname: str) -> "CodeType":
        path = self.path
        if fullname != self.name:
            path = self.get_filename(fullname)  # type: ignore[attr-defined] # raises
        code = _inmem.code(self._mount, self._bytecode, self._source, path)
        if code is None:
            code = self.source_to_code(self.get_data(path), path)  # type: ignore[attr-defined]
        return code

    def get_data(self, path: str) -> bytes:
        return read_file(path)


class Loader(VirtualLoader, external.SourceFileLoader):  # type: ignore[misc]
    """Loads a module from its source, or the bytecode beside it where that is fresh."""


class InstallingLoader(Loader):
    """Of those few stdlib modules that are told of us."""

    def exec_module(self, module: "ModuleType") -> None:
        super().exec_module(module)
        ours = __import__("inmem", fromlist=[INSTALL[self.name]])
        getattr(ours, INSTALL[self.name]).install(module)


class BytecodeLoader(VirtualLoader, external.SourcelessFileLoader):  # type: ignore[misc]
    """Loads a module that is bytecode alone."""


class ExtensionLoader(external.ExtensionFileLoader):  # type: ignore[misc]
    """Stock loading by path: dlopen itself knows virtual paths."""

    def create_module(self, spec: "ModuleSpec") -> "ModuleType":
        try:
            check_interpreter(spec.name, self.path)
            return super().create_module(spec)  # type: ignore[no-any-return]
        except ImportError as error:
            code = _inmem.take_load_error()
            if code:
                error.inmem_code = code  # type: ignore[attr-defined]
            elif "subinterpreters" in str(error):
                error.inmem_code = "ERR_INMEM_NEEDS_SHARED"  # type: ignore[attr-defined]
                error.add_note(
                    f"{spec.origin}: this extension module cannot be in an interpreter with a GIL"
                    " of its own (expected one that supports it: use this one in the shared"
                    " interpreter, by start() without `interpreter`)"
                )
            raise

    def get_data(self, path: str) -> bytes:
        return read_file(path)


def check_interpreter(name: str, path: str) -> None:
    """A module of one phase is refused in an isolated interpreter before its code runs, which
    CPython refuses after that: numpy's would be of no use to the main one from then on."""
    if _inmem.checks_extensions() and b"\0PyModuleDef_Init\0" not in read_file(path):
        message = f"module {name} does not support loading in subinterpreters"
        raise ImportError(message, name=name, path=path)


def read_file(path: str) -> bytes:
    """Bytes of the virtual file, or of a real one where path is not ours."""
    data = _inmem.read(path)
    if data is not None:
        return data
    kind = _inmem.kind(path)
    if kind is None:
        with open(path, "rb") as file:
            return file.read()
    if kind == 2:
        raise IsADirectoryError(21, "Is a directory", path)
    if _inmem.kind(path.rpartition("/")[0]) == 1:
        raise NotADirectoryError(20, "Not a directory", path)
    raise FileNotFoundError(2, "No such file or directory", path)


def make_spec(fullname: str, found: "tuple[Any, ...]") -> "ModuleSpec":
    kind, mount, source, bytecode, origin, cached, folder = found
    for point in dormant:
        if origin.startswith(point + "/"):
            from inmem import _mounts

            kept = _mounts.wake(fullname, point)
            if kept is not None:
                return kept
            break
    if kind == 1:
        loader: Any = ExtensionLoader(fullname, origin)
    else:
        kind = BytecodeLoader if source < 0 else Loader
        if fullname in INSTALL and origin.startswith(_inmem.stdlib):
            kind = InstallingLoader
        loader = kind(fullname, origin, mount, source, bytecode)
    spec = bootstrap.ModuleSpec(fullname, loader, origin=origin, is_package=folder is not None)
    spec._set_fileattr = True
    if cached is not None:
        spec.cached = cached
    if folder is not None:
        spec.submodule_search_locations.append(folder)
    return spec  # type: ignore[no-any-return]


class Finder:
    """sys.meta_path[0]: answers where every path entry before is virtual.

    The first real entry of the path hands the whole search to PathFinder, which
    comes to PathEntryFinder for the virtual ones: the order of sys.path holds.
    """

    @staticmethod
    def find_spec(
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        if path is None:
            if fullname in BUILTIN:
                return None
            if conflicts and fullname in conflicts:
                raise_conflict(fullname)
            path = (_inmem.stdlib,) if fullname in FROZEN else sys.path
        if sys.path_hooks[:1] != OWN_HOOK:
            return None  # a program put its own in front
        tail = fullname.rpartition(".")[2]
        found = _inmem.find(tail, path, sys.path_importer_cache, PathEntryFinder)
        return None if found is None else make_spec(fullname, found)

    @staticmethod
    def invalidate_caches() -> None:
        if zips:
            from inmem import _mounts

            _mounts.refresh()


class PathEntryFinder(external.FileFinder):  # type: ignore[misc]
    """sys.path_hooks[0]: finds in one virtual folder, for PathFinder.

    A FileFinder for those who choose by type what to do with a finder.
    """

    def __init__(self, path: str) -> None:
        self.path: str = external._path_abspath(path)
        folder = _inmem.canonical(self.path)
        if folder is None or _inmem.kind(folder) != 2:
            raise ImportError("not a virtual folder", path=path)
        self._folder = folder

    def __repr__(self) -> str:
        return f"<inmem.PathEntryFinder {self.path!r}>"

    def find_spec(self, fullname: str, target: "ModuleType | None" = None) -> "ModuleSpec | None":
        tail = fullname.rpartition(".")[2]
        found = _inmem.find(tail, (self._folder,))
        if found is not None:
            return make_spec(fullname, self.spelled(found))
        # A portion is one of the names in the folder: `import_module("json.")` finds none.
        if not tail or "/" in tail or _inmem.kind(f"{self._folder}/{tail}") != 2:
            return None
        spec = bootstrap.ModuleSpec(fullname, None, is_package=True)
        # A namespace portion.
        spec.submodule_search_locations.append(external._path_join(self.path, tail))
        return spec  # type: ignore[no-any-return]

    def spelled(self, found: "tuple[Any, ...]") -> "tuple[Any, ...]":
        """Its paths begin as this entry of the path is written."""
        if self.path == self._folder:
            return found
        start = self.path.rstrip("/")
        return *found[:4], *(path and start + path[len(self._folder) :] for path in found[4:])

    def iter_modules(self, prefix: str = "") -> "Iterator[tuple[str, bool]]":
        from inmem import _packages

        return _packages.iter_modules(self._folder, prefix)

    def invalidate_caches(self) -> None:
        pass


class SiteFinder:
    """sys.meta_path[0] of a subinterpreter up to its first own import.

    Then `site`, which it does without, would have acted on .pth files: before, while the
    interpreter is being made, they could not be.
    """

    @staticmethod
    def find_spec(
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        if "__main__" not in sys.modules:
            return None
        if SiteFinder in sys.meta_path:  # no other thread was faster
            sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not SiteFinder]
            from inmem import _site

            for point in _inmem.site_points():
                _site.add(point)
        # Who goes through the list as it is now would pass over the next.
        return Finder.find_spec(fullname, path, target)


class LastFinder:
    """sys.meta_path[-1]: nobody found the module; says why where it is known."""

    @staticmethod
    def find_spec(
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> None:
        from inmem import _absent

        _absent.tell(fullname, path)


def raise_conflict(fullname: str) -> None:
    error = ImportError(conflicts[fullname], name=fullname)
    error.inmem_code = "ERR_INMEM_EXTENSION_CONFLICT"  # type: ignore[attr-defined]
    raise error


#: Threads that are at it in zip_hook.
looking: "set[int]" = set()


class LaterFinder:
    """For what cannot be looked into yet: it is asked what it is at a later import."""

    def __init__(self, path: str) -> None:
        self.path = path

    def find_spec(self, fullname: str, target: "ModuleType | None" = None) -> "ModuleSpec | None":
        if not can_look():
            return None
        sys.path_importer_cache.pop(self.path, None)
        finder = external.PathFinder._path_importer_cache(self.path)
        return None if finder is None else finder.find_spec(fullname, target)


def can_look() -> bool:
    """Not while the interpreter is being made, nor while zip_hook imports what it needs itself.

    open() is what it gets last before `__main__`, which runpy takes away for a moment.
    """
    return hasattr(builtins, "open") and get_ident() not in looking


def zip_hook(path: str) -> "Any":
    """A real zip file, or a folder in one: mounted at its own path.

    Stock zipimport has what we refuse to read; it is not loaded for a real folder.
    """
    if external._path_isdir(path):
        raise ImportError("not a Zip file", path=path)
    try:
        external._path_stat(path)
    except FileNotFoundError:  # the overlays of pip's builds, say: not worth an import
        raise ImportError("no such file", path=path) from None
    except OSError:
        pass
    if not can_look():
        return LaterFinder(path)
    looking.add(get_ident())
    try:
        return finder_for(path)
    finally:
        looking.discard(get_ident())


def finder_for(path: str) -> "Any":
    full = external._path_abspath(path)
    if _inmem.canonical(full) is None:
        from inmem import _mounts

        _mounts.mount_for(full)
    if _inmem.canonical(full) is not None and not in_file(full):
        return PathEntryFinder(path)  # raises for what is no folder
    # One in an archive is a file as any other: zipimport reads it.
    import zipimport

    return zipimport.zipimporter(path)


def in_file(path: str) -> bool:
    """Whether the virtual path is, or lies below, a file in an archive."""
    while _inmem.kind(path) == 0:
        path = path.rpartition("/")[0]
    return _inmem.kind(path) == 1


#: What sys.path_hooks begins with, unless a program changed it.
OWN_HOOK = [PathEntryFinder]


def install() -> None:
    """Puts the finders in place: once in each interpreter (native/importer/zipimport_module.cc)."""
    sys.meta_path.insert(0, Finder)
    sys.meta_path.append(LastFinder)
    sys.path_hooks[:0] = (PathEntryFinder, zip_hook)
    # A subinterpreter's, as it has the folder of the program that starts it.
    sys.path[:0] = _inmem.program_path()
    if _inmem.site_points():
        sys.meta_path.insert(0, SiteFinder)


# As importlib renames its own parts: debuggers that pass over `importlib*` pass over us.
__name__ = "importlib._inmem_boot"
