# cmake/late_relocations.py: takes OpenSSL's and SQLite's relocations out of the addon's start.
"""Usage: late_relocations.py ADDON LINKER_MAP (run by the interpreter we link).

Half of the addon's relative relocations lie in libraries that few programs use, and
each page of them is copied as the dynamic linker writes to it. They go to the end
of the table, behind what DT_RELASZ tells; native/interpreter/late_relocations.cc
applies them before the first of those libraries' modules is imported.

A map of another linker than GNU's has nothing that is understood: then nothing is
moved, and all is done at the start.
"""

import re
import struct
import sys
from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

#: Objects whose only way in is a PyInit_* function that is wrapped.
LATE = re.compile(r"/lib(crypto|ssl|sqlite3)\.a\(|/libpython[\d.]+\.a\((_ssl|_hashopenssl)\.o\)")

#: One input section with content: its address, size and object file. The name
#: stands before it, on a line of its own where it is long.
SECTION = re.compile(r"^ (?:\.\S+)? +0x([0-9a-f]{16}) +0x([0-9a-f]+) (\S.*)$", re.MULTILINE)

PT_LOAD, PT_DYNAMIC = 1, 2
DT_NULL, DT_RELA, DT_RELASZ, DT_RELACOUNT = 0, 7, 8, 0x6FFFFFF9
R_X86_64_RELATIVE = 8
SHT_SYMTAB = 2
RELA = struct.Struct("<QQq")
SYMBOL = struct.Struct("<IBBHQQ")


class Segment(NamedTuple):
    type: int
    flags: int
    offset: int
    address: int
    physical: int
    file_size: int
    memory_size: int
    align: int


class Addon:
    """An x86-64 shared object, in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        (start,) = struct.unpack_from("<Q", data, 32)
        (count,) = struct.unpack_from("<H", data, 56)
        self.segments = [
            Segment(*struct.unpack_from("<IIQQQQQQ", data, start + 56 * i)) for i in range(count)
        ]
        self.dynamic = self.read_dynamic()

    def offset(self, address: int) -> int:
        for segment in self.segments:
            inside = address - segment.address
            if segment.type == PT_LOAD and 0 <= inside < segment.file_size:
                return segment.offset + inside
        raise ValueError(f"no byte of the file is at {address:#x}")

    def read_dynamic(self) -> dict[int, tuple[int, int]]:
        """Tag -> (offset of the value, value)."""
        at = next(s.offset for s in self.segments if s.type == PT_DYNAMIC)
        entries = {}
        while True:
            tag, value = struct.unpack_from("<QQ", self.data, at)
            if tag == DT_NULL:
                return entries
            entries[tag] = (at + 8, value)
            at += 16

    def set_dynamic(self, tag: int, value: int) -> None:
        struct.pack_into("<Q", self.data, self.dynamic[tag][0], value)

    def symbol(self, wanted: bytes) -> int:
        """Offset of what the symbol names."""
        (table,) = struct.unpack_from("<Q", self.data, 40)
        (count,) = struct.unpack_from("<H", self.data, 60)
        sections = [
            struct.unpack_from("<IIQQQQIIQQ", self.data, table + 64 * i) for i in range(count)
        ]
        symbols = next(s for s in sections if s[1] == SHT_SYMTAB)
        names = sections[symbols[6]][4]
        for at in range(symbols[4], symbols[4] + symbols[5], SYMBOL.size):
            name, _, _, _, value, _ = SYMBOL.unpack_from(self.data, at)
            if self.data.startswith(wanted + b"\0", names + name):
                return self.offset(value)
        raise ValueError(f"no symbol {wanted.decode()}")


def late_ranges(text: str) -> list[tuple[int, int]]:
    """Addresses of the late libraries' sections: (begin, end), sorted."""
    found = []
    for address, size, file in SECTION.findall(text):
        begin = int(address, 16)
        if begin != 0 and LATE.search(file):
            found.append((begin, begin + int(size, 16)))
    return sorted(found)


def move(addon: Addon, ranges: list[tuple[int, int]]) -> None:
    begins = [begin for begin, _ in ranges]

    def is_late(entry: tuple[int, int, int]) -> bool:
        target, info, _ = entry
        at = bisect_right(begins, target) - 1
        return info == R_X86_64_RELATIVE and at >= 0 and target < ranges[at][1]

    address, size = addon.dynamic[DT_RELA][1], addon.dynamic[DT_RELASZ][1]
    table = addon.offset(address)
    entries = list(RELA.iter_unpack(addon.data[table : table + size]))
    late = [entry for entry in entries if is_late(entry)]
    early = [entry for entry in entries if not is_late(entry)]
    addon.data[table : table + size] = b"".join(RELA.pack(*entry) for entry in early + late)
    addon.set_dynamic(DT_RELASZ, RELA.size * len(early))
    addon.set_dynamic(DT_RELACOUNT, addon.dynamic[DT_RELACOUNT][1] - len(late))
    told = addon.symbol(b"inmem_late_relocations")
    struct.pack_into("<QQ", addon.data, told, address + RELA.size * len(early), len(late))


def main(path: str, linker_map: str) -> None:
    addon = Addon(Path(path).read_bytes())
    ranges = late_ranges(Path(linker_map).read_text(errors="replace"))
    if ranges:
        move(addon, ranges)
        Path(path).write_bytes(addon.data)


if __name__ == "__main__":
    main(*sys.argv[1:])
