# test/import/conformance/probes/paths.py: sys.path, hooks, importer cache, meta path.
import importlib
import importlib.machinery
import importlib.util
import os
import pathlib
import pkgutil
import sys

import _facts


def _forget(*names):
    for name in names:
        sys.modules.pop(name, None)


def _loader_of(name):
    _forget(name)
    return type(importlib.util.find_spec(name).loader).__name__


def shape_of_sys_path():
    return sys.path[0], len([p for p in sys.path if p.startswith(_facts.APP)])


def entry_with_slash():
    sys.path[:0] = [_facts.APP + "/odd/"]
    _forget("crlf")
    return importlib.import_module("crlf").__file__


def entry_with_dots():
    sys.path[:0] = [_facts.APP + "/odd/../odd/./sub"]
    _forget("inner")
    return importlib.import_module("inner").__file__


def entry_with_two_slashes():
    sys.path[:0] = [_facts.APP + "//odd"]
    _forget("crlf")
    return importlib.import_module("crlf").__file__


def entry_relative():
    sys.path[:0] = [os.path.relpath(_facts.APP + "/odd")]
    _forget("crlf")
    return importlib.import_module("crlf").__file__


def entry_of_bytes():
    sys.path[:0] = [os.fsencode(_facts.APP + "/odd/sub")]
    _forget("inner")
    return _facts.error(importlib.import_module, "inner")[0]


def entry_of_pathlib():
    sys.path[:0] = [pathlib.Path(_facts.APP + "/odd/sub")]
    _forget("inner")
    return _facts.error(importlib.import_module, "inner")[0]


def entry_of_none():
    sys.path[:0] = [None]
    return importlib.util.find_spec("odd").name


def folder_before_and_behind():
    found = []
    for index in (0, len(sys.path)):
        sys.path.insert(index, _facts.OTHER)
        _forget("odd", "odd.extended")
        found.append(importlib.util.find_spec("odd").origin)
        del sys.path[index]
    return found


def path_replaced_by_a_tuple():
    sys.path, path = tuple(sys.path), sys.path
    try:
        return importlib.util.find_spec("odd").name
    finally:
        sys.path = path


def hooks_inserted_come_first():
    seen = []

    def hook(path):
        seen.append(path)
        raise ImportError

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
    try:
        _forget("odd.crlf")
        importlib.import_module("odd.crlf")
        importlib.util.find_spec("wholly_absent")
    finally:
        sys.path_hooks.remove(hook)
        sys.path_importer_cache.clear()
    return [path for path in seen if path.startswith(_facts.APP)]


def hook_of_file_finder_with_a_loader_of_ones_own():
    class Own(importlib.machinery.SourceFileLoader):
        def exec_module(self, module):
            super().exec_module(module)
            module.MARK = "own"

    hook = importlib.machinery.FileFinder.path_hook((Own, [".py"]))
    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
    try:
        _forget("odd.crlf")
        return importlib.import_module("odd.crlf").MARK
    finally:
        sys.path_hooks.remove(hook)
        sys.path_importer_cache.clear()
        _forget("odd.crlf")


class _Finder:
    def __init__(self):
        self.seen = []

    def find_spec(self, name, target=None):
        self.seen.append(name)


def importer_cache_is_used():
    folder = sys.modules["odd"].__path__[0]
    finder = sys.path_importer_cache[folder] = _Finder()
    try:
        _forget("odd.crlf")
        found = importlib.util.find_spec("odd.crlf")
    finally:
        sys.path_importer_cache.clear()
    return finder.seen, found


def importer_cache_filled():
    sys.path_importer_cache.clear()
    importlib.util.find_spec("wholly_absent")
    return [type(sys.path_importer_cache.get(path)).__name__ for path in (_facts.APP,)]


def get_importer():
    importer = pkgutil.get_importer(_facts.APP)
    return type(importer).__name__, importer.path, importer.find_spec("odd").name


def get_importer_of_odd_places():
    places = (_facts.APP + "/odd/lazy.py", _facts.APP + "/absent", "/absent", "")
    return [type(pkgutil.get_importer(place)).__name__ for place in places]


def path_finder():
    find = importlib.machinery.PathFinder.find_spec
    return [find("odd").origin, find("odd.lazy"), find("lazy", sys.modules["odd"].__path__).origin]


def path_finder_namespace():
    spec = importlib.machinery.PathFinder.find_spec("nothing_but_data")
    return spec.origin, spec.loader, list(spec.submodule_search_locations)


def meta_path_finder_first():
    class Finder:
        seen = []

        @classmethod
        def find_spec(cls, name, path=None, target=None):
            cls.seen.append([name, path is not None and list(path)])

    sys.meta_path.insert(0, Finder)
    try:
        _forget("odd.crlf")
        importlib.import_module("odd.crlf")
    finally:
        sys.meta_path.remove(Finder)
    return Finder.seen


def meta_path_of_path_finder_alone():
    kept = list(sys.meta_path)
    sys.meta_path[:] = [importlib.machinery.PathFinder]
    try:
        _forget("odd.crlf", "colorsys")
        return importlib.import_module("odd.crlf").__file__, importlib.import_module(
            "colorsys"
        ).__file__
    finally:
        sys.meta_path[:] = kept


def meta_path_empty():
    kept = list(sys.meta_path)
    sys.meta_path[:] = []
    try:
        _forget("odd.crlf")
        return _facts.error(importlib.import_module, "odd.crlf")
    finally:
        sys.meta_path[:] = kept


def names_of_finders():
    return {getattr(f, "__name__", type(f).__name__) for f in sys.meta_path}


def path_hooks():
    return len(sys.path_hooks)


def entry_taken_away():
    _forget("odd", "odd.crlf")
    sys.path.remove(_facts.APP)
    return _facts.error(importlib.import_module, "odd")


def stdlib_path_taken_away():
    sys.path[:] = [_facts.APP]
    _forget("colorsys", "os")
    try:
        return [importlib.util.find_spec("colorsys"), importlib.util.find_spec("os").name]
    finally:
        import os as again

        sys.modules["os"] = again
