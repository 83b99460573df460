# lib/bundle/python/deflate_pieces.py: compresses pieces of deflate streams, as they come.
"""usage: deflate_pieces.py LEVEL

Reads requests from stdin: u32 size of what stands before, u32 size, u8 last, what stands before,
the piece. Answers each on stdout: u8 failed (0), u32 size, and the piece's deflate data, which ends
at a byte. Joined, they are one stream. Little endian. Ours is the plain zlib, whose output is the
same everywhere.
"""

import struct
import sys
import zlib

level = int(sys.argv[1])
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer


def compressed(before: bytes, piece: bytes, last: int) -> bytes:
    if before:
        packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=before)
    else:
        packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(piece)
    return data + packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


while header := stdin.read(9):
    before_size, size, last = struct.unpack("<IIB", header)
    before = stdin.read(before_size)
    body = compressed(before, stdin.read(size), last)
    stdout.write(struct.pack("<BI", 0, len(body)))
    stdout.write(body)
    stdout.flush()
