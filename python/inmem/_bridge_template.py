# python/inmem/_bridge_template.py: py`...`: Python code with values of JavaScript in it.
"""A template becomes a function of its values; names are those of the session."""

import ast
from collections.abc import Callable, Iterator

FILE = "<template>"
NAME = "_value_of_javascript_{}"

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


def compile_template(session: dict[str, object], parts: tuple[str, ...]) -> Callable[..., object]:
    """The function: `parts` are the texts around the values."""
    names = [NAME.format(number) for number in range(len(parts) - 1)]
    # In brackets: `-1 ** 2` is a value to JavaScript, not text. And apart from words around.
    text = parts[0] + "".join(
        f"({name}){part}" for name, part in zip(names, parts[1:], strict=True)
    )
    tree = ast.parse(_dedented(text), FILE)
    _check(tree, names)
    body: list[ast.stmt] = list(tree.body)
    if body and isinstance(body[-1], ast.Expr):
        body[-1] = ast.copy_location(ast.Return(body[-1].value), body[-1])
    if assigned := sorted(set(_assigned(tree)) - set(names)):
        body.insert(0, ast.Global(assigned))
    function = ast.parse(f"def template({', '.join(names)}): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = body or function.body
    module = ast.fix_missing_locations(ast.Module([function], []))
    made: dict[str, Callable[..., object]] = {}
    exec(compile(module, FILE, "exec"), session, made)
    return made["template"]


def _dedented(text: str) -> str:
    """Statements may be indented as the JavaScript around them."""
    import textwrap

    lines = text.strip("\n")
    return textwrap.dedent(lines) if "\n" in lines else lines.strip()


def _check(tree: ast.AST, names: list[str]) -> None:
    """Each value must be one in the code too, not a part of a text or a comment."""
    seen = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for number, name in enumerate(names):
        if name not in seen:
            raise SyntaxError(f"value {number} of the template is in a string or comment")
    in_place = {id(node.target) for node in ast.walk(tree) if isinstance(node, ast.AugAssign)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name) or node.id not in names or id(node) in in_place:
            continue
        if not isinstance(node.ctx, ast.Load):
            number = names.index(node.id)
            raise SyntaxError(f"value {number} of the template cannot be assigned to or deleted")


def _assigned(tree: ast.AST) -> Iterator[str]:
    """Names that statements bind, but not those of functions in them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _Scope):
            if not isinstance(node, ast.Lambda):
                yield node.name
            continue
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        yield from _assigned(node)
