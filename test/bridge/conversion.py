# test/bridge/conversion.py: what docs/conversion.md calls `m`.
import collections
import dataclasses
import enum
import math  # noqa: F401
from array import array  # noqa: F401
from collections import OrderedDict  # noqa: F401
from datetime import UTC, date, datetime, time, timedelta, timezone  # noqa: F401
from decimal import Decimal  # noqa: F401
from fractions import Fraction  # noqa: F401
from pathlib import PurePosixPath  # noqa: F401
from uuid import UUID  # noqa: F401

from inmem.ffi import JsBigInt  # noqa: F401

utc = UTC
plus_one = timezone(timedelta(hours=1))
Point = collections.namedtuple("Point", "x y")


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 2


class Moment(datetime):
    pass


class Finer(datetime):
    """Has more than its base, as pandas' nanoseconds."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Finer)

    __hash__ = datetime.__hash__


class Text(str):
    pass


class Count(int):
    pass


@dataclasses.dataclass
class Place:
    x: int
    y: int


def same(a: object, b: object) -> bool:
    """Equal, of one type, and of one sign where they are zeros; NaN is itself."""
    if isinstance(a, memoryview) and isinstance(b, memoryview):
        return (a.format, a.shape, a.tobytes()) == (b.format, b.shape, b.tobytes())
    if isinstance(a, set | frozenset) and isinstance(b, set | frozenset):
        return type(a) is type(b) and sorted(map(repr, a)) == sorted(map(repr, b))
    return type(a) is type(b) and repr(a) == repr(b) and (a == b or a != a)
