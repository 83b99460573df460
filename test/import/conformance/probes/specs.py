# test/import/conformance/probes/specs.py: specs, module attributes, loaders.
import copy
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import pickle
import sys

import _facts

NAMES = (
    "odd odd.lazy odd.sub odd.sub.inner odd.crlf odd.latin odd.extended odd.resources_pkg"
    " nsp nsp.first sourceless markupsafe markupsafe._speedups"
).split()


def _modules():
    return {name: importlib.import_module(name) for name in NAMES}


def attributes():
    names = ("name", "file", "cached", "package", "doc")
    return {
        name: [getattr(module, f"__{field}__", "absent") for field in names]
        + [list(getattr(module, "__path__", ()))]
        for name, module in _modules().items()
    }


def names_in_order():
    return {name: list(vars(module)) for name, module in _modules().items()}


def specs_of_modules():
    return {name: _spec(module.__spec__) for name, module in _modules().items()}


def _spec(spec):
    return {
        "name": spec.name,
        "origin": spec.origin,
        "cached": spec.cached,
        "has_location": spec.has_location,
        "parent": spec.parent,
        "loader_state": spec.loader_state,
        "locations": spec.submodule_search_locations and list(spec.submodule_search_locations),
    }


def specs_found():
    return {name: _spec(importlib.util.find_spec(name)) for name in NAMES}


def specs_found_anew():
    sys.modules.pop("odd.circular_a", None)
    spec = importlib.util.find_spec("odd.circular_a")
    return _spec(spec), "odd.circular_a" in sys.modules


def spec_equals_another():
    module = importlib.import_module("odd.lazy")
    found = importlib.machinery.PathFinder.find_spec("odd.lazy", sys.modules["odd"].__path__)
    return found == module.__spec__, found.loader == module.__loader__


def loader_hash():
    module = importlib.import_module("odd.lazy")
    found = importlib.machinery.PathFinder.find_spec("odd.lazy", sys.modules["odd"].__path__)
    return hash(found.loader) == hash(module.__loader__)


def spec_of_main():
    main = sys.modules["__main__"]
    return _spec(main.__spec__), main.__file__, main.__package__, main.__loader__.name


def reprs_of_modules():
    return {name: repr(module) for name, module in _modules().items()}


def reprs_of_specs():
    return {name: repr(module.__spec__) for name, module in _modules().items()}


def loader_types():
    return {name: type(module.__loader__).__name__ for name, module in _modules().items()}


def loaders_are():
    kinds = (
        importlib.machinery.SourceFileLoader,
        importlib.machinery.SourcelessFileLoader,
        importlib.machinery.ExtensionFileLoader,
        importlib.machinery.NamespaceLoader,
        importlib.abc.Loader,
        importlib.abc.InspectLoader,
        importlib.abc.ExecutionLoader,
        importlib.abc.FileLoader,
        importlib.abc.SourceLoader,
        importlib.abc.ResourceLoader,
    )
    return {
        name: [kind.__name__ for kind in kinds if isinstance(module.__loader__, kind)]
        for name, module in _modules().items()
    }


def loader_attributes():
    return {
        name: sorted(n for n in dir(module.__loader__) if not n.startswith("_"))
        for name, module in _modules().items()
    }


def loader_names_and_paths():
    return {
        name: [getattr(module.__loader__, "name", None), getattr(module.__loader__, "path", None)]
        for name, module in _modules().items()
        if name != "nsp"
    }


def _each(call):
    found = {}
    for name, module in _modules().items():
        try:
            found[name] = call(module.__loader__, name)
        except Exception as error:
            found[name] = f"raises {type(error).__name__}: {error}"
    return found


def loader_is_package():
    return _each(lambda loader, name: loader.is_package(name))


def loader_get_filename():
    return _each(lambda loader, name: loader.get_filename(name))


def loader_get_filename_of_another():
    return _each(lambda loader, name: loader.get_filename("another"))


def loader_get_source():
    return _each(lambda loader, name: loader.get_source(name))


def loader_get_code():
    return _each(lambda loader, name: _code(loader.get_code(name)))


def _code(code):
    return code and [code.co_filename, code.co_name, code.co_firstlineno, list(code.co_names)]


def loader_get_data():
    loader = importlib.import_module("odd").__loader__
    return loader.get_data(_facts.APP + "/odd/data/bytes.dat").hex()


def loader_get_data_of_a_real_file():
    loader = importlib.import_module("odd").__loader__
    return loader.get_data(_facts.REAL + "/nsp/third.txt")


def loader_get_data_absent():
    loader = importlib.import_module("odd").__loader__
    return _facts.error(loader.get_data, _facts.APP + "/odd/data/absent.txt")


def loader_get_data_of_a_folder():
    loader = importlib.import_module("odd").__loader__
    return _facts.error(loader.get_data, _facts.APP + "/odd/data")


def loader_get_data_below_a_file():
    loader = importlib.import_module("odd").__loader__
    return _facts.error(loader.get_data, _facts.APP + "/odd/lazy.py/x")


def loader_path_stats():
    module = importlib.import_module("odd.lazy")
    stats = module.__loader__.path_stats(module.__file__)
    return sorted(stats), stats["size"]


def loader_source_to_code():
    loader = importlib.import_module("odd").__loader__
    return _code(loader.source_to_code(b"x = 1", "somewhere"))


def loader_load_module():
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sys.modules.pop("odd.reloaded", None)
        loader = importlib.util.find_spec("odd.reloaded").loader
        module = loader.load_module("odd.reloaded")
        again = loader.load_module("odd.reloaded")
        return module.COUNT, again is module, [str(w.message) for w in caught]


def loader_create_module():
    spec = importlib.util.find_spec("odd.lazy")
    return spec.loader.create_module(spec)


def loader_pickles():
    return _facts.error(pickle.dumps, importlib.import_module("odd.lazy").__loader__)[0]


def spec_copies():
    spec = importlib.import_module("odd.lazy").__spec__
    return copy.copy(spec) == spec


def modules_from_specs():
    spec = importlib.util.find_spec("odd.lazy")
    module = importlib.util.module_from_spec(spec)
    before = sorted(vars(module))
    spec.loader.exec_module(module)
    return before, module.double(2), module is sys.modules.get("odd.lazy")


def spec_from_file_location():
    spec = importlib.util.spec_from_file_location("other_name", _facts.APP + "/odd/lazy.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return _spec(spec), module.double(3), module.Thing.__module__


def spec_from_loader():
    loader = importlib.import_module("odd").__loader__
    return _spec(importlib.util.spec_from_loader("odd", loader))


def source_file_loader_by_hand():
    loader = importlib.machinery.SourceFileLoader("hand", _facts.APP + "/odd/lazy.py")
    return loader.get_source("hand")[:20], _code(loader.get_code("hand"))


def file_finder_by_hand():
    details = (importlib.machinery.SourceFileLoader, [".py"])
    finder = importlib.machinery.FileFinder(_facts.APP + "/odd", details)
    spec = finder.find_spec("lazy")
    return spec and _spec(spec), [finder.find_spec("absent")]


def cache_from_source():
    return importlib.util.cache_from_source(importlib.import_module("odd.lazy").__file__)
