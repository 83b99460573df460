# lib/bundle/python/compile_sources.py: turns Python sources into .pyc bytes, as they come.
"""usage: compile_sources.py OPTIMIZE

Reads requests from stdin: u32 name size, u32 source size, name, source. Answers each on stdout:
u8 failed, u32 size, and the .pyc or the reason. Little endian. Flag 1 of the .pyc: identified by
the source's hash, and not checked when loaded.
"""

import importlib.util
import marshal
import struct
import sys
from types import CodeType

optimize = int(sys.argv[1])
header = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little")
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer


def code_of(name: str, source: bytes) -> CodeType:
    code = compile(source, name, "exec", dont_inherit=True, optimize=optimize)
    if not has_equal_sets(code):
        return code
    # Equal sets of a file are one object, until a name in them turns out to be interned already:
    # then each code gets a copy of its own, and marshal writes that down. So what comes out
    # would depend on what this process has compiled before. The second time all names are
    # interned, by the first code.
    return compile(source, name, "exec", dont_inherit=True, optimize=optimize)


def has_equal_sets(code: CodeType) -> bool:
    found: list[frozenset[object]] = []
    collect_sets(code, found)
    return len(found) > len(set(found))


def collect_sets(code: CodeType, found: list[frozenset[object]]) -> None:
    for constant in code.co_consts:
        if type(constant) is CodeType:
            collect_sets(constant, found)
        elif type(constant) is frozenset:
            found.append(constant)


def answer(name: str, source: bytes) -> tuple[int, bytes]:
    try:
        code = code_of(name, source)
        return 0, header + importlib.util.source_hash(source) + marshal.dumps(code)
    except Exception as error:
        return 1, f"{type(error).__name__}: {error}".encode(errors="replace")


while sizes := stdin.read(8):
    name_size, source_size = struct.unpack("<II", sizes)
    requested = stdin.read(name_size).decode()
    failed, body = answer(requested, stdin.read(source_size))
    # In one piece: each that arrives costs the other side a buffer of its own.
    stdout.write(struct.pack("<BI", failed, len(body)) + body)
    stdout.flush()
