# test/import/conformance/probes/setuptools_resources.py: pkg_resources of setuptools 80.
import os
import warnings

import _facts


def _pkg_resources():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pkg_resources
    return pkg_resources


def distributions():
    found = _pkg_resources().working_set
    return sorted(dist.project_name for dist in found)


def get_distribution():
    found = _pkg_resources().get_distribution("odd-dist")
    return found.version, found.location, [str(r) for r in found.requires()], found.project_name


def require():
    return _facts.error(_pkg_resources().require, "wholly-absent")[0], [
        d.project_name for d in _pkg_resources().require("odd-dist")
    ]


def entry_points():
    found = _pkg_resources().iter_entry_points("odd.plugins")
    return sorted(str(point) for point in found)


def resource_string():
    return _pkg_resources().resource_string("odd", "data/words.txt").decode()


def resource_listdir():
    return sorted(_pkg_resources().resource_listdir("odd", "data"))


def resource_exists():
    tools = _pkg_resources()
    return [
        tools.resource_exists("odd", "data/words.txt"),
        tools.resource_exists("odd", "absent"),
        tools.resource_isdir("odd", "data"),
        tools.resource_isdir("odd", "lazy.py"),
    ]


def resource_filename():
    path = _pkg_resources().resource_filename("odd", "data/words.txt")
    return path, os.path.exists(path)


def resource_stream():
    return _pkg_resources().resource_stream("odd", "data/bytes.dat").read().hex()


def provider():
    return type(_pkg_resources().get_provider("odd")).__name__


def metadata():
    found = _pkg_resources().get_distribution("odd-dist")
    return found.get_metadata("top_level.txt"), found.has_metadata("absent.txt")
