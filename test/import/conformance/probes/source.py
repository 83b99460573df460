# test/import/conformance/probes/source.py: inspect, linecache, traceback, warnings.
import importlib
import inspect
import linecache
import sys
import traceback
import warnings

import _facts


def _lazy():
    return importlib.import_module("odd.lazy")


def get_source():
    lazy = _lazy()
    return [
        inspect.getsource(lazy.double),
        inspect.getsource(lazy.Thing),
        inspect.getsource(lazy.Thing.method),
        inspect.getsource(lazy.Thing().method()),
        inspect.getsource(lazy)[:30],
        inspect.getsourcelines(lazy.Thing.method)[1],
        inspect.getcomments(lazy.double),
        inspect.getdoc(lazy.Thing),
    ]


def get_file():
    lazy = _lazy()
    things = (lazy, lazy.double, lazy.Thing, lazy.double.__code__)
    return [inspect.getfile(x) for x in things], [inspect.getsourcefile(x) for x in things]


def get_module():
    lazy = _lazy()
    things = (lazy.double, lazy.Thing, lazy.Thing.method, lazy.double.__code__)
    return [inspect.getmodule(x).__name__ for x in things]


def get_absolute_file():
    return inspect.getabsfile(_lazy().double), inspect.getmodulename(_lazy().__file__)


def source_of_the_stdlib():
    import os
    import textwrap

    return [
        inspect.getsource(textwrap.dedent)[:20],
        inspect.getsource(importlib.import_module)[:20],
        inspect.getsourcefile(os),
    ]


def source_of_modules_that_stock_freezes():
    import os

    return _facts.error(inspect.getsource, os.path.join)[0], os.path.join.__code__.co_filename


def source_of_frozen_importlib():
    return _facts.error(inspect.getsource, importlib._bootstrap._handle_fromlist)[0]


def source_of_an_extension():
    module = importlib.import_module("markupsafe._speedups")
    return _facts.error(inspect.getsource, module)[:2], inspect.getfile(module)


def source_of_a_namespace():
    return _facts.error(inspect.getsource, importlib.import_module("nsp"))[:2]


def source_of_sourceless():
    module = importlib.import_module("sourceless")
    return _facts.error(inspect.getsource, module.where)[:2], inspect.getsourcefile(module)


def stack():
    return [[f.filename, f.function, f.code_context] for f in inspect.stack()[:3]]


def line_of_a_module():
    linecache.clearcache()
    lazy = _lazy()
    return linecache.getline(lazy.__file__, 2, lazy.__dict__)


def line_without_globals():
    linecache.clearcache()
    return linecache.getline(_lazy().__file__, 2)


def lines_checked():
    linecache.clearcache()
    lazy = _lazy()
    linecache.getlines(lazy.__file__, lazy.__dict__)
    linecache.checkcache()
    return len(linecache.getlines(lazy.__file__)), linecache.checkcache(lazy.__file__)


def lines_of_data():
    linecache.clearcache()
    return linecache.getlines(_facts.APP + "/odd/data/words.txt")


def lazy_cache():
    linecache.clearcache()
    lazy = _lazy()
    return linecache.lazycache(lazy.__file__, lazy.__dict__), linecache.getline(lazy.__file__, 2)


def format_traceback():
    try:
        importlib.import_module("odd.raises")
    except ValueError:
        return traceback.format_exc().splitlines()


def format_traceback_of_sourceless():
    try:
        importlib.import_module("sourceless").fail()
    except ZeroDivisionError:
        return traceback.format_exc().splitlines()


def print_traceback_in_c():
    try:
        importlib.import_module("odd.raises")
    except ValueError:
        with _facts.output() as text:
            sys.__excepthook__(*sys.exc_info())
        return text.getvalue().splitlines()


def traceback_exception_locals():
    try:
        importlib.import_module("odd.lazy").double([].x)
    except AttributeError as error:
        return list(traceback.TracebackException.from_exception(error).format())


def warning_with_its_line():
    linecache.clearcache()
    module = importlib.import_module("odd.warns")
    with _facts.output() as text, warnings.catch_warnings():
        warnings.simplefilter("always")
        module.warn()
    return text.getvalue().splitlines()


def warning_of_the_caller():
    module = importlib.import_module("odd.warns")
    with _facts.output() as text, warnings.catch_warnings():
        warnings.simplefilter("always")
        module.warn(2)
    return text.getvalue().splitlines()


def warning_at_compile_time():
    sys.modules.pop("odd.warns", None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        spec = importlib.util.find_spec("odd.warns")
        spec.loader.source_to_code(spec.loader.get_data(spec.origin), spec.origin)
    return [[str(w.message)[:40], w.category.__name__, w.filename, w.lineno] for w in caught]


def warning_explicit_with_globals():
    linecache.clearcache()
    module = importlib.import_module("odd.warns")
    with _facts.output() as text, warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn_explicit(
            "told", UserWarning, module.__file__, 5, module_globals=module.__dict__
        )
    return text.getvalue().splitlines()


def filter_by_module():
    module = importlib.import_module("odd.warns")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", module=r"odd\.warns")
        module.warn()
    return len(caught)


def code_of_functions():
    lazy = _lazy()
    return [lazy.double.__code__.co_filename, lazy.Thing.method.__code__.co_filename]


def signature():
    return str(inspect.signature(_lazy().double))


def pydoc_text():
    import pydoc

    text = pydoc.plain(pydoc.render_doc("odd.lazy"))
    return text.splitlines()[:6], text.splitlines()[-3:]


def doctest_finds():
    import doctest

    return [test.name for test in doctest.DocTestFinder(exclude_empty=False).find(_lazy())]


def symtable_and_ast():
    import ast

    return ast.get_docstring(ast.parse(inspect.getsource(importlib.import_module("odd"))))
