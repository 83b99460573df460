# test/bridge/fuzz/objects.py: what the fuzz program calls: FUNCTIONS.
import asyncio
import builtins
import gc
import random

kept = []


class Odd:
    def __init__(self, value=None):
        self.value = value

    def __getattr__(self, name):
        if name.startswith("bad"):
            raise ValueError(name)
        raise AttributeError(name)

    def __len__(self):
        return -1 if self.value == "length" else 3

    def __getitem__(self, key):
        if key == 2:
            raise IndexError
        return kept[-1] if kept else key

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    def __hash__(self):
        return 5

    def __repr__(self):
        raise RuntimeError("no repr")

    def __del__(self):
        kept[:] = kept[-20:]


class Pool:
    """What gives itself when it is awaited."""

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return self

    __aenter__ = __await__

    async def __aexit__(self, *error):
        keep(self)


# Nothing here may take for ever, or all memory: that would be Python's right.
def small(n):
    return min(n, 20) if isinstance(n, int) else n


def begin(x):
    return iter(x)


def octets(x):
    return bytes(small(x))


def array(x):
    return bytearray(small(x))


FORMATS = "bBhHiIqQfd?c"


def grid(n, f):
    letter = FORMATS[hash(f) % len(FORMATS)] if f is not None else "d"
    rows = small(n) if isinstance(n, int) and n > 0 else 2
    view = memoryview(bytearray(8 * 6 * rows)).cast(letter)
    columns = view.nbytes // view.itemsize // rows // 2
    return view.cast("B").cast(letter, (rows, 2, columns))


def strided(x):
    return memoryview(x)[::-2]


def grow(x):
    x.append(1)
    return len(x)


def write(x):
    view = memoryview(x)
    view[0] = view[-1]
    return view.format, view.shape


def touch(x):
    return memoryview(x).tobytes()[-9:]


async def each(n):
    for i in range(small(n)):
        yield kept[-1] if kept else i


async def asgi(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": bytes(3)})


def wsgi(environ, start):
    start("200 OK", [])
    return [b"abc"]


def keep(value):
    kept.append(value)
    del kept[:-20]
    return value


def give():
    return random.choice(kept) if kept else None


def call(f, *args, **kw):
    return f(*args, **kw)


def call_all(fs, *args):
    return [f(*args) for f in fs]


def attributes(x):
    return [getattr(x, n, None) for n in list(dir(x))[:5]]


def items(x):
    return list(zip(range(5), x, strict=False))


def generate(n):
    for i in range(small(n)):
        got = yield kept[-1] if kept else i
        if got:
            keep(got)


def fail(x):
    raise ValueError(x)


def reraise(f, *a):
    try:
        return f(*a)
    except BaseException as e:
        keep(e)
        raise KeyError("again") from e


def mutate(x, y):
    x.a = y
    x["k"] = y
    del x.a


def nested(n, x):
    return [nested(small(n) - 1, x), x] if n else x


async def later(x):
    await asyncio.sleep(0)
    return x


def collect():
    return gc.collect()


def members(x):
    return [*x.as_object_map(hereditary=True).items()][:5]


def change(x, y):
    x[:5] = [y]
    x.pop()
    return x == y


OWN = """grid strided grow write touch each asgi wsgi keep give call call_all attributes items
generate fail reraise mutate nested later collect members change Odd Pool begin octets array"""
BUILTIN = """len repr str list dict tuple set frozenset next sorted isinstance type id hash getattr
setattr hasattr memoryview int float bool sum max zip map filter enumerate"""
FUNCTIONS = (
    *(globals()[name] for name in OWN.split()),
    *(getattr(builtins, name) for name in BUILTIN.split()),
)
