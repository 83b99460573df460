# lib/types/python/type_variables.py: type variables and aliases: which names stand for types.
import ast
import dataclasses
from collections.abc import Iterable, Iterator

import known_types
from type_modules import Definition, Scope
from type_names import Entity, Known, Names

KINDS = {"TypeVar": "one", "TypeVarTuple": "several", "ParamSpec": "parameters"}
VARIANCES = {"covariant": "out", "contravariant": "in"}
CALLS = {
    "typing.TypeVar": "typevar",
    "typing.TypeVarTuple": "typevar",
    "typing.ParamSpec": "typevar",
    "typing.NewType": "newtype",
    "typing.NamedTuple": "namedtuple",
    "collections.namedtuple": "namedtuple",
    "typing.TypedDict": "typeddict",
    "typing.TypeAliasType": "alias",
    "enum.Enum": "enum",
    "enum.IntEnum": "enum",
    "enum.StrEnum": "enum",
    "enum.Flag": "enum",
    "enum.IntFlag": "enum",
}


@dataclasses.dataclass(frozen=True)
class Variable:
    name: str
    kind: str  # "one", "several", "parameters"
    scope: Scope
    bound: ast.expr | None = None
    constraints: tuple[ast.expr, ...] = ()
    default: ast.expr | None = None
    # As TypeScript writes what is declared: "out" for covariant, "in" for contravariant, or "".
    variance: str = ""


class Variables:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.kinds: dict[int, str] = {}
        self.lists: dict[int, list[Variable]] = {}

    # --- what a variable of a module stands for --------------------------------------------

    def kind(self, definition: Definition) -> str:
        """ "value" for what is no type."""
        if id(definition) not in self.kinds:
            self.kinds[id(definition)] = "value"  # while it is being found out: X = X | None
            self.kinds[id(definition)] = self._kind(definition)
        return self.kinds[id(definition)]

    def _kind(self, definition: Definition) -> str:
        if definition.kind == "alias":
            return "alias"
        node = definition.node
        if definition.kind != "variable" or len(definition.nodes) > 1:
            return "value"
        value = getattr(node, "value", None)
        if isinstance(node, ast.AnnAssign):
            marked = self.names.expression(definition.scope, node.annotation)
            return "alias" if marked == Known("typing.TypeAlias") and value else "value"
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            return "value"
        if isinstance(value, ast.Call):
            called = self.names.expression(definition.scope, value.func)
            name = known_types.canonical(called.name) if isinstance(called, Known) else ""
            return CALLS.get(name, "value")
        return "alias" if self.is_type(value, definition.scope) else "value"

    def is_type(self, node: ast.expr | None, scope: Scope) -> bool:
        match node:
            case ast.Name() | ast.Attribute():
                return self._names_type(self.names.expression(scope, node))
            case ast.Subscript(value=value):
                return self.is_type(value, scope)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                sides = (left, right)
                none = [isinstance(s, ast.Constant) and s.value is None for s in sides]
                return all(n or self.is_type(s, scope) for n, s in zip(none, sides, strict=True))
        return False

    def _names_type(self, entity: Entity | None) -> bool:
        match entity:
            case Definition(kind="class" | "alias"):
                return True
            case Definition(kind="variable"):
                return self.kind(entity) in ("alias", "newtype", "namedtuple", "typeddict", "enum")
            case Known(name=name):
                name = known_types.canonical(name)
                rows = {*known_types.PLAIN, *known_types.GENERIC}
                typing = name.startswith("typing.") and name[7:8].isupper()
                return name in rows or typing or known_types.own_class(name) is not None
        return False

    def kind_of_known(self, entity: Known) -> bool:
        """Whether it is a class of Python's own."""
        return isinstance(known_types.own_object(entity.name), type)

    def same_class(self, definition: Definition) -> Definition | None:
        """The class of the bundle that an alias is another name of."""
        value = self.value(definition)
        if not isinstance(value, ast.Name | ast.Attribute):
            return None
        found = self.names.expression(definition.scope, value)
        if isinstance(found, Definition) and found.kind == "variable" and found is not definition:
            return self.same_class(found) if self.kind(found) == "alias" else None
        is_class = isinstance(found, Definition) and found.kind == "class"
        return found if is_class else None

    def class_of(self, definition: Definition) -> Definition | None:
        """The class that an alias names with arguments."""
        value = self.value(definition) if self.kind(definition) == "alias" else None
        if not isinstance(value, ast.Subscript):
            return None
        found = self.names.expression(definition.scope, value.value)
        return found if isinstance(found, Definition) and found.kind == "class" else None

    def value(self, definition: Definition) -> ast.expr | None:
        """What an alias stands for."""
        node = definition.node
        value = getattr(node, "value", None)
        if isinstance(value, ast.Call):  # TypeAliasType("X", value)
            return value.args[1] if len(value.args) > 1 else None
        return value

    # --- parameters ------------------------------------------------------------------------

    def of_definition(self, definition: Definition) -> list[Variable]:
        """The type parameters of a class or an alias, in order."""
        key = id(definition)
        if key not in self.lists:
            self.lists[key] = []
            self.lists[key] = self._of_definition(definition)
        return self.lists[key]

    def _of_definition(self, definition: Definition) -> list[Variable]:
        node = definition.node
        declared = getattr(node, "type_params", [])
        if declared:
            return [declared_variable(each, definition.scope) for each in declared]
        if definition.kind == "class":
            return self._of_bases(definition)
        if definition.kind == "variable" and self.kind(definition) == "alias":
            return list(self.free([self.value(definition)], definition.scope))
        return []

    def _of_bases(self, definition: Definition) -> list[Variable]:
        for base in definition.node.bases:
            if isinstance(base, ast.Subscript):
                marker = self.names.expression(definition.scope, base.value)
                if marker in (Known("typing.Generic"), Known("typing.Protocol")):
                    return list(self.free([base.slice], definition.scope))
        subscripts = [base for base in definition.node.bases if isinstance(base, ast.Subscript)]
        return list(self.free(subscripts, definition.scope))

    def free(
        self, nodes: Iterable[ast.expr | None], scope: Scope, local: Iterable[Variable] = ()
    ) -> Iterator[Variable]:
        """The type variables in annotations, each once."""
        known = {variable.name: variable for variable in local}
        told: set[str] = set()
        for name_node in (n for node in nodes if node is not None for n in leaves(node)):
            found = self.variable(name_node, scope, known)
            if found is not None and found.name not in told:
                told.add(found.name)
                yield found

    def variable(
        self, node: ast.expr, scope: Scope, local: dict[str, Variable] | None = None
    ) -> Variable | None:
        if isinstance(node, ast.Name) and local and node.id in local:
            return local[node.id]
        entity = self.names.expression(scope, node)
        if isinstance(entity, Definition) and self.kind(entity) == "typevar":
            return called_variable(entity)
        return None


def leaves(node: ast.expr) -> Iterator[ast.expr]:
    """Names in an annotation, those in texts too; none in Literal and in what Annotated adds."""
    match node:
        case ast.Name():
            yield node
        case ast.Attribute(value=value):
            yield node
            yield from leaves(value)
        case ast.Constant(value=str(text)):
            try:
                yield from leaves(ast.parse(text.strip(), mode="eval").body)
            except (SyntaxError, ValueError):
                return
        case ast.Subscript(value=value, slice=inner):
            yield from leaves(value)
            last = getattr(value, "attr", getattr(value, "id", ""))
            if last == "Annotated" and isinstance(inner, ast.Tuple):
                yield from leaves(inner.elts[0])
            elif last != "Literal":
                yield from leaves(inner)
        case _:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    yield from leaves(child)


def declared_variable(node: ast.type_param, scope: Scope) -> Variable:
    kind = KINDS[type(node).__name__]
    bound = getattr(node, "bound", None)
    default = getattr(node, "default_value", None)
    if isinstance(bound, ast.Tuple):
        return Variable(node.name, kind, scope, None, tuple(bound.elts), default)
    return Variable(node.name, kind, scope, bound, (), default)


def called_variable(definition: Definition) -> Variable:
    call = definition.node.value
    kind = KINDS.get(getattr(call.func, "attr", getattr(call.func, "id", "")), "one")
    words = {word.arg: word.value for word in call.keywords}
    return Variable(
        definition.name,
        kind,
        definition.scope,
        words.get("bound"),
        tuple(call.args[1:]) if kind == "one" else (),
        words.get("default"),
        next((VARIANCES[word] for word in VARIANCES if is_true(words.get(word))), ""),
    )


def is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
