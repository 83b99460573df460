# lib/types/python/known_types.py: Python's own types in TypeScript, as results and as arguments.
"""A row is (result, argument): ``$`` is the package's types, {0} the first type argument."""

import enum
import importlib
import sys

UNKNOWN = "unknown"
INT = "number | bigint"

# Converted, or without arguments.
PLAIN = {
    "builtins.int": (INT, INT),
    "builtins.float": ("number", "number"),
    "builtins.bool": ("boolean", "boolean"),
    "builtins.str": ("string", "string"),
    "builtins.bytes": ("$.PyBytes", "$.PyBytes"),
    "builtins.None": ("null", "null | undefined"),
    "types.NoneType": ("null", "null | undefined"),
    "builtins.complex": ("$.PyComplex", "$.PyComplex | number"),
    "builtins.bytearray": ("$.PyBuffer", "$.PyBuffer"),
    "builtins.memoryview": ("$.PyBuffer", "$.PyBuffer"),
    "builtins.object": (UNKNOWN, UNKNOWN),
    "builtins.range": (f"$.PySequence<{INT}>", f"$.PySequence<{INT}>"),
    "builtins.slice": ("$.PyProxy", "$.PyProxy"),
    "builtins.function": ("$.PyCallable", "$.PyCallable"),
    "builtins.property": ("$.PyProxy", "$.PyProxy"),
    "types.FunctionType": ("$.PyCallable", "$.PyCallable"),
    "types.MethodType": ("$.PyCallable", "$.PyCallable"),
    "types.BuiltinFunctionType": ("$.PyCallable", "$.PyCallable"),
    "types.ModuleType": ("$.PyModule", "$.PyProxy"),
    "typing.Any": (UNKNOWN, UNKNOWN),
    "typing.AnyStr": ("string | $.PyBytes", "string | $.PyBytes"),
    "typing.Text": ("string", "string"),
    "typing.LiteralString": ("string", "string"),
    "typing.Never": ("never", "never"),
    "typing.NoReturn": ("never", "never"),
    "typing.Hashable": (UNKNOWN, UNKNOWN),
    "typing.Sized": ("$.PySized", "$.ToSized"),
    "typing.Buffer": ("$.PyBuffer", "$.PyBytesLike"),
    "typing.ByteString": ("$.PyBytes | $.PyBuffer", "$.PyBytes | $.PyBuffer"),
    "typing.SupportsInt": (UNKNOWN, f"{INT} | $.PyProxy"),
    "typing.SupportsIndex": (UNKNOWN, f"{INT} | $.PyProxy"),
    "typing.SupportsFloat": (UNKNOWN, f"{INT} | $.PyProxy"),
    "typing.SupportsComplex": (UNKNOWN, f"{INT} | $.PyProxy"),
    "typing.SupportsBytes": (UNKNOWN, "$.PyBytes | $.PyProxy"),
    "typing.SupportsAbs": (UNKNOWN, f"{INT} | $.PyProxy"),
    "typing.SupportsRound": (UNKNOWN, f"{INT} | $.PyProxy"),
    "_typeshed.ReadableBuffer": ("$.PyBuffer", "$.PyBytesLike"),
    "_typeshed.WriteableBuffer": ("$.PyBuffer", "$.PyBytesLike"),
    "_typeshed.Incomplete": (UNKNOWN, UNKNOWN),
    "_typeshed.StrPath": ("string | $.PyProxy", "string | $.PyProxy"),
    "_typeshed.StrOrBytesPath": (
        "string | $.PyBytes | $.PyProxy",
        "string | $.PyBytes | $.PyProxy",
    ),
}

# With type arguments: how many, the result, the argument. What an argument's own arguments are
# asked as follows from the first letter of its type: To... takes JavaScript's own objects.
GENERIC = {
    "builtins.list": (1, "$.PyList<{0}>", "$.PyList<{0}>"),
    "builtins.dict": (2, "$.PyDict<{0}, {1}>", "$.PyDict<{0}, {1}>"),
    "builtins.set": (1, "$.PySet<{0}>", "$.PySet<{0}>"),
    "builtins.frozenset": (1, "$.PyFrozen<{0}>", "$.PyFrozen<{0}>"),
    "builtins.type": (1, "$.PyType<{0}>", "$.PyType<{0}>"),
    "builtins.enumerate": (1, f"$.PyIterator<[{INT}, {{0}}]>", f"$.PyIterator<[{INT}, {{0}}]>"),
    "builtins.reversed": (1, "$.PyIterator<{0}>", "$.PyIterator<{0}>"),
    "builtins.map": (1, "$.PyIterator<{0}>", "$.PyIterator<{0}>"),
    "builtins.filter": (1, "$.PyIterator<{0}>", "$.PyIterator<{0}>"),
    "builtins.zip": (1, "$.PyIterator<{0}>", "$.PyIterator<{0}>"),
    "builtins.staticmethod": (0, "$.PyCallable", "$.PyCallable"),
    "builtins.classmethod": (0, "$.PyCallable", "$.PyCallable"),
    "collections.deque": (1, "$.PyMutableSequence<{0}>", "$.PyMutableSequence<{0}>"),
    "collections.defaultdict": (2, "$.PyDict<{0}, {1}>", "$.PyDict<{0}, {1}>"),
    "collections.OrderedDict": (2, "$.PyDict<{0}, {1}>", "$.PyDict<{0}, {1}>"),
    "collections.ChainMap": (2, "$.PyMutableMapping<{0}, {1}>", "$.PyMutableMapping<{0}, {1}>"),
    "collections.UserDict": (2, "$.PyMutableMapping<{0}, {1}>", "$.PyMutableMapping<{0}, {1}>"),
    "collections.UserList": (1, "$.PyMutableSequence<{0}>", "$.PyMutableSequence<{0}>"),
    "collections.Counter": (1, f"$.PyDict<{{0}}, {INT}>", f"$.PyDict<{{0}}, {INT}>"),
    "types.MappingProxyType": (2, "$.PyMapping<{0}, {1}>", "$.PyMapping<{0}, {1}>"),
    "array.array": (1, "$.PyMutableSequence<{0}> & $.PyBuffer", "$.PyMutableSequence<{0}>"),
    "typing.Iterable": (1, "$.PyIterable<{0}>", "$.ToIterable<{0}>"),
    "typing.Iterator": (1, "$.PyIterator<{0}>", "$.ToIterator<{0}>"),
    "typing.Reversible": (1, "$.PyIterable<{0}>", "$.ToIterable<{0}>"),
    "typing.Container": (1, "$.PyProxy", "$.ToIterable<unknown> | $.PyProxy"),
    "typing.Collection": (1, "$.PyCollection<{0}>", "$.ToCollection<{0}>"),
    "typing.Sequence": (1, "$.PySequence<{0}>", "$.ToSequence<{0}>"),
    "typing.MutableSequence": (1, "$.PyMutableSequence<{0}>", "$.ToSequence<{0}>"),
    "typing.Mapping": (2, "$.PyMapping<{0}, {1}>", "$.ToMapping<{0}, {1}>"),
    "typing.MutableMapping": (2, "$.PyMutableMapping<{0}, {1}>", "$.ToMapping<{0}, {1}>"),
    "typing.AbstractSet": (1, "$.PyFrozenSet<{0}>", "$.ToSet<{0}>"),
    "typing.MutableSet": (1, "$.PySet<{0}>", "$.ToSet<{0}>"),
    "typing.KeysView": (1, "$.PyCollection<{0}>", "$.PyCollection<{0}>"),
    "typing.ValuesView": (1, "$.PyCollection<{0}>", "$.PyCollection<{0}>"),
    "typing.ItemsView": (2, "$.PyCollection<[{0}, {1}]>", "$.PyCollection<[{0}, {1}]>"),
    "typing.Generator": (3, "$.PyGenerator<{0}, {1}, {2}>", "$.PyGenerator<{0}, {1}, {2}>"),
    "typing.AsyncIterable": (1, "$.PyAsyncIterable<{0}>", "$.ToAsyncIterable<{0}>"),
    "typing.AsyncIterator": (1, "$.PyAsyncIterator<{0}>", "$.ToAsyncIterable<{0}>"),
    "typing.AsyncGenerator": (2, "$.PyAsyncGenerator<{0}, {1}>", "$.PyAsyncGenerator<{0}, {1}>"),
    "typing.Awaitable": (1, "$.PyAwaitable<{0}>", "$.ToAwaitable<{0}>"),
    "typing.Coroutine": (3, "$.PyAwaitable<{2}>", "$.ToAwaitable<{2}>"),
    "asyncio.Future": (1, "$.PyAwaitable<{0}>", "$.PyAwaitable<{0}>"),
    "asyncio.Task": (1, "$.PyAwaitable<{0}>", "$.PyAwaitable<{0}>"),
    "contextlib.AbstractContextManager": (1, "$.PyContextManager<{0}>", "$.PyContextManager<{0}>"),
    "contextlib.AbstractAsyncContextManager": (
        1,
        "$.PyAsyncContextManager<{0}>",
        "$.PyAsyncContextManager<{0}>",
    ),
}

AWAITABLE = frozenset("typing.Awaitable typing.Coroutine asyncio.Future asyncio.Task".split())
# Those of GENERIC whose arguments an `await` gives.
AWAITED = AWAITABLE | {"contextlib.AbstractAsyncContextManager"}

ALIASES = {
    "collections.namedtuple": "typing.NamedTuple",
    "typing.List": "builtins.list",
    "typing.Dict": "builtins.dict",
    "typing.Set": "builtins.set",
    "typing.FrozenSet": "builtins.frozenset",
    "typing.Tuple": "builtins.tuple",
    "typing.Type": "builtins.type",
    "typing.DefaultDict": "collections.defaultdict",
    "typing.OrderedDict": "collections.OrderedDict",
    "typing.Deque": "collections.deque",
    "typing.Counter": "collections.Counter",
    "typing.ChainMap": "collections.ChainMap",
    "typing.ContextManager": "contextlib.AbstractContextManager",
    "typing.AsyncContextManager": "contextlib.AbstractAsyncContextManager",
    "collections.abc.Set": "typing.AbstractSet",
    "builtins.EllipsisType": "types.EllipsisType",
}


def canonical(name: str) -> str:
    if name in ALIASES:
        return ALIASES[name]
    module, _, last = name.rpartition(".")
    if module in ("collections.abc", "_collections_abc"):
        return f"typing.{last}"
    if module in ("enum", "asyncio.futures", "asyncio.tasks"):
        return f"{module.split('.')[0]}.{last}"
    return name


# Those that say something, or do something, when they are imported.
_SILENT = {"antigravity", "this", "__main__", "idlelib", "turtledemo", "turtle", "tkinter"}


def own_object(name: str) -> object | None:
    """The object of the standard library itself; None: there is none."""
    parts = name.split(".")
    if parts[0] not in sys.stdlib_module_names or parts[0] in _SILENT:
        return None
    found: object | None = None
    for end in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            found = getattr(found, part, None)
        return found
    return None


# Whatever derives from one of these may be converted.
_CONVERTED = (int, float, str, bytes, tuple, bool)


def own_class(name: str) -> tuple[str, str] | None:
    """(result, argument) of a class of the standard library that has no row."""
    found = own_object(name)
    if not isinstance(found, type):
        return None
    if issubclass(found, BaseException):
        return "$.PyException", "$.PyException"
    if issubclass(found, enum.Enum):
        return "$.PyEnum", "$.PyEnum"
    if issubclass(found, _CONVERTED):
        return UNKNOWN, UNKNOWN
    return "$.PyProxy", "$.PyProxy"
