# examples/cli-with-scripts/wordtools/count.py: the command count-words.
"""Counts the words of standard input."""

import humanize

from wordtools import words


def main() -> int:
    print(f"{humanize.intcomma(len(words()))} words")
    return 0
