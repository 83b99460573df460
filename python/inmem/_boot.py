# python/inmem/_boot.py: the importer: installed before the first import.
"""Finds and loads modules from mounted archives, the stdlib's included.

Frozen into the addon as ``_inmem_boot`` and run by the frozen ``encodings``,
before any module that is neither builtin nor frozen exists. So it imports only
what the interpreter's core has loaded by then.

Its code objects carry importlib's own file name, so that the interpreter cuts
these frames from tracebacks as it cuts importlib's.
"""

import sys

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

#: Top-level packages that cannot be imported in this run, and why (see _keep).
conflicts: "dict[str, str]" = {}


#: Stdlib modules that are told of us right after they were loaded: module name ->
#: the module of ours whose ``install`` does it.
INSTALL = {"ssl": "_ssl", "importlib.metadata": "_metadata"}


class Loader(external._LoaderBasics):  # type: ignore[misc]
    """Loads one module from its .pyc and .py entries."""

    def __init__(self, name: str, path: str, mount: int, source: int, bytecode: int) -> None:
        self.name = name
        self.path = path
        self._mount = mount
        self._source = source
        self._bytecode = bytecode

    def __repr__(self) -> str:
        return f"<inmem.Loader {self.name!r} at {self.path!r}>"

    def exec_module(self, module: "ModuleType") -> None:
        super().exec_module(module)
        if self.name in INSTALL and self.path.startswith(_inmem.stdlib):
            ours = __import__("inmem", fromlist=[INSTALL[self.name]])
            getattr(ours, INSTALL[self.name]).install(module)

    def get_filename(self, fullname: "str | None" = None) -> str:
        return self.path

    def get_code(self, fullname: str) -> "CodeType":
        code = _inmem.code(self._mount, self._bytecode, self._source, self.path)
        if code is None:
            data = self.get_data(self.path)
            code = bootstrap._call_with_frames_removed(
                compile, data, self.path, "exec", dont_inherit=True
            )
        return code

    def get_source(self, fullname: str) -> "str | None":
        if self._source < 0:
            return None
        source: str = external.decode_source(self.get_data(self.path))
        return source

    def get_data(self, path: str) -> bytes:
        return read_file(path)

    def get_resource_reader(self, fullname: str) -> "Any":
        return resource_reader(self.path)


class ExtensionLoader(external.ExtensionFileLoader):  # type: ignore[misc]
    """Stock loading by path: dlopen itself knows virtual paths."""

    def create_module(self, spec: "ModuleSpec") -> "ModuleType":
        try:
            return super().create_module(spec)  # type: ignore[no-any-return]
        except ImportError as error:
            code = _inmem.take_load_error()
            if code:
                error.inmem_code = code  # type: ignore[attr-defined]
            raise

    def get_data(self, path: str) -> bytes:
        return read_file(path)

    def get_resource_reader(self, fullname: str) -> "Any":
        return resource_reader(self.path)


def read_file(path: str) -> bytes:
    """Bytes of the virtual file, or of a real one where path is not ours."""
    data = _inmem.read(path)
    if data is None:
        if _inmem.kind(path) is None:
            with open(path, "rb") as file:
                return file.read()
        raise FileNotFoundError(2, "No such file or directory", path)
    return data


def resource_reader(path: str) -> "Any":
    """Of the folder that the module's file lies in, as FileLoader gives it."""
    from inmem import _resources

    return _resources.Reader(path.rpartition("/")[0])


def make_spec(fullname: str, found: "tuple[Any, ...]") -> "ModuleSpec":
    kind, mount, source, bytecode, origin, cached, folder = found
    if kind == 1:
        loader: Any = ExtensionLoader(fullname, origin)
    else:
        loader = Loader(fullname, origin, mount, source, bytecode)
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
        found = _inmem.find(fullname.rpartition(".")[2], path)
        return None if found is None else make_spec(fullname, found)

    @staticmethod
    def find_distributions(context: "Any" = None) -> "Iterator[Any]":
        from inmem import _metadata

        return _metadata.find_distributions(context)

    @staticmethod
    def invalidate_caches() -> None:
        pass


class PathEntryFinder:
    """sys.path_hooks[0]: finds in one virtual folder, for PathFinder."""

    def __init__(self, path: str) -> None:
        if _inmem.kind(path) != 2:
            raise ImportError("not a virtual folder", path=path)
        self.path = path

    def __repr__(self) -> str:
        return f"<inmem.PathEntryFinder {self.path!r}>"

    def find_spec(self, fullname: str, target: "ModuleType | None" = None) -> "ModuleSpec | None":
        tail = fullname.rpartition(".")[2]
        found = _inmem.find(tail, (self.path,))
        if found is not None:
            return make_spec(fullname, found)
        folder = f"{self.path}/{tail}"
        if _inmem.kind(folder) != 2:
            return None
        spec = bootstrap.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations.append(folder)  # a namespace portion
        return spec  # type: ignore[no-any-return]

    def iter_modules(self, prefix: str = "") -> "Iterator[tuple[str, bool]]":
        from inmem import _resources

        return _resources.iter_modules(self.path, prefix)

    def invalidate_caches(self) -> None:
        pass


class LastFinder:
    """sys.meta_path[-1]: nobody found the module; says why where it is known."""

    @staticmethod
    def find_spec(
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> None:
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


def raise_conflict(fullname: str) -> None:
    error = ImportError(conflicts[fullname], name=fullname)
    error.inmem_code = "ERR_INMEM_EXTENSION_CONFLICT"  # type: ignore[attr-defined]
    raise error


def zip_hook(path: str) -> "Any":
    """zipimport's hook for real zip files; does not load it for a real folder."""
    if external._path_isdir(path):
        raise ImportError("not a Zip file", path=path)
    import zipimport

    return zipimport.zipimporter(path)


def install() -> None:
    """Puts the finders in place: once in each interpreter."""
    sys.meta_path.insert(0, Finder)
    sys.meta_path.append(LastFinder)
    del sys.path_hooks[0]  # the placeholder of native/importer/zipimport_module.cc
    del sys.modules["zipimport"]
    sys.path_hooks[:0] = (PathEntryFinder, zip_hook)


def take_over(name: str, namespace: "dict[str, Any]") -> None:
    """Turns the frozen stub module ``name`` into the stdlib's real one."""
    found = _inmem.find(name, (_inmem.stdlib,))
    assert found is not None
    spec = make_spec(name, found)
    bootstrap._init_module_attrs(spec, sys.modules[name], override=True)
    exec(spec.loader.get_code(name), namespace)  # type: ignore[union-attr]
