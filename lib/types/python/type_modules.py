# lib/types/python/type_modules.py: a bundle's modules as syntax trees.
"""Nothing here runs a module: names are read off the source, where a checker would see them."""

import ast
import dataclasses
import sys
from collections.abc import Callable, Iterator

from byte_code import tree_of
from functional_classes import class_of, spread

Node = ast.AST
DefNode = ast.FunctionDef | ast.AsyncFunctionDef
Read = Callable[[str], bytes]
# What may stand behind a module's name, the best first.
SUFFIXES = (".pyi", ".py", ".pyc")


@dataclasses.dataclass(eq=False)
class Definition:
    """One name in one scope, and all that the source says of it."""

    kind: str  # "class", "function", "variable", "alias", "import"
    name: str
    scope: "Scope"
    nodes: list[Node]
    # Of an import: the module, and the name in it ("" for the module itself).
    target: tuple[str, str] = ("", "")
    # "x as x", or from within the package: what a stub hands on.
    handed_on: bool = False
    # What the name meant above: ``class Foo(Foo)``.
    before: "Definition | None" = None

    @property
    def node(self) -> Node:
        return self.nodes[-1]

    @property
    def module(self) -> "Module":
        return self.scope.module


@dataclasses.dataclass(eq=False)
class Scope:
    module: "Module"
    names: dict[str, Definition] = dataclasses.field(default_factory=dict)
    outer: "Scope | None" = None
    # The class whose body it is.
    owner: Definition | None = None


@dataclasses.dataclass(eq=False)
class Module:
    name: str
    path: str
    is_package: bool
    tree: ast.Module
    scope: "Scope" = None  # type: ignore[assignment]
    stars: list[str] = dataclasses.field(default_factory=list)
    all_steps: list[ast.expr] = dataclasses.field(default_factory=list)

    @property
    def is_stub(self) -> bool:
        return self.path.endswith(".pyi")


def absolute_name(module: Module, level: int, name: str | None) -> str:
    """The module that ``from ..name import`` means."""
    if level == 0:
        return name or ""
    parts = module.name.split(".")
    drop = level - 1 if module.is_package else level
    base = parts[: len(parts) - drop] if drop else parts
    return ".".join([*base, name] if name else base)


class ModuleIndex:
    """Which file holds a module: one of a stub distribution, a stub beside it, its source."""

    def __init__(self, names: list[str]) -> None:
        self.files: dict[str, str] = {}
        # Extension modules without a stub.
        self.opaque: set[str] = set()
        self.folders: set[str] = set()
        sources: dict[str, dict[str, str]] = {}
        for name in names:
            self._add(name, sources)
        for module, found in sources.items():
            best = next((found[kind] for kind in ("stubs", *SUFFIXES) if kind in found), None)
            if best is None:
                self.opaque.add(module)
            else:
                self.files[module] = best
        self.sources = {m: found[".py"] for m, found in sources.items() if ".py" in found}
        for module in [*self.files, *self.opaque]:
            parts = module.split(".")
            self.folders.update(".".join(parts[:i]) for i in range(1, len(parts)))

    def _add(self, name: str, sources: dict[str, dict[str, str]]) -> None:
        folder, _, base = name.rpartition("/")
        stem, dot, ending = base.partition(".")
        suffix = dot + ending
        is_opaque = suffix.endswith(".so")
        if suffix not in SUFFIXES and not is_opaque:
            return
        parts = folder.split("/") if folder else []
        kind = "opaque" if is_opaque else suffix
        if parts and parts[0].endswith("-stubs"):
            parts[0] = parts[0].removesuffix("-stubs")
            kind = "stubs" if suffix == ".pyi" else kind
        if stem != "__init__":
            parts.append(stem)
        if parts and all(part.isidentifier() for part in parts):
            sources.setdefault(".".join(parts), {}).setdefault(kind, name)

    def __contains__(self, module: str) -> bool:
        return module in self.files or module in self.opaque or module in self.folders

    def submodules(self, module: str) -> Iterator[str]:
        prefix = module + "."
        return (name for name in self.files if name.startswith(prefix))


def static_test(test: ast.expr) -> bool | None:
    """What a checker takes ``if`` for; None: either may be."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = static_test(operand)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            found = [static_test(value) for value in values]
            wanted = isinstance(op, ast.Or)
            if wanted in found:
                return wanted
            return None if None in found else not wanted
        case ast.Compare(left=ast.Attribute(value=ast.Name(id="sys"), attr=attr)):
            return compare_host(attr, test)
    return None


HOST = {"platform": "linux", "version_info": sys.version_info[:3]}


def compare_host(attr: str, test: ast.Compare) -> bool | None:
    if attr not in HOST or len(test.ops) != 1:
        return None
    try:
        wanted = ast.literal_eval(test.comparators[0])
    except ValueError:
        return None
    found = HOST[attr]
    if isinstance(wanted, tuple):
        found = found[: len(wanted)] if isinstance(test.ops[0], ast.Eq | ast.NotEq) else found
    operators = {
        ast.Eq: lambda a, b: a == b,
        ast.NotEq: lambda a, b: a != b,
        ast.GtE: lambda a, b: a >= b,
        ast.Gt: lambda a, b: a > b,
        ast.LtE: lambda a, b: a <= b,
        ast.Lt: lambda a, b: a < b,
    }
    operator = operators.get(type(test.ops[0]))
    try:
        return None if operator is None else operator(found, wanted)
    except TypeError:
        return None


class Collector:
    """Fills a scope from the statements of a body."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.module = scope.module

    def collect(self, body: list[ast.stmt], only_missing: bool = False) -> None:
        for statement in body:
            handler = getattr(self, f"on_{type(statement).__name__}", None)
            if handler is not None:
                handler(statement, only_missing)

    def add(self, kind: str, name: str, node: Node, only_missing: bool) -> Definition:
        known = self.scope.names.get(name)
        if known is not None and (only_missing or (kind == "variable" and known.kind != "import")):
            if kind == known.kind == "variable" and not only_missing:
                known.nodes.append(node)
            return known
        definition = Definition(kind, name, self.scope, [node], before=known)
        self.scope.names[name] = definition
        return definition

    def on_FunctionDef(self, node: DefNode, only_missing: bool) -> None:
        known = self.scope.names.get(node.name)
        if known is not None and known.kind == "function" and belongs_to(node, known.nodes[-1]):
            if not only_missing:
                known.nodes.append(node)
            return
        self.add("function", node.name, node, only_missing)

    on_AsyncFunctionDef = on_FunctionDef

    def on_ClassDef(self, node: ast.ClassDef, only_missing: bool) -> None:
        self.add("class", node.name, spread(node), only_missing)

    def on_TypeAlias(self, node: ast.TypeAlias, only_missing: bool) -> None:
        self.add("alias", node.name.id, node, only_missing)

    def on_Assign(self, node: ast.Assign, only_missing: bool) -> None:
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            made = class_of(node.targets[0].id, node.value)
            if made is not None:
                self.add("class", made.name, made, only_missing)
                return
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id == "__all__":
                self.module.all_steps = [node.value]
            for name in (n for n in ast.walk(target) if isinstance(n, ast.Name)):
                self.add("variable", name.id, node, only_missing)

    def on_AnnAssign(self, node: ast.AnnAssign, only_missing: bool) -> None:
        if not isinstance(node.target, ast.Name):
            return
        if node.target.id == "__all__" and node.value is not None:
            self.module.all_steps = [node.value]
        known = self.add("variable", node.target.id, node, only_missing)
        if known.kind == "variable" and known.node is not node:
            known.nodes.append(node)

    def on_AugAssign(self, node: ast.AugAssign, _: bool) -> None:
        if isinstance(node.target, ast.Name) and node.target.id == "__all__":
            self.module.all_steps.append(node.value)

    def on_Expr(self, node: ast.Expr, _: bool) -> None:
        match node.value:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="__all__"), attr="extend"), args=[names]
            ):
                self.module.all_steps.append(names)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="__all__"), attr="append"), args=[name]
            ):
                self.module.all_steps.append(ast.List([name], ast.Load()))

    def on_Import(self, node: ast.Import, only_missing: bool) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            target = alias.name if alias.asname else name
            definition = self.add("import", name, node, only_missing)
            if definition.node is node:
                definition.target = (target, "")
                definition.handed_on = alias.asname == alias.name

    def on_ImportFrom(self, node: ast.ImportFrom, only_missing: bool) -> None:
        source = absolute_name(self.module, node.level, node.module)
        for alias in node.names:
            if alias.name == "*":
                self.module.stars.append(source)
                continue
            definition = self.add("import", alias.asname or alias.name, node, only_missing)
            if definition.node is node:
                definition.target = (source, alias.name)
                inside = source.split(".")[0] == self.module.name.split(".")[0]
                package = self.module.is_package and inside and not self.module.is_stub
                definition.handed_on = package or alias.asname == alias.name

    def on_If(self, node: ast.If, only_missing: bool) -> None:
        found = static_test(node.test)
        if found is not False:
            self.collect(node.body, only_missing)
        if found is not True:
            self.collect(node.orelse, only_missing or found is None)

    def on_Try(self, node: ast.Try, only_missing: bool) -> None:
        self.collect([*node.body, *node.orelse], only_missing)
        for handler in node.handlers:
            self.collect(handler.body, True)
        self.collect(node.finalbody, only_missing)

    def on_With(self, node: ast.With, only_missing: bool) -> None:
        self.collect(node.body, only_missing)


def decorator_names(node: Node) -> list[str]:
    """The last word of each decorator: ``setter`` of ``@x.setter``."""
    names = []
    for decorator in getattr(node, "decorator_list", []):
        expression = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(expression, ast.Attribute):
            names.append(expression.attr)
        elif isinstance(expression, ast.Name):
            names.append(expression.id)
    return names


def belongs_to(node: Node, before: Node) -> bool:
    """Whether it adds to the function of the same name, instead of replacing it."""
    if {"setter", "getter", "deleter"} & set(decorator_names(node)):
        return True
    return "overload" in decorator_names(before)


def read_module(name: str, path: str, source: bytes) -> Module:
    """Raises SyntaxError or ValueError for what is not Python."""
    is_package = path.rpartition("/")[2].startswith("__init__.")
    tree = tree_of(source) if path.endswith(".pyc") else ast.parse(source, path)
    module = Module(name, path, is_package, tree)
    module.scope = Scope(module)
    Collector(module.scope).collect(module.tree.body)
    return module


def class_scope(definition: Definition) -> Scope:
    """The names in a class's body; made once."""
    node = definition.node
    scope = getattr(node, "inmem_scope", None)
    if scope is None:
        scope = Scope(definition.module, outer=definition.scope, owner=definition)
        Collector(scope).collect(node.body)
        node.inmem_scope = scope
    return scope
