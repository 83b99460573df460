# lib/types/python/functional_classes.py: classes made by a call, as statements.
import ast
from collections.abc import Iterator

ENUMS = frozenset("Enum IntEnum StrEnum Flag IntFlag".split())


def class_of(name: str, value: ast.expr | None) -> ast.ClassDef | None:
    """``Point = namedtuple("Point", "x y")`` and the like; None for any other call."""
    if not isinstance(value, ast.Call) or not value.args or not is_text(value.args[0]):
        return None
    body = list(statements(value))
    if not body:
        return None
    words = [word for word in value.keywords if word.arg == "total"]
    made = ast.ClassDef(name, [value.func], words, body, [], [])
    return ast.fix_missing_locations(ast.copy_location(made, value))


def spread(node: ast.ClassDef) -> ast.ClassDef:
    """``class Point(namedtuple("Point", "x y"))`` has those fields itself."""
    for i, base in enumerate(node.bases):
        made = class_of(node.name, base)
        if made is not None:
            node.bases[i] = made.bases[0]
            first = 1 if ast.get_docstring(node) is not None else 0
            node.body[first:first] = made.body
    return node


def statements(call: ast.Call) -> Iterator[ast.stmt]:
    called = getattr(call.func, "attr", getattr(call.func, "id", ""))
    given = call.args[1] if len(call.args) > 1 else None
    if called == "namedtuple":
        yield from names_of_tuple(given, call)
    elif called in ("NamedTuple", "TypedDict"):
        for name, annotation in pairs_in(given):
            yield field(name, annotation, None)
    elif called in ENUMS:
        for i, name in enumerate(names_in(given)):
            value = ast.Constant(name.lower() if called == "StrEnum" else i + 1)
            known = value if "Flag" not in called else ast.Constant(...)
            yield ast.Assign([ast.Name(name, ast.Store())], known)


def names_of_tuple(given: ast.expr | None, call: ast.Call) -> Iterator[ast.stmt]:
    names = list(names_in(given))
    words = {word.arg: word.value for word in call.keywords}
    required = len(names) - len(getattr(words.get("defaults"), "elts", []))
    for i, name in enumerate(names):
        yield field(name, ast.Constant(...), None if i < required else ast.Constant(...))


def pairs_in(node: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
    """Of a dict, or of a list of pairs."""
    if isinstance(node, ast.Dict):
        pairs = [[key, value] for key, value in zip(node.keys, node.values, strict=True) if key]
    else:
        pairs = [getattr(each, "elts", []) for each in getattr(node, "elts", [])]
    yield from ((pair[0].value, pair[1]) for pair in pairs if len(pair) == 2 and is_text(pair[0]))


def field(name: str, annotation: ast.expr, value: ast.expr | None) -> ast.stmt:
    return ast.AnnAssign(ast.Name(name, ast.Store()), annotation, value, 1)


def names_in(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from node.value.replace(",", " ").split()
    elif isinstance(node, ast.List | ast.Tuple):
        yield from (each.value for each in node.elts if is_text(each))


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
