# bench/bridge/operations.py: the Python side of every row, the same file for every bridge.


class Point:
    def __init__(self):
        self.x = 7


point = Point()


def add(a, b):
    return a + b


async def add_async(a, b):
    return a + b


def echo(text):
    return text


def each_way(values):
    """A list that came in, another one that goes out."""
    if type(values) is not list:
        raise TypeError(f"a list should have come, not {type(values)}")
    return values[::-1]


def call_back(function, count):
    total = 0
    for i in range(count):
        total += function(i)
    return total


def make(i):
    """A fresh mutable object: no bridge may hand out the one before."""
    return [i]


def compute(seconds):
    """Byte code that lets go of the GIL when it is asked to."""
    import time

    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        for _ in range(1000):
            pass
        rounds += 1
    return rounds


def hold(seconds):
    """C calls that keep the GIL, about 100 ms each."""
    import itertools
    import time

    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        sum(itertools.repeat(1, 12_000_000))
        rounds += 1
    return rounds


def sleep(seconds):
    import time

    time.sleep(seconds)
