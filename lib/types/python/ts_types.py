# lib/types/python/ts_types.py: an annotation as a TypeScript type.
"""What is not known is ``unknown``, never a guess."""

import ast
import dataclasses
from collections.abc import Callable

import known_types
import type_variables
from known_types import UNKNOWN
from ts_text import function_type, literal, tuple_type, union
from type_modules import Definition, Scope
from type_names import Entity, Known, ModuleName, Names

# Asks for a definition's declaration; gives the name by which others refer to it.
Refer = Callable[[Definition, bool], str]


@dataclasses.dataclass(frozen=True)
class Context:
    """Where an annotation stands."""

    scope: Scope
    # Type variables that may be named here, and what stands for each.
    variables: dict[str, str] = dataclasses.field(default_factory=dict)
    # What Self is; "" outside of classes.
    self_type: str = ""
    # An argument that JavaScript gives, not a result that Python gives.
    is_argument: bool = False
    # An argument of a generic class, which is a class itself, whatever its objects become.
    is_parameter: bool = False
    # What an `await` gives: it is not awaited once more.
    is_awaited: bool = False

    def as_argument(self) -> "Context":
        return dataclasses.replace(self, is_argument=True)

    def as_result(self) -> "Context":
        return dataclasses.replace(self, is_argument=False)


class Types:
    def __init__(self, names: Names, refer: Refer) -> None:
        self.names = names
        self.refer = refer
        self.variables = type_variables.Variables(names)
        # What an object of a class becomes on its way to JavaScript; None: a proxy.
        self.converted: Callable[[Definition], str | None] = lambda _: None
        # Whether objects of a class can be awaited.
        self.is_awaitable: Callable[[Definition], bool] = lambda _: False

    def of(self, node: ast.expr | None, context: Context) -> str:
        match node:
            case None:
                return UNKNOWN
            case ast.Constant(value=None):
                return "null | undefined" if context.is_argument else "null"
            case ast.Constant(value=str(text)):
                return self.of(parsed(text), context)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return union([self.of(left, context), self.of(right, context)])
            case ast.Name(id=name) if name in context.variables:
                return context.variables[name]
            case ast.Name() | ast.Attribute():
                return self.of_entity(self.names.expression(context.scope, node), [], context)
            case ast.Subscript(value=value, slice=inner):
                arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                base = self.names.expression(context.scope, value)
                return self.of_entity(base, arguments, context, isinstance(inner, ast.Tuple))
            case ast.Starred(value=value):
                return self.of(value, context)
        return UNKNOWN

    def of_entity(
        self,
        entity: Entity | None,
        arguments: list[ast.expr],
        context: Context,
        given: bool = False,
    ) -> str:
        match entity:
            case Known(name=name):
                return self._known(known_types.canonical(name), arguments, context, given)
            case Definition(kind="class"):
                converted = None if context.is_parameter else self.converted(entity)
                if converted is not None:
                    return converted
                name = self.refer(entity, context.is_argument)
                text = self._with_arguments(name, entity, arguments, context)
                if (context.is_argument or context.is_awaited) and self.is_awaitable(entity):
                    return f"$.PyAwaited<{text}>"
                return text
            case Definition(kind="alias"):
                return self._alias(entity, arguments, context)
            case Definition(kind="variable"):
                return self._variable(entity, arguments, context)
            case ModuleName():
                return "$.PyModule"
        return UNKNOWN

    # --- definitions of the bundle -------------------------------------------------------

    def _variable(self, definition: Definition, arguments: list[ast.expr], context: Context) -> str:
        kind = self.variables.kind(definition)
        if kind == "typevar":
            return context.variables.get(definition.name, UNKNOWN)
        if kind in ("newtype", "alias", "namedtuple", "typeddict", "enum"):
            return self._alias(definition, arguments, context)
        return UNKNOWN

    def _alias(self, definition: Definition, arguments: list[ast.expr], context: Context) -> str:
        same = self.variables.same_class(definition)
        if same is not None and not arguments:
            return self.of_entity(same, [], context)
        name = self.refer(definition, context.is_argument)
        return self._with_arguments(name, definition, arguments, context)

    def _with_arguments(
        self, name: str, definition: Definition, arguments: list[ast.expr], context: Context
    ) -> str:
        wanted = self.variables.of_definition(definition)
        if not wanted or not arguments:
            return name
        # What a class holds is Python's; an alias is spelled for arguments or for results.
        inner = dataclasses.replace(context, is_parameter=True)
        if definition.kind == "class":
            inner = inner.as_result()
            inner = dataclasses.replace(inner, is_awaited=self.is_awaitable(definition))
        return f"{name}<{', '.join(self.for_variables(wanted, arguments, inner))}>"

    def for_variables(
        self,
        wanted: "list[type_variables.Variable]",
        arguments: list[ast.expr],
        context: Context,
    ) -> list[str]:
        """Type arguments, one for each parameter; a tuple for those that stand for several."""
        several = next((i for i, v in enumerate(wanted) if v.kind == "several"), None)
        if several is not None and len(wanted) > 0:
            after = len(wanted) - several - 1
            end = max(len(arguments) - after, several)
            packed = [self.element(node, context) for node in arguments[several:end]]
            spread = [*arguments[:several], None, *arguments[end:]]
            return [
                tuple_type(packed, False) if node is None else self.argument(node, context)
                for node in spread
            ][: len(wanted)]
        if len(wanted) == 1 and wanted[0].kind == "parameters" and len(arguments) != 1:
            return [tuple_type([self.of(node, context) for node in arguments], False)]
        texts = [self.argument(node, context) for node in arguments[: len(wanted)]]
        return [
            "readonly unknown[]" if text == UNKNOWN and variable.kind != "one" else text
            for text, variable in zip(texts, wanted, strict=False)
        ]

    def argument(self, node: ast.expr, context: Context) -> str:
        """A type argument, which may be a list of parameters."""
        if isinstance(node, ast.List):
            return tuple_type([self.of(each, context) for each in node.elts], False)
        if isinstance(node, ast.Constant) and node.value is Ellipsis:
            return "readonly unknown[]"
        return self.of(node, context)

    def element(self, node: ast.expr, context: Context) -> str:
        """An element of a tuple type; ``...T`` for an unpacked one."""
        unpacked = self.unpacked(node, context.scope)
        if unpacked is None:
            return self.of(node, context)
        found = self.of(unpacked, context)
        return "...unknown[]" if found == UNKNOWN else f"...{found}"

    def unpacked(self, node: ast.expr, scope: Scope) -> ast.expr | None:
        if isinstance(node, ast.Starred):
            return node.value
        if isinstance(node, ast.Subscript):
            base = self.names.expression(scope, node.value)
            if base == Known("typing.Unpack"):
                return node.slice
        return None

    # --- types of Python's own -------------------------------------------------------------

    def _known(self, name: str, arguments: list[ast.expr], context: Context, given: bool) -> str:
        special = getattr(self, f"_on_{name.replace('.', '_')}", None)
        if special is not None:
            return special(arguments, context)
        if name == "builtins.tuple":
            return self._tuple(arguments, context, given)
        index = 1 if context.is_argument else 0
        if name in known_types.PLAIN:
            return known_types.PLAIN[name][index]
        if name in known_types.GENERIC:
            return self._generic(name, arguments, context)
        found = known_types.own_class(name)
        return UNKNOWN if found is None else found[index]

    def _generic(self, name: str, arguments: list[ast.expr], context: Context) -> str:
        count, result, argument = known_types.GENERIC[name]
        template = argument if context.is_argument else result
        inner = context if template.startswith("$.To") else context.as_result()
        inner = dataclasses.replace(inner, is_awaited=name in known_types.AWAITED)
        texts = [self.of(node, inner) for node in arguments[:count]]
        missing = [UNKNOWN] * (count - len(texts))
        if name == "typing.Generator" and len(texts) in (1, 2):
            missing = ["null"] * len(missing)
        return template.format(*texts, *missing)

    def _tuple(self, arguments: list[ast.expr], context: Context, given: bool) -> str:
        if not arguments:
            return tuple_type([] if given else ["...unknown[]"], context.is_argument)
        last = arguments[-1]
        if isinstance(last, ast.Constant) and last.value is Ellipsis:
            every = array_of(self.of(arguments[0], context))
            return tuple_type([f"...{every}"], context.is_argument)
        return tuple_type([self.element(node, context) for node in arguments], context.is_argument)

    def _on_typing_Optional(self, arguments: list[ast.expr], context: Context) -> str:
        none = "null | undefined" if context.is_argument else "null"
        return union([self.of(arguments[0], context) if arguments else UNKNOWN, none])

    def _on_typing_Union(self, arguments: list[ast.expr], context: Context) -> str:
        return union([self.of(node, context) for node in arguments])

    def _on_typing_Literal(self, arguments: list[ast.expr], context: Context) -> str:
        return union([self._literal(node, context) for node in arguments])

    def _literal(self, node: ast.expr, context: Context) -> str:
        if isinstance(node, ast.Attribute):  # a member of an enumeration
            return self.of_entity(self.names.expression(context.scope, node.value), [], context)
        if isinstance(node, ast.Subscript):
            return self.of(node, context)
        if isinstance(node, ast.Name):  # another Literal
            return self.of(node, context)
        return literal(node, context.is_argument)

    def _on_typing_Annotated(self, arguments: list[ast.expr], context: Context) -> str:
        return self.of(arguments[0] if arguments else None, context)

    _on_typing_Required = _on_typing_Annotated
    _on_typing_NotRequired = _on_typing_Annotated
    _on_typing_ReadOnly = _on_typing_Annotated
    _on_typing_Final = _on_typing_Annotated
    _on_typing_ClassVar = _on_typing_Annotated
    _on_typing_Unpack = _on_typing_Annotated
    _on_dataclasses_InitVar = _on_typing_Annotated
    _on_functools_cached_property = _on_typing_Annotated

    def _on_typing_TypeGuard(self, _: list[ast.expr], __: Context) -> str:
        return "boolean"

    _on_typing_TypeIs = _on_typing_TypeGuard

    def _on_typing_Self(self, _: list[ast.expr], context: Context) -> str:
        is_this = context.self_type.startswith("this")
        text = "this" if is_this else context.self_type or UNKNOWN
        owner = context.scope.owner
        ends = context.is_awaited and owner is not None and self.is_awaitable(owner)
        return f"$.PyAwaited<{text}>" if ends and text != UNKNOWN else text

    def _on_builtins_type(self, arguments: list[ast.expr], context: Context) -> str:
        return f"$.PyType<{self.of(arguments[0], context.as_result()) if arguments else UNKNOWN}>"

    def _on_typing_Callable(self, arguments: list[ast.expr], context: Context) -> str:
        """A proxy where Python gives it; where Python takes it, any function of JavaScript."""
        result = arguments[1] if len(arguments) == 2 else None
        inner = context.as_result() if context.is_argument else context.as_argument()
        parameters = self._parameters(arguments[0] if arguments else None, inner)
        returned = self.of(result, context)
        if context.is_argument:
            return function_type(parameters, for_python(returned))
        if parameters is None:
            return f"$.PyCallable<{returned}>"
        names = ", ".join("null" for each in parameters if not each.startswith("..."))
        return f"$.PyFunction<[{', '.join(parameters)}], [{names}], {{}}, {returned}>"

    def _parameters(self, node: ast.expr | None, context: Context) -> list[str] | None:
        """None: any."""
        match node:
            case ast.List(elts=elts):
                return [self.element(each, context) for each in elts]
            case ast.Name() | ast.Attribute():
                found = self.of(node, context)
                return None if found == UNKNOWN else [f"...{found}"]
            case ast.Subscript(slice=ast.Tuple(elts=elts)):  # Concatenate
                rest = self._parameters(elts[-1], context)
                first = [self.of(each, context) for each in elts[:-1]]
                return [*first, *(["...unknown[]"] if rest is None else rest)]
        return None


NOTHING = "null | undefined"


def for_python(result: str) -> str:
    """A result of JavaScript's: a function that returns nothing will do for None."""
    if result in (NOTHING, f"$.ToAwaitable<{NOTHING}>"):
        return result.replace(NOTHING, "void")
    return result


def parsed(text: str) -> ast.expr | None:
    """A forward reference."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def array_of(element: str) -> str:
    return f"({element})[]" if needs_parentheses(element) else f"{element}[]"


def needs_parentheses(text: str) -> bool:
    return any(mark in text for mark in ("|", "&", "=>", "readonly "))
