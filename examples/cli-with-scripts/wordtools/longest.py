# examples/cli-with-scripts/wordtools/longest.py: the command longest-word.
"""Prints the longest word of standard input."""

from wordtools import words


def main() -> int:
    print(max(words(), key=len, default=""))
    return 0
