# lib/types/python/ts_protocols.py: a Protocol as an argument: what an object has to have.
"""Python calls its methods: their parameters are its results, their results its arguments."""

import ast
import dataclasses

from class_facts import ClassFacts
from ts_calls import spelled, spelled_call
from ts_signatures import PROPERTIES, Signatures, overloads
from ts_text import property_name
from ts_types import Context, Types, for_python
from type_modules import Definition, class_scope, decorator_names

SEQUENCE = frozenset("__len__ __getitem__ __iter__".split())
# What the interfaces of JavaScript have under other names, or not at all.
IMPLIED = frozenset(
    """__len__ __getitem__ __iter__ __contains__ __reversed__ __init__ __aiter__ __next__ __class__
    __eq__ __hash__ __repr__ __str__""".split()
)
OF_SEQUENCES = frozenset("count index".split())
BASES = ("$.ToItems", "$.ToIterable", "$.ToSequence", "$.ToMapping", "$.ToIterator")


class Protocols:
    def __init__(self, types: Types, signatures: Signatures, facts: ClassFacts) -> None:
        self.types = types
        self.signatures = signatures
        self.facts = facts

    def declare(self, definition: Definition, name: str, head: str) -> str:
        own = {v.name: v.name for v in self.types.variables.of_definition(definition)}
        itself = self.types.refer(definition, True) + (f"<{', '.join(own)}>" if own else "")
        context = Context(class_scope(definition), own, itself, is_argument=True)
        names = class_scope(definition).names
        bases = self._bases(definition, context)
        is_sequence = SEQUENCE <= names.keys() and "keys" not in names
        left_out = IMPLIED | (OF_SEQUENCES if is_sequence else set())
        body = ""
        for each, found in names.items():
            if each == "__len__" and not is_sequence:
                body += "    readonly length: number;\n"
            elif each not in left_out and found.kind in ("function", "variable"):
                body += "".join(f"    {line};\n" for line in self._member(found, context))
        extends = f" extends {', '.join(bases)}" if bases else ""
        return f"  export interface {name}{head}{extends} {{\n{body}  }}\n"

    def _bases(self, definition: Definition, context: Context) -> list[str]:
        found = []
        names = class_scope(definition).names
        for special, plain in (("__iter__", "ToIterable"), ("__aiter__", "ToAsyncIterable")):
            method = names.get(special)
            if method is None or method.kind != "function":
                continue
            is_sequence = SEQUENCE <= names.keys() and "keys" not in names
            interface = "ToItems" if is_sequence and special == "__iter__" else plain
            returned = overloads(method.nodes)[-1].returns
            inner = returned.slice if isinstance(returned, ast.Subscript) else None
            found.append(f"$.{interface}<{self.types.of(inner, context)}>")
        for base in self.facts.bases(definition):
            text = self.types.of_entity(base.entity, list(base.arguments), context)
            is_ours = isinstance(base.entity, Definition) and base.entity.kind == "class"
            if (is_ours or text.startswith(BASES)) and text not in found:
                found.append(text)
        return found

    def _member(self, definition: Definition, context: Context) -> list[str]:
        name = property_name(definition.name)
        if definition.kind == "variable":
            annotation = getattr(definition.node, "annotation", None)
            return [f"readonly {name}: {self.types.of(annotation, context)}"]
        node = definition.nodes[0]
        if PROPERTIES & set(decorator_names(node)):
            return [f"readonly {name}: {self.types.of(node.returns, context)}"]
        if name == "__call__":
            name = ""
        lines = []
        for each in overloads(definition.nodes):
            signature = self.signatures.of_node(each, context, True, flips=True)
            placed = [p for p in signature.parameters if p.kind in ("position", "both", "rest")]
            words = [dataclasses.replace(p, is_optional=False) for p in placed]
            parameters = ", ".join(map(spelled, words))
            taken = dataclasses.replace(signature, result=for_python(signature.result))
            lines.append(name + spelled_call(taken, parameters))
        return list(dict.fromkeys(lines))
