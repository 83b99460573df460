# test/wheels/gevent/main.py: a gevent server with 200 clients; greenlets; cffi calls libc

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import socket  # noqa: E402
import threading  # noqa: E402
from importlib.metadata import version  # noqa: E402

import cffi  # noqa: E402
import gevent  # noqa: E402
import gevent.queue  # noqa: E402
import greenlet  # noqa: E402
from gevent.pool import Pool  # noqa: E402
from gevent.server import StreamServer  # noqa: E402

names = ("gevent", "greenlet", "cffi")
facts = {"versions": {name: version(name) for name in names}}
CLIENTS = 200

# All clients are connected at once before one of them is answered.
connected = threading.Barrier(CLIENTS)


def serve(connection, _):
    with connection.makefile("rw") as stream:
        for line in stream:
            stream.write(f"{int(line) * 2}\n")
            stream.flush()


def client(number):
    with socket.create_connection(("127.0.0.1", server.server_port)) as connection:
        connected.wait()
        with connection.makefile("rw") as stream:
            total = 0
            for i in range(10):
                stream.write(f"{number + i}\n")
                stream.flush()
                total += int(stream.readline())
        return total


server = StreamServer(("127.0.0.1", 0), serve, backlog=CLIENTS)
server.start()
sums = Pool(CLIENTS).map(client, range(CLIENTS))
server.stop()
assert sums == [sum(2 * (n + i) for i in range(10)) for n in range(CLIENTS)]
facts["sum"] = sum(sums)
loop = gevent.get_hub().loop
facts["loop"] = [type(loop).__module__, loop.backend]


# Greenlets by hand: a deep switch with values and an exception across stacks.
def inner(value):
    while True:
        try:
            value = greenlet.getcurrent().parent.switch(value * 2)
        except KeyError as error:
            value = len(str(error))


child = greenlet.greenlet(inner)
facts["switched"] = [child.switch(3), child.switch(5), child.throw(KeyError("gone"))]


def deep(n):
    if n == 0:
        return greenlet.getcurrent().parent.switch("bottom")
    return deep(n - 1) + 1


stacks = [greenlet.greenlet(deep) for _ in range(50)]
assert [stack.switch(100) for stack in stacks] == ["bottom"] * 50
facts["unwound"] = sum(stack.switch(1) for stack in stacks)

# A thread that is a real one, a timeout, a queue between greenlets.
facts["thread"] = gevent.get_hub().threadpool.apply(lambda: sum(range(1000)))
try:
    with gevent.Timeout(0.01):
        gevent.sleep(5)
except gevent.Timeout:
    facts["timeout"] = True
queue = gevent.queue.Queue(2)
gevent.spawn(lambda: [queue.put(i) for i in range(5)])
facts["queue"] = [queue.get() for _ in range(5)]

# cffi: functions of libc by dlopen(None), structs, callbacks (libffi).
ffi = cffi.FFI()
ffi.cdef("""
    int abs(int);
    size_t strlen(const char *);
    double strtod(const char *, char **);
    void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
    int snprintf(char *, size_t, const char *, ...);
    typedef struct { int quot; int rem; } div_t;
    div_t div(int, int);
    struct pair { char tag; long value; };
""")
libc = ffi.dlopen(None)
numbers = ffi.new("int[]", [5, -3, 9, 0, 2])


@ffi.callback("int(const void *, const void *)")
def compare(a, b):
    x, y = ffi.cast("int *", a)[0], ffi.cast("int *", b)[0]
    return (x > y) - (x < y)


libc.qsort(numbers, len(numbers), ffi.sizeof("int"), compare)
text = ffi.new("char[]", 40)
seven, half = ffi.cast("int", 7), ffi.cast("double", 2.5)
libc.snprintf(text, 40, b"%d-%s-%.2f", seven, ffi.new("char[]", b"x"), half)
parts = libc.div(17, 5)
facts["cffi"] = [
    libc.abs(-4),
    libc.strlen(b"hello"),
    libc.strtod(b"2.75", ffi.NULL),
    list(numbers),
    ffi.string(text).decode(),
    [parts.quot, parts.rem],
    ffi.offsetof("struct pair", "value"),
]
print(json.dumps(facts))
