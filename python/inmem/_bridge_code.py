# python/inmem/_bridge_code.py: code of runPython() and runPythonAsync(), before it runs.
"""As pyodide has it: code that is indented as a whole is taken for what it would be without
that, and a semicolon at the end says that the last value is not wanted."""

from __future__ import annotations

import _ast  # `ast` has as much again, which nothing here needs
import linecache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType


def compiled(code: str, filename: str, flags: int = 0) -> tuple[CodeType, CodeType | None]:
    """The statements, and the expression that gives the value; tracebacks find their lines."""
    code = unindented(code)
    tree, last = parse(code, filename)
    statements = compile(tree, filename, "exec", flags, dont_inherit=True)
    value = None if last is None else compile(last, filename, "eval", flags, dont_inherit=True)
    if not filename.startswith("<"):
        lines = code.splitlines(keepends=True)
        linecache.cache[filename] = (len(code), None, lines, filename)
        return statements, value
    # Many have the same name: lines are found by the code itself.
    for part in (statements, value):
        if part is not None:
            linecache._register_code(part, code, filename)  # type: ignore[attr-defined]
    return statements, value


def parse(code: str, filename: str) -> tuple[_ast.Module, _ast.Expression | None]:
    """The statements, and the expression that gives the value."""
    tree = compile(code, filename, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, _ast.Module)
    if not tree.body or not isinstance(end := tree.body[-1], _ast.Expr):
        return tree, None
    if ends_with_semicolon(code, end):
        return tree, None
    tree.body.pop()
    return tree, _ast.Expression(end.value)


def unindented(code: str) -> str:
    """Without the indentation of all lines, where the first statement has some: an error else."""
    for line in code.split("\n"):
        text = line.lstrip(" \t")
        if text and text[0] not in "#\r\f":
            break
    else:
        return code
    if text == line:
        return code
    import textwrap

    return textwrap.dedent(code)


def ends_with_semicolon(code: str, last: _ast.stmt) -> bool:
    if ";" not in code:
        return False
    # Positions are in bytes, and lines those of the parser.
    lines = code.replace("\r\n", "\n").replace("\r", "\n").encode().split(b"\n")
    assert last.end_lineno is not None
    rest = lines[last.end_lineno - 1][last.end_col_offset :]
    return rest.lstrip(b" \t\f").startswith(b";")
