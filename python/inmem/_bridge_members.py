# python/inmem/_bridge_members.py: what the members of a proxy in JavaScript do.
"""Functions that lib/bridge calls by their names in inmem._bridge."""

from __future__ import annotations

import builtins
import operator
import sys

import _inmem_bridge

# `typing` and what it needs would take as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Any

# --- items and attributes ------------------------------------------------------

get_item = operator.getitem
set_item = operator.setitem
delete_item = operator.delitem
length = len
set_attribute = setattr
delete_attribute = delattr
is_instance = isinstance


def iterate(value: Any) -> Any:
    """JavaScript's loops take an iterator that does not say that it can be iterated."""
    kind = type(value)
    is_bare = hasattr(kind, "__next__") and not hasattr(kind, "__iter__")
    return value if is_bare else iter(value)


def look_up(mapping: Any, key: object) -> tuple[object, ...]:
    """The value of a key, or nothing: JavaScript's undefined."""
    try:
        return (mapping[key],)
    except KeyError:
        below = _builtins_below(mapping)
        return (below[key],) if below and key in below else ()


def contains(container: Any, value: object) -> bool:
    return value in container or value in _builtins_below(container)


def _builtins_below(container: Any) -> Any:
    """Of the names that code sees: the builtin ones, which it finds there as well."""
    from inmem import _bridge

    return vars(builtins) if container is _bridge.session else ()


def item_at(sequence: Any, index: int) -> tuple[object, ...]:
    """The item, or nothing past the end."""
    try:
        return (sequence[index],)
    except LookupError:
        return ()


def has_attribute(value: object, name: str) -> bool:
    try:
        return hasattr(value, name)
    except Exception:
        return True  # it is there, and raises


def type_name(value: object) -> str:
    return type(value).__name__


def attributes(value: object) -> tuple[str, ...]:
    return tuple(name for name in dir(value) if isinstance(name, str))


def primitive(value: Any, hint: str) -> object:
    """A number, where it has one, unless text is asked for: `decimal + 1` is a sum."""
    if hint == "number" and hasattr(type(value), "__float__"):
        return float(value)
    if hint == "default" and hasattr(type(value), "__float__"):
        try:
            return float(value)
        except TypeError:  # an array of several numbers
            pass
    return string(value)


#: Units of UTF-16 in a string of JavaScript.
LONGEST_TEXT = 2**29 - 24


def string(value: object) -> str:
    text = str(value)
    if len(text) > LONGEST_TEXT // 2 and units(text) > LONGEST_TEXT:
        raise OverflowError(
            f"text of {len(text)} characters is longer than a string of JavaScript can be"
            f" ({LONGEST_TEXT}): convert slices of it"
        )
    return text


def units(text: str) -> int:
    if max(text) <= "\uffff":
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# --- toPy() with a converter: containers that are there already ----------------------

fill_list = list.extend


def fill_dict(
    made: dict[object, object], keys: tuple[object, ...], values: tuple[object, ...]
) -> None:
    for key, value in zip(keys, values, strict=True):
        if key in made:
            raise ValueError(_equal("keys of a dict", key))
        made[key] = value


def fill_set(made: set[object], items: tuple[object, ...]) -> None:
    for item in items:
        if item in made:
            raise ValueError(_equal("items of a set", item))
        made.add(item)


def _equal(what: str, second: object) -> str:
    return f"two {what} would be equal in Python; the second is {second!r}"


# --- memory ----------------------------------------------------------------------


def times_in(array: Any) -> tuple[object, ...]:
    """numpy exports no memory of dates and times: the whole numbers, and what they count."""
    dtype: Any = getattr(array, "dtype", None)
    if getattr(dtype, "kind", "") not in ("m", "M"):
        return ()
    return array.view(f"{dtype.str[0]}i8"), dtype.str


def as_buffer(number: int, format: str, *layout: Any) -> object:
    """JavaScript's memory, as lib/bridge/as-buffer.ts has checked its layout."""
    is_time = format.lstrip("<>|=").startswith(("m8", "M8"))
    view = memoryview(_inmem_bridge.js_memory(number, "q" if is_time else format, *layout))
    if not is_time:
        return view
    import numpy  # type: ignore[import-not-found, unused-ignore]

    return numpy.asarray(view).view(format)


# --- iterators -------------------------------------------------------------------


def next_item(iterator: Iterator[object]) -> tuple[bool, object]:
    try:
        return False, next(iterator)
    except StopIteration as stop:
        return True, stop.value
    except GeneratorExit:  # of return(), after what `finally` gave
        return True, None


def send_item(generator: Any, value: object) -> tuple[bool, object]:
    """`next(value)`: what is no generator takes no value, as in JavaScript."""
    if not hasattr(type(generator), "send"):
        return next_item(generator)
    if getattr(generator, "gi_frame", None) is not None and not _has_begun(generator):
        return next_item(generator)
    try:
        return False, generator.send(value)
    except StopIteration as stop:
        return True, stop.value
    except GeneratorExit:
        return True, None


def _has_begun(generator: Any) -> bool:
    import inspect as states

    return states.getgeneratorstate(generator) != states.GEN_CREATED


def throw_item(generator: Generator[object, object, object], error: object) -> tuple[bool, object]:
    try:
        return False, generator.throw(exception_of(error))
    except StopIteration as stop:
        return True, stop.value


def return_item(generator: Generator[object, object, object]) -> tuple[object, ...]:
    """Ends it, as JavaScript's `return()` does: whether it has ended, and what it gave instead."""
    try:
        return False, generator.throw(GeneratorExit)
    except GeneratorExit:
        return ()
    except StopIteration as stop:
        return () if stop.value is None else (True, stop.value)


def exception_of(error: object) -> BaseException:
    from inmem import ffi

    return error if isinstance(error, BaseException) else ffi.js_exception(error)


# --- with --------------------------------------------------------------------------


def enter(manager: Any) -> tuple[object, object]:
    """What it gives, and how to leave: looked up first, as the statement does."""
    if not hasattr(type(manager), "__exit__") and hasattr(type(manager), "__aexit__"):
        raise TypeError(
            f"{type(manager).__qualname__!r} object is an asynchronous context manager "
            "(with() expected __enter__ and __exit__): use withAsync()"
        )
    if not hasattr(type(manager), "__exit__"):
        raise TypeError(
            f"{type(manager).__qualname__!r} object is no context manager "
            "(expected __enter__ and __exit__)"
        )
    leaving = type(manager).__exit__
    return type(manager).__enter__(manager), leaving


def leave(manager: object, leaving: Callable[..., object], error: object) -> bool:
    raised = exception_of(error)
    return bool(leaving(manager, type(raised), raised, raised.__traceback__))


def leave_well(manager: object, leaving: Callable[..., object]) -> None:
    leaving(manager, None, None, None)


# --- util.inspect ------------------------------------------------------------------

LONGEST_REPR = 10_000


def inspect(value: object, in_full: bool) -> tuple[str, str, str]:
    """Type, text, and the first line of the docstring of what can be called."""
    kind = type_name(value)
    if not in_full:
        return kind, "", ""
    if callable(value) and hasattr(value, "__name__"):
        return kind, f"{value.__name__}{_signature(value)}", _summary(value)
    try:
        text = repr(value)
    except Exception as error:  # as a debugger shows it: never a second error
        text = f"<repr() raised {type(error).__name__}: {error}>"
    if len(text) > LONGEST_REPR:
        text = f"{text[:LONGEST_REPR]}... {len(text) - LONGEST_REPR} more characters"
    return kind, text, ""


def _signature(value: Any) -> str:
    import inspect as signatures

    try:
        return str(signatures.signature(value))
    except (ValueError, TypeError):
        return "(...)"


def _summary(value: object) -> str:
    text = getattr(value, "__doc__", None)
    lines = text.strip().splitlines() if isinstance(text, str) else []
    return lines[0] if lines else ""


# --- toJs() ------------------------------------------------------------------------


def plain(value: object) -> tuple[bool, object] | None:
    """What is copied of a value that is no container: whether it is a date, and the
    milliseconds of that or the value to be copied in its place. None: it stays a proxy.

    Modules are looked for, not imported: what was not imported made no value.
    """
    kind = type(value)
    modules = sys.modules
    if (enum := modules.get("enum")) is not None and isinstance(value, enum.Enum):
        return False, value.value
    if (datetime := modules.get("datetime")) is not None and isinstance(value, datetime.datetime):
        return _date(value, datetime)
    if (uuid := modules.get("uuid")) is not None and kind is uuid.UUID:
        return False, str(value)
    if (pathlib := modules.get("pathlib")) is not None and isinstance(value, pathlib.PurePath):
        return False, str(value)
    return _base_value(value)


def _base_value(value: object) -> tuple[bool, object] | None:
    """Of a subclass: what it is as its base."""
    if isinstance(value, int):
        return False, int.__int__(value)
    if isinstance(value, float):
        return False, float.__float__(value)
    if isinstance(value, str):
        return False, str.__str__(value)
    if isinstance(value, bytes):
        return False, bytes.__bytes__(value)
    return None


def _date(value: Any, datetime: Any) -> tuple[bool, object] | None:
    """A Date is a moment, in whole milliseconds: no other datetime is one."""
    base = datetime.datetime
    # A subclass may have more than its base (nanoseconds), or stand for no moment at all.
    exact = base.combine(base.date(value), base.timetz(value))
    if exact.utcoffset() is None or (type(value) is not base and not value == exact):
        return None
    epoch = base(1970, 1, 1, tzinfo=datetime.timezone.utc)
    whole, rest = divmod(exact - epoch, datetime.timedelta(milliseconds=1))
    return None if rest else (True, float(whole))


# --- classes of JavaScript that extend ones of Python ----------------------------------


def make_class(
    name: str,
    base: Any,
    methods: dict[str, Any],
    getters: dict[str, Any],
    setters: dict[str, Any],
) -> type:
    members: dict[str, object] = {key: _method(key, call) for key, call in methods.items()}
    for key in getters.keys() | setters.keys():
        members[key] = property(_getter(getters.get(key)), _setter(setters.get(key)))
    members["__module__"] = "js"
    made: type = type(base)(name, (base,), members)
    return made


def _method(name: str, call: Callable[..., object]) -> Callable[..., object]:
    def method(self: object, *args: object, **keywords: object) -> object:
        return call(self, *args, **keywords)

    method.__name__ = method.__qualname__ = name
    if hasattr(type(call), "_is_coroutine_marker"):  # a JsAsyncFunction
        import inspect

        inspect.markcoroutinefunction(method)
    return method


def _getter(call: Callable[..., object] | None) -> Callable[[object], object] | None:
    if call is None:
        return None

    def get(self: object) -> object:
        return call(self)

    return get


def _setter(call: Callable[..., object] | None) -> Callable[[object, object], None] | None:
    if call is None:
        return None

    def put(self: object, value: object) -> None:
        call(self, value)

    return put


def of_super(above: type, value: object, name: str) -> tuple[object, ...]:
    """The attribute as `super()` finds it where `above` is the next class; or nothing."""
    kinds = type(value).__mro__
    if above not in kinds:
        return ()
    for kind in kinds[kinds.index(above) :]:
        if name in kind.__dict__:
            found = kind.__dict__[name]
            bind = getattr(type(found), "__get__", None)
            return (found if bind is None else bind(found, value, type(value)),)
    return ()
