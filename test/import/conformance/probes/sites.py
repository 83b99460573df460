# test/import/conformance/probes/sites.py: site and .pth files.
import importlib
import site
import sys

import _facts


def _clean():
    for name in [n for n in sys.modules if n in ("from_pth", "last_mod")]:
        del sys.modules[name]
    sys.pth_order = []


def site_folder_with_pth_files():
    _clean()
    before = list(sys.path)
    with _facts.output() as text:
        known = site.addsitedir(_facts.APP + "/site_dir")
    added = [path for path in sys.path if path not in before]
    told = [line for line in text.getvalue().splitlines() if "File" not in line]
    return added, sys.pth_order, importlib.import_module("from_pth").X, told[:2], known


def site_folder_of_a_real_place():
    _clean()
    site.addsitedir(_facts.REAL)
    return sys.path[-1]


def package_file():
    _clean()
    before = list(sys.path)
    site.addpackage(_facts.APP + "/site_dir", "b_second.pth", None)
    return [path for path in sys.path if path not in before], sys.pth_order


def make_path():
    return site.makepath(_facts.APP, "odd", "..", "nsp")


def remove_duplicates():
    sys.path += [_facts.APP, _facts.APP + "/", _facts.APP + "/odd/.."]
    site.removeduppaths()
    return [path for path in sys.path if path.startswith(_facts.APP)]


def user_site():
    return site.ENABLE_USER_SITE


def main_builtins():
    import builtins

    return [hasattr(builtins, name) for name in ("exit", "quit", "help", "copyright")]
