# lib/types/python/ts_values.py: the type of what is assigned without an annotation.
import ast

from known_types import UNKNOWN
from ts_text import literal, union
from ts_types import Context, Types
from type_modules import Definition
from type_names import Known


class Values:
    def __init__(self, types: Types) -> None:
        self.types = types

    def of(self, node: ast.expr | None, context: Context, is_final: bool = False) -> str:
        """The type of what is assigned, where it is plain to see."""
        match node:
            case ast.Constant() if is_final:
                return literal(node)
            case ast.Constant(value=value) if value is not Ellipsis:
                return self.types.of_entity(Known(f"builtins.{constant_type(value)}"), [], context)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant() as operand):
                return literal(node) if is_final else self.of(operand, context)
            case ast.JoinedStr():
                return "string"
            case ast.Call(func=func):
                found = self.types.names.expression(context.scope, func)
                is_class = isinstance(found, Definition) and found.kind == "class"
                return self.types.of_entity(found, [], context) if is_class else UNKNOWN
        return self._container(node, context, is_final)

    def _container(self, node: ast.expr | None, context: Context, is_final: bool) -> str:
        match node:
            case ast.Tuple(elts=elts) if not any(isinstance(e, ast.Starred) for e in elts):
                return f"[{', '.join(self.of(e, context, is_final) for e in elts)}]"
            case ast.List(elts=elts):
                return f"$.PyList<{self._common(elts, context)}>"
            case ast.Set(elts=elts):
                return f"$.PySet<{self._common(elts, context)}>"
            case ast.Dict(keys=keys, values=values) if None not in keys:
                pair = [self._common(keys, context), self._common(values, context)]
                return f"$.PyDict<{', '.join(pair)}>"
        return UNKNOWN

    def _common(self, nodes: list[ast.expr], context: Context) -> str:
        return union([self.of(node, context) for node in nodes]) if nodes else UNKNOWN


def constant_type(value: object) -> str:
    return "None" if value is None else type(value).__name__
