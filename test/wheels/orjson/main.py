# test/wheels/orjson/main.py: Rust's JSON, there and back, and what it must refuse
import dataclasses
import datetime
import hashlib
import json
import math
import uuid

import orjson


@dataclasses.dataclass
class Point:
    x: float
    tags: list
    when: datetime.datetime


when = datetime.datetime(2026, 11, 21, 12, 30, 15, 123456, tzinfo=datetime.UTC)
data = {
    "points": [Point(i / 7, [f"t{i}", None, True], when) for i in range(3000)],
    "id": uuid.UUID(int=12345),
    "text": 'snow \u2603, face \U0001f600, quote " and \\ and \x01' * 50,
    "numbers": [0, -1, 2**53, 2**63 - 1, 1e-300, 1.7976931348623157e308, 0.1 + 0.2],
}
packed = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
assert orjson.loads(packed) == json.loads(packed)
pretty = orjson.dumps({"b": 1, "a": [1, 2]}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)

refusals = {}
for name, text in {
    "cut off": b'{"a": [1, 2',
    "not UTF-8": b'"\xff"',
    "NaN": b"NaN",
    "deep": b"[" * 100_000,
}.items():
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        refusals[name] = str(error)
try:
    orjson.dumps({"set": {1}})
except TypeError as error:
    refusals["set"] = str(error)

print(
    json.dumps(
        {
            "version": orjson.__version__,
            "sha256": hashlib.sha256(packed).hexdigest(),
            "pretty": pretty.decode(),
            "nan": orjson.dumps([math.nan, math.inf]).decode(),
            "refused": refusals,
        }
    )
)
