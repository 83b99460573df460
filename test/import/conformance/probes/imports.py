# test/import/conformance/probes/imports.py: what import statements do.
import importlib
import importlib.util
import sys
import threading

import _facts


def star():
    names = {}
    exec("from odd import *", names)
    return sorted(set(names) - {"__builtins__"})


def module_getattr():
    import odd

    return odd.computed, hasattr(odd, "nothing")


def module_dir():
    return dir(importlib.import_module("odd.lazy"))


def init_subclass():
    return importlib.import_module("odd.subclass").registry


def replaced_in_sys_modules():
    return importlib.import_module("odd.replaced").name


def path_changed_at_import():
    module = importlib.import_module("odd.sub")
    return module.PATH_AT_IMPORT, list(module.__path__)


def path_with_dots():
    import odd.sub

    odd.sub.__path__[:] = odd.sub.__path__[-1:]
    sys.modules.pop("odd.sub.inner", None)
    try:
        return importlib.import_module("odd.sub.inner").__file__
    finally:
        sys.modules.pop("odd.sub", None)
        sys.modules.pop("odd.sub.inner", None)


def resources_at_import():
    return importlib.import_module("odd.reads_at_import").TEXT


def fromlist():
    return __import__("odd.sub", fromlist=["inner"]).inner.X, __import__("odd.sub").__name__


def order_in_sys_modules():
    for name in [n for n in sys.modules if n.partition(".")[0] in ("odd", "nsp")]:
        del sys.modules[name]
    before = set(sys.modules)
    importlib.import_module("odd.circular_a")
    importlib.import_module("odd.sub.inner")
    return [name for name in sys.modules if name not in before]


def reload():
    module = importlib.import_module("odd.reloaded")
    first = module.COUNT
    spec = module.__spec__
    again = importlib.reload(module)
    return again is module, again.COUNT - first, module.__spec__ is spec


def reload_package():
    import odd

    odd.__version__ = "changed"
    return importlib.reload(odd).__version__


def reload_namespace():
    import nsp

    return list(importlib.reload(nsp).__path__)


def invalidate_caches():
    importlib.invalidate_caches()
    return importlib.util.find_spec("odd.lazy").name


def lazy_loader():
    sys.modules.pop("odd.subclass", None)
    spec = importlib.util.find_spec("odd.subclass")
    loader = importlib.util.LazyLoader(spec.loader)
    spec.loader = loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["odd.subclass"] = module
    loader.exec_module(module)
    before = type(module).__name__
    registry = module.registry
    return before, type(module).__name__, registry


def lazy_loader_factory():
    factory = importlib.util.LazyLoader.factory(type(importlib.import_module("odd").__loader__))
    return callable(factory)


def threads():
    names = ["odd.crlf", "odd.latin", "odd.bom", "odd.subclass", "nsp.first"]
    for name in names:
        sys.modules.pop(name, None)
    found = []

    def work():
        found.extend(id(importlib.import_module(name)) for name in names)

    running = [threading.Thread(target=work) for _ in range(6)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return len(set(found)), len(found)


def namespace_path():
    import nsp

    return [type(nsp.__path__).__name__, repr(nsp.__path__), nsp.__file__ is None]


def namespace_file_attribute():
    sys.modules.pop("nsp", None)
    import nsp

    return [hasattr(nsp, "__file__"), hasattr(nsp, "__cached__"), nsp.__spec__.origin]


def namespace_grows_with_sys_path():
    import nsp

    first = list(nsp.__path__)
    sys.path.append(_facts.REAL)
    third = importlib.import_module("nsp.third").X
    sys.path.append(_facts.OTHER)
    second = importlib.import_module("nsp.second").X
    both = list(nsp.__path__)
    sys.path.remove(_facts.REAL)
    return first, third, second, both, list(nsp.__path__)


def namespace_with_real_folder_first():
    sys.path.insert(0, _facts.REAL)
    sys.modules.pop("nsp", None)
    sys.modules.pop("nsp.first", None)
    import nsp

    return list(nsp.__path__), importlib.import_module("nsp.first").__file__


def folder_without_code_is_a_namespace():
    module = importlib.import_module("nothing_but_data")
    return list(module.__path__), list(importlib.import_module("nothing_but_data.inner").__path__)


def latin_and_bom():
    latin, bom = importlib.import_module("odd.latin"), importlib.import_module("odd.bom")
    return (
        latin.X,
        bom.X,
        latin.__loader__.get_source("odd.latin"),
        bom.__loader__.get_source("odd.bom"),
    )


def builtins_are_stocks():
    import math
    import time

    return [type(m.__loader__).__name__ for m in (math, time, sys)], [
        m.__spec__.origin for m in (math, time, sys)
    ]


def sourceless():
    module = importlib.import_module("sourceless")
    return module.X, module.where(), module.__file__


def audit_events():
    seen = []
    active = [True]

    def hook(event, args):
        if active and event == "import":
            seen.append([event, args[0], args[1]])

    sys.addaudithook(hook)
    sys.modules.pop("odd.bom", None)
    importlib.import_module("odd.bom")
    active.clear()
    return seen


def import_of_a_file_as_folder():
    sys.path.insert(0, _facts.APP + "/odd/lazy.py")
    return importlib.util.find_spec("wholly_absent")
