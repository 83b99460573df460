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
        return str(error)
    except BaseException:  # noqa: BLE001 - __str__ is the program's
        return "<exception str() failed>"


def text_of(error: "BaseException", traceback: "TracebackType | None" = None) -> str:
    """The whole traceback, as Python prints it."""
    import traceback as tools

    shown = traceback or error.__traceback__
    return "".join(tools.format_exception(type(error), error, shown))


def error_code(error: "BaseException | None") -> str:
    """Our permanent code, where the error came from us: packages wrap it."""
    for _ in range(16):
        if error is None:
            break
        code = getattr(error, "inmem_code", "")
        if isinstance(code, str) and code:
            return code
        error = error.__cause__ or error.__context__
    return ""
