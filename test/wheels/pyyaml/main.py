# test/wheels/pyyaml/main.py: libyaml's parser and emitter beside the ones in Python
import datetime
import json

import yaml
from yaml import CSafeDumper, CSafeLoader, SafeLoader, _yaml

document = """
anchors: &base {name: caf\u00e9, size: 3}
merged:
  <<: *base
  size: 4
when: 2026-07-01 12:30:00
numbers: [1, 0x1f, 1e3, .inf, 1_000]
text: |
  two lines
  of text
folded: >-
  one
  line
nothing: ~
binary: !!binary aGVsbG8=
"""
value = yaml.load(document, Loader=CSafeLoader)
assert value == yaml.load(document, Loader=SafeLoader)
assert value["merged"] == {"name": "caf\u00e9", "size": 4}
assert value["when"] == datetime.datetime(2026, 7, 1, 12, 30)
dumped = yaml.dump(value, Dumper=CSafeDumper, allow_unicode=True, sort_keys=True)
assert yaml.load(dumped, Loader=CSafeLoader) == value

many = [{"id": i, "tags": [str(i), "x" * (i % 7)]} for i in range(2000)]
assert yaml.load(yaml.dump(many, Dumper=CSafeDumper), Loader=CSafeLoader) == many
try:
    yaml.load("a: [1, 2", Loader=CSafeLoader)
except yaml.YAMLError as error:
    mark = error.problem_mark
    refusal = [error.problem, mark.line, mark.column]

print(
    json.dumps(
        {
            "version": yaml.__version__,
            "libyaml": _yaml.get_version_string(),
            "dumped": dumped,
            "refusal": refusal,
        }
    )
)
