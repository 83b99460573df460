# python/inmem/_as_python.py: a packed program as the Python that it carries (PEX_INTERPRETER).
"""Takes words as `python` does, with what is packed on the path: -c, -m, a script, - or none.

Sources: execute_interpreter of pex/pex.py and of shiv's bootstrap/interpreter.py.
"""

import sys


def run() -> None:
    words = sys.argv[1:]
    first = words[0] if words else ""
    if first == "-c":
        sys.argv = ["-c", *words[2:]]
        execute(need(words, "-c"), "<string>")
    elif first == "-m":
        import runpy

        sys.argv = words[1:]
        runpy.run_module(need(words, "-m"), run_name="__main__", alter_sys=True)
    elif first == "-":
        sys.argv = words
        execute(sys.stdin.read(), "<stdin>")
    elif first.startswith("-"):
        sys.exit(f"{first}: an option of Python (expected -c, -m, a script, - or nothing)")
    elif first:
        import runpy

        sys.argv = words
        runpy.run_path(first, run_name="__main__")
    else:
        import code

        code.interact(local=sys.modules["__main__"].__dict__, exitmsg="")


def need(words: list[str], option: str) -> str:
    if len(words) > 1:
        return words[1]
    sys.exit(f"{option}: nothing behind it (expected what is to run)")


def execute(source: str, name: str) -> None:
    exec(compile(source, name, "exec", dont_inherit=True), sys.modules["__main__"].__dict__)
