# test/import/conformance/probes/errors.py: imports that fail: types, messages, fields, tracebacks.
import importlib
import importlib.util
import traceback

import _facts


def _of(name):
    return _facts.error(importlib.import_module, name)


def absent():
    return _of("wholly_absent")


def absent_in_a_package():
    return _of("odd.absent")


def absent_in_a_namespace():
    return _of("nsp.absent")


def no_name_of_a_module():
    """They are names in a folder, not paths."""
    names = ["odd/lazy", "odd/", "odd.", "odd..lazy", ".", "..", "./odd", "odd/../odd", "nsp/first"]
    return [_of(name) for name in [*names, "json/decoder", "json.", "email./mime"]]


def below_a_module():
    return _of("odd.lazy.absent")


def name_absent():
    def work():
        from odd.lazy import absent

        return absent

    return _facts.error(work)


def name_absent_in_a_package():
    def work():
        from odd import absent

        return absent

    return _facts.error(work)


def name_absent_in_a_namespace():
    def work():
        from nsp import absent

        return absent

    return _facts.error(work)


def name_misspelled():
    def work():
        from odd.lazy import doubel

        return doubel

    try:
        work()
    except ImportError as error:
        return traceback.format_exception_only(error)


def attribute_absent():
    return _facts.error(getattr, importlib.import_module("odd"), "absent")


def circular():
    return importlib.import_module("odd.circular_a").get()


def circular_name():
    return _of("odd.circular_bad_a")


def beyond_the_top():
    return _facts.error(importlib.import_module, "...x", "odd.sub")


def relative_without_package():
    return _facts.error(importlib.import_module, ".x")


def empty_name():
    return _of("")


def syntax():
    return _of("odd.broken_syntax")


def indentation():
    return _of("odd.broken_indent")


def null_byte():
    return _of("odd.broken_null")


def encoding():
    return _of("odd.broken_encoding")


def coding_line():
    return _of("odd.broken_coding")


def _traceback(name):
    try:
        importlib.import_module(name)
    except BaseException:
        return traceback.format_exc().splitlines()


def traceback_of_syntax():
    return _traceback("odd.broken_syntax")


def traceback_of_a_module_that_raises():
    return _traceback("odd.raises")


def traceback_of_an_absent_one():
    return _traceback("odd.absent")


def raising_leaves_no_module():
    import sys

    _of("odd.raises")
    return "odd.raises" in sys.modules, hasattr(sys.modules["odd"], "raises")


def find_spec_absent():
    return importlib.util.find_spec("wholly_absent"), importlib.util.find_spec("odd.absent")


def find_spec_of_absent_parent():
    return _facts.error(importlib.util.find_spec, "wholly_absent.child")


def find_spec_below_a_module():
    return _facts.error(importlib.util.find_spec, "odd.lazy.child")


def find_spec_relative():
    return importlib.util.find_spec(".lazy", "odd").name


def path_with_nul():
    return _facts.error(importlib.import_module, "odd.a\0b")


def very_long_name():
    return _facts.error(importlib.import_module, "odd." + "x" * 5000)[0]


def surrogate_name():
    return _facts.error(importlib.import_module, "odd.\udcff")


def case_differs():
    return _facts.error(importlib.import_module, "odd.LAZY")


def no_code_object():
    return _of("damaged_none")


def marshal_cut_off():
    return _of("damaged_cut")


def marshal_cut_off_with_source():
    return _of("damaged_marshal")


def header_cut_off_with_source():
    return importlib.import_module("damaged_header").X


def magic_of_another_python_with_source():
    return importlib.import_module("damaged_magic").X
