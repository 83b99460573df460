# test/import/conformance/probes/packages.py: pkgutil.
import importlib
import pkgutil
import sys
import warnings

import _facts


def iter_modules():
    import odd

    return [[m.name, m.ispkg] for m in pkgutil.iter_modules(odd.__path__)]


def iter_modules_prefix():
    folder = importlib.import_module("odd.sub").__path__[0]
    return [m.name for m in pkgutil.iter_modules([folder], "pre.")]


def iter_modules_of_top():
    found = [m.name for m in pkgutil.iter_modules([_facts.APP])]
    return [name for name in found if name in ("odd", "nsp", "sourceless", "markupsafe")]


def iter_modules_of_all():
    names = {m.name for m in pkgutil.iter_modules()}
    return sorted(names & {"odd", "json", "this", "os", "encodings"})


def iter_modules_of_a_string():
    return _facts.error(lambda: list(pkgutil.iter_modules(_facts.APP)))


def module_finder():
    import odd

    info = next(iter(pkgutil.iter_modules(odd.__path__)))
    return type(info).__name__, info.module_finder.find_spec("lazy").origin


def walk_packages():
    import odd

    failed = []
    found = pkgutil.walk_packages(odd.__path__, "odd.", onerror=failed.append)
    return [m.name for m in found], failed


def walk_packages_of_namespace():
    import nsp

    return [m.name for m in pkgutil.walk_packages(list(nsp.__path__)[:1], "nsp.")]


def get_data():
    return [
        pkgutil.get_data("odd", "data/bytes.dat").hex(),
        _facts.error(pkgutil.get_data, "odd", "absent"),
        pkgutil.get_data("odd.sub", "inner.py"),
        _facts.error(pkgutil.get_data, "wholly_absent", "x"),
        _facts.error(pkgutil.get_data, "nsp", "first.txt"),
    ]


def extend_path():
    for name in [n for n in sys.modules if n.partition(".")[0] == "odd"]:
        del sys.modules[name]
    sys.path.append(_facts.OTHER)
    import odd.extended

    found = list(odd.extended.__path__)
    for name in [n for n in sys.modules if n.partition(".")[0] == "odd"]:
        del sys.modules[name]
    return found


def extend_path_imports():
    for name in [n for n in sys.modules if n.partition(".")[0] == "odd"]:
        del sys.modules[name]
    import odd

    odd.__path__.append(_facts.OTHER + "/odd")
    found = importlib.import_module("odd.extended")
    found.__path__ = [*found.__path__, _facts.OTHER + "/odd/extended"]
    return importlib.import_module("odd.extended.two").X


def get_loader():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pkgutil.get_loader("odd").name, pkgutil.find_loader("wholly_absent")


def resolve_name():
    return pkgutil.resolve_name("odd.lazy:Thing.size"), pkgutil.resolve_name("odd.lazy").__name__


def iter_importers():
    return [type(i).__name__ for i in pkgutil.iter_importers("odd.lazy")]
