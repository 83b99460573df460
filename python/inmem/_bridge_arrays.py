# python/inmem/_bridge_arrays.py: what JavaScript's arrays and functions can do, for Python's.
"""Functions that lib/bridge calls by their names in inmem._bridge."""

from __future__ import annotations

import math

# `typing` and what it needs would take as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def array_change(sequence: Any, name: str, args: tuple[Any, ...]) -> object:
    """A method of Array that changes it."""
    return _changes[name](sequence, *args)


def _push(sequence: Any, *values: object) -> int:
    for value in values:
        sequence.append(value)
    return len(sequence)


#: Where many items come and go at once, the others move once, and not for each of them.
_SLICED = (list, bytearray)


def _unshift(sequence: Any, *values: object) -> int:
    if isinstance(sequence, _SLICED):
        sequence[0:0] = values  # type: ignore[assignment]
        return len(sequence)
    for at, value in enumerate(values):
        sequence.insert(at, value)
    return len(sequence)


def _shift(sequence: Any) -> tuple[object, ...]:
    if len(sequence) == 0:
        return ()
    value = sequence[0]
    del sequence[0]
    return (value,)


def _splice(sequence: Any, *args: Any) -> tuple[object, ...]:
    length = len(sequence)
    start = _position(args[0] if args else 0, length)
    count = length - start if len(args) == 1 else _whole(args[1] if args else 0)
    end = start + min(max(count, 0), length - start)
    if isinstance(sequence, _SLICED):
        items = tuple(sequence[start:end])
        sequence[start:end] = args[2:]
        return items
    taken = []
    for _ in range(start, end):
        taken.append(sequence[start])
        del sequence[start]
    for at, value in enumerate(args[2:]):
        sequence.insert(start + at, value)
    return tuple(taken)


def _fill(sequence: Any, value: object = None, *bounds: Any) -> None:
    for at in range(*_bounds(len(sequence), *bounds)):
        sequence[at] = value


def _copy_within(sequence: Any, target: Any = 0, *bounds: Any) -> None:
    length = len(sequence)
    start, end = _bounds(length, *bounds)
    items = [sequence[at] for at in range(start, end)]
    for at, value in enumerate(items[: length - _position(target, length)]):
        sequence[_position(target, length) + at] = value


_changes: dict[str, Callable[..., object]] = {
    "push": _push,
    "unshift": _unshift,
    "shift": _shift,
    "splice": _splice,
    "fill": _fill,
    "copyWithin": _copy_within,
}


def _bounds(length: int, start: Any = 0, end: Any = None) -> tuple[int, int]:
    return _position(start, length), length if end is None else _position(end, length)


def _position(value: Any, length: int) -> int:
    """As JavaScript counts: from the end where it is negative, and never outside."""
    whole = _whole(value)
    return max(length + whole, 0) if whole < 0 else min(whole, length)


def _whole(value: Any) -> int:
    if isinstance(value, float) and math.isnan(value):
        return 0
    return 0 if value is None else int(min(max(value, -(2**53)), 2**53))


def call_relaxed(function: Callable[..., object], *args: object) -> object:
    """Without the arguments that it has no parameters for, as JavaScript calls functions."""
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of C, and nobody says which
        return function(*args)
    kinds = [parameter.kind for parameter in parameters]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return function(*args)
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return function(*args[: sum(kind in by_position for kind in kinds)])
