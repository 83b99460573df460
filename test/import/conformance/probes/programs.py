# test/import/conformance/probes/programs.py: runpy.
import runpy
import sys
import zipfile

import _facts


def _printed(function, *args, **kwargs):
    with _facts.output() as text:
        found = function(*args, **kwargs)
    names = sorted(name for name in found if name.startswith("__"))
    return text.getvalue(), names, found["__name__"]


def module():
    found = runpy.run_module("odd.lazy")
    keys = ("__name__", "__file__", "__package__", "__cached__")
    return {key: found[key] for key in keys}, found["__spec__"].name, found["double"](4)


def module_as_main():
    return runpy.run_module("odd.crlf", run_name="__main__", alter_sys=True)["__name__"]


def package():
    return _printed(runpy.run_module, "odd", run_name="__main__", alter_sys=True)


def package_without_main():
    return _facts.error(runpy.run_module, "odd.sub")


def namespace_without_main():
    return _facts.error(runpy.run_module, "nsp")


def absent():
    return _facts.error(runpy.run_module, "wholly_absent")


def already_imported_warns():
    import warnings

    import odd.lazy

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        runpy.run_module("odd.lazy")
    return [str(w.message) for w in caught], odd.lazy.__name__


def sourceless():
    return runpy.run_module("sourceless")["X"]


def extension():
    return _facts.error(runpy.run_module, "markupsafe._speedups")


def script():
    found = runpy.run_path(_facts.APP + "/odd/lazy.py")
    keys = ("__name__", "__file__", "__package__", "__cached__", "__loader__", "__spec__")
    return {key: found[key] for key in keys}, found["double"].__code__.co_filename


def script_with_globals():
    return runpy.run_path(_facts.APP + "/odd/reloaded.py", {"COUNT": 41}, "named")["COUNT"]


def folder():
    main = sys.modules["__main__"]
    text, names, name = _printed(runpy.run_path, _facts.APP + "/program", run_name="__main__")
    return text, names, name, sys.modules["__main__"] is main


def data_file():
    return _facts.error(runpy.run_path, _facts.APP + "/odd/data/words.txt")[0]


def absent_path():
    return _facts.error(runpy.run_path, _facts.APP + "/absent.py")


def real_zip():
    with _facts.file(b"", "app.pyz") as path:
        with zipfile.ZipFile(path, "w") as out:
            out.writestr("__main__.py", "import beside\nprint(beside.X, __name__, __package__)")
            out.writestr("beside.py", "X = 'beside'")
        try:
            return _printed(runpy.run_path, path, run_name="__main__")[0]
        finally:
            sys.modules.pop("beside", None)
