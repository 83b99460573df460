# lib/types/python/ts_special.py: named tuples, typed dictionaries, enumerations.
import ast
from typing import TYPE_CHECKING

from known_types import UNKNOWN
from ts_calls import Parameter
from ts_members import Member, static_name, unique
from ts_text import comment, literal, property_name, union
from ts_types import Context
from type_modules import Definition, class_scope
from type_names import Known

if TYPE_CHECKING:
    from ts_classes import Classes


class SpecialClasses:
    def __init__(self, classes: "Classes") -> None:
        self.classes = classes
        self.types = classes.types
        self.names = classes.names
        self.facts = classes.facts

    def _tuple_fields(self, definition: Definition) -> list[ast.AnnAssign]:
        body = definition.node.body
        return [n for n in body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]

    def tuple_parameters(self, definition: Definition, context: Context) -> list[Parameter]:
        inner = context.as_argument()
        return [
            Parameter(n.target.id, self.types.of(n.annotation, inner), "both", n.value is not None)
            for n in self._tuple_fields(definition)
        ]

    def tuple_type(self, definition: Definition, context: Context) -> str:
        """Not converted, since its names would be lost."""
        texts = [self.types.of(n.annotation, context) for n in self._tuple_fields(definition)]
        return f"$.PySequence<{union(texts) if texts else UNKNOWN}>"

    def typed_dict(self, definition: Definition, docs: str | None) -> str:
        name = self.classes.local_name(definition)
        context = self.classes.context(definition)
        extends = [
            f"{self.types.refer(base.entity, False)}$Fields"
            for base in self.facts.bases(definition)
            if isinstance(base.entity, Definition) and base.entity.kind == "class"
        ]
        total = not any(
            word.arg == "total" and getattr(word.value, "value", True) is False
            for word in definition.node.keywords
        )
        body = ""
        for node in self._tuple_fields(definition):
            marker = self._marker(node.annotation, context)
            optional = marker == "NotRequired" or (not total and marker != "Required")
            text = self.types.of(node.annotation, context)
            body += f"    {property_name(node.target.id)}{'?' if optional else ''}: {text};\n"
        head, arguments = self.classes.head(definition), self.classes.arguments(definition)
        more = f" extends {', '.join(extends)}" if extends else ""
        text = f"  export interface {name}$Fields{head}{more} {{\n{body}  }}\n{comment(docs, '  ')}"
        text += f"  export interface {name}{head} extends "
        text += f"$.PyTypedDict<{name}$Fields{arguments}> {{}}\n"
        made = f"$.PyTypedDictClass<{name}, {name}$Fields>"
        return f"{text}  export const {name}: {made};\n"

    def _marker(self, annotation: ast.expr, context: Context) -> str:
        value = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        found = self.names.expression(context.scope, value)
        return found.name.rpartition(".")[2] if isinstance(found, Known) else ""

    def enum(self, definition: Definition, docs: str | None) -> str:
        name = self.classes.local_name(definition)
        context = self.classes.context(definition)
        members = enum_members(definition)
        if self._is_named_by_auto(definition):
            members = {key: self._of_auto(key, node, context) for key, node in members.items()}
        values = union([literal(value) for value in members.values()]) if members else UNKNOWN
        keys = union([f'"{key}"' for key in members]) if members else "string"
        every = list(self.classes.members.of_class(definition, context))
        own = [m for m in every if not m.is_static and m.name.removeprefix("$") not in members]
        left_out = ["name", "value", *(m.name for m in own)]
        bases = [
            self.types.refer(base.entity, False)
            for base in self.facts.bases(definition)
            if isinstance(base.entity, Definition) and base.entity.kind == "class"
        ]
        without = " | ".join(f'"{each}"' for each in left_out)
        extends = [f"$.PyWithout<$.PyEnum<{keys}, {values}>, {without}>"] if own else []
        extends = extends or [f"$.PyEnum<{keys}, {values}>"]
        extends += [f"$.PyWithout<{base}, keyof $.PyEnum | {without}>" for base in bases]
        body = "".join(m.lines("    ") for m in unique(own))
        if own:
            body = f"    readonly name: {keys};\n    readonly value: {values};\n{body}"
        text = comment(docs, "  ") + f"  export interface {name} extends {', '.join(extends)} {{\n"
        text += f"{body}  }}\n"
        statics = [Member(static_name(key), name, is_readonly=True) for key in members]
        statics += [m for m in every if m.is_static and m.name.removeprefix("$") not in members]
        body = "".join(m.lines("    ") for m in unique(statics))
        text += f"  export interface {name}$Static {{\n{body}  }}\n"
        made = f"$.PyEnumClass<{name}, {keys}, {values}>"
        return f"{text}  export const {name}: {made} & {name}$Static;\n"

    def _is_named_by_auto(self, definition: Definition) -> bool:
        """Whether ``auto()`` gives the name in small letters; a class may say otherwise itself."""
        own = [class_scope(cls).names for cls in self.facts.classes(definition)]
        is_text = "enum.StrEnum" in self.facts.known(definition)
        return is_text and not any("_generate_next_value_" in names for names in own)

    def _of_auto(self, key: str, node: ast.expr, context: Context) -> ast.expr:
        if isinstance(node, ast.Call):
            found = self.names.expression(context.scope, node.func)
            if found == Known("enum.auto"):
                return ast.Constant(key.lower())
        return node


def enum_members(definition: Definition) -> dict[str, ast.expr]:
    """Name -> value; in a stub the value may be left out."""
    found: dict[str, ast.expr] = {}
    for node in definition.node.body:
        if isinstance(node, ast.Assign):
            targets = [t.id for t in node.targets if isinstance(t, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            targets = [node.target.id] if definition.module.is_stub or node.value else []
        else:
            continue
        if isinstance(getattr(node, "value", None), ast.Lambda):
            continue
        for name in targets:
            if not name.startswith("_"):
                found[name] = node.value or ast.Constant(...)
    return found
