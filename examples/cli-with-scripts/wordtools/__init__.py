# examples/cli-with-scripts/wordtools/__init__.py: what the two commands share.
"""Words of a text."""

import re
import sys


def words() -> list[str]:
    return re.findall(r"\w+", sys.stdin.read())
