# python/inmem/_describe.py: an exception as plain values, for JavaScript.
"""Loaded when a program has left one uncaught."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any


def describe(
    error: "BaseException", traceback: "TracebackType | None", depth: int = 0
) -> "dict[str, Any]":
    """Type, message, traceback and cause of an exception, as plain values."""
    cause = error.__cause__
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    return {
        "type": type(error).__name__,
        "message": message_of(error),
        "traceback": text_of(error, traceback),
        "code": error_code(error),
        "cause": describe(cause, cause.__traceback__, depth + 1)
        if cause is not None and depth < 16
        else None,
    }


def message_of(error: "BaseException") -> str:
    try:
        return cut(str(error))
    except BaseException:  # noqa: BLE001 - __str__ is the program's
        return "<exception str() failed>"


def text_of(error: "BaseException", traceback: "TracebackType | None" = None) -> str:
    """The whole traceback, as Python prints it."""
    import traceback as tools

    shown = traceback or error.__traceback__
    try:
        if not _has_odd_group(error):
            return cut("".join(tools.format_exception(type(error), error, shown)))
    except Exception:  # noqa: BLE001, S110 - what it asks of the error is the program's
        pass
    frames = "".join(tools.format_tb(shown))
    name, message = type(error).__name__, message_of(error)
    return f"Traceback (most recent call last):\n{frames}{name}: {message}\n"


def count_frames(error: "BaseException") -> int:
    count, entry = 0, error.__traceback__
    while entry is not None:
        count, entry = count + 1, entry.tb_next
    return count


#: What a message or traceback has at most: all that is said of an error has to fit into one
#: string of JavaScript.
LONGEST = 2**26


def cut(text: str) -> str:
    rest = len(text) - LONGEST
    return text if rest <= 0 else f"{text[:LONGEST]}... {rest} more characters"


def parts_of(error: "BaseException") -> "tuple[BaseException, ...]":
    """Of a group, as it was made: `exceptions` of a subclass may raise, or have no end."""
    if not isinstance(error, BaseExceptionGroup):
        return ()
    parts: tuple[BaseException, ...] = BaseExceptionGroup.exceptions.__get__(error)
    return parts


def _has_odd_group(error: "BaseException") -> bool:
    """Whether a group has `exceptions` of its own: `traceback` would follow them for ever."""
    known: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in known:
            continue
        known.add(id(one))
        waiting += (one.__cause__, one.__context__, *parts_of(one))
        if isinstance(one, BaseExceptionGroup):
            own = type(one).exceptions
            if own is not BaseExceptionGroup.exceptions:
                return True
    return False


#: What CPython says of a module that an interpreter with a GIL of its own cannot have: all that is
#: known where it is built in (for others, `ExtensionLoader`).
REFUSED = " does not support loading in subinterpreters"


def error_code(error: "BaseException | None") -> str:
    """Our permanent code, where the error came from us: packages wrap it."""
    for _ in range(16):
        if error is None:
            break
        try:
            code = getattr(error, "inmem_code", "")
        except Exception:  # noqa: BLE001 - a program's own __getattr__
            code = ""
        if isinstance(code, str) and code:
            return code
        if type(error) is ImportError and str(error.msg).endswith(REFUSED):
            return "ERR_INMEM_NEEDS_SHARED"
        error = error.__cause__ or error.__context__
    return ""
