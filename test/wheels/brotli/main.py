# test/wheels/brotli/main.py: the wheel's own brotli, not Node's, whole and as a stream
import hashlib
import json

import brotli

text = b"".join(b"line %d of a text that repeats itself\n" % i for i in range(2_000))
packed = {quality: brotli.compress(text, quality=quality) for quality in (0, 5, 9, 11)}
assert all(brotli.decompress(data) == text for data in packed.values())

compressor = brotli.Compressor(mode=brotli.MODE_TEXT, lgwin=18)
parts = [compressor.process(text[i : i + 919]) for i in range(0, len(text), 919)]
stream = b"".join([*parts, compressor.flush(), compressor.finish()])
decompressor = brotli.Decompressor()
parts = [decompressor.process(stream[i : i + 101]) for i in range(0, len(stream), 101)]
assert b"".join(parts) == text
assert decompressor.is_finished()

try:
    brotli.decompress(b"\xff" * 100)
except brotli.error as error:
    refusal = str(error)

# Byte for byte the same: another release of the library would differ somewhere.
print(
    json.dumps(
        {
            "version": brotli.__version__,
            "packed": {str(quality): len(data) for quality, data in packed.items()},
            "sha256": hashlib.sha256(b"".join(packed.values()) + stream).hexdigest(),
            "refusal": refusal,
        }
    )
)
