# lib/types/python/ts_classes.py: a class: the interface of its objects, and how it is called.
import ast
import dataclasses
import re
from collections.abc import Iterator

from class_facts import ClassFacts
from known_types import UNKNOWN
from ts_calls import Parameter, Signature, render
from ts_members import BY_METHOD, Member, Members, is_special, unique
from ts_protocols import Protocols
from ts_signatures import Signatures, first_parameter, overloads
from ts_special import SpecialClasses
from ts_text import comment, declared_name
from ts_types import Context, Types
from type_modules import Definition, DefNode, class_scope
from type_names import Entity, Known, Names

# Special methods that make an object one of the package's types.
CAPABILITIES = {
    "__iter__": "PyIterable",
    "__next__": "PyIterator",
    "__aiter__": "PyAsyncIterable",
    "__anext__": "PyAsyncIterator",
    "__await__": "PyAwaitable",
    "__buffer__": "PyBuffer",
}


class Classes:
    def __init__(self, types: Types, signatures: Signatures, facts: ClassFacts) -> None:
        self.types = types
        self.names: Names = types.names
        self.signatures = signatures
        self.facts = facts
        self.members = Members(types, signatures, facts)
        self.members.inherited = self.inherited
        self.protocols = Protocols(types, signatures, facts)
        self.special = SpecialClasses(self)
        self.with_statics: dict[int, bool] = {}

    def local_name(self, definition: Definition) -> str:
        """Nested classes stand beside their owners: ``Outer$Inner``."""
        names = [definition.name]
        scope = definition.scope
        while scope.owner is not None:
            names.insert(0, scope.owner.name)
            scope = scope.owner.scope
        return declared_name("$".join(names))

    def context(self, definition: Definition) -> Context:
        own = {v.name: v.name for v in self.types.variables.of_definition(definition)}
        return Context(class_scope(definition), own, f"this {self.itself(definition)}")

    def itself(self, definition: Definition) -> str:
        own = [v.name for v in self.types.variables.of_definition(definition)]
        return self.types.refer(definition, False) + (f"<{', '.join(own)}>" if own else "")

    def head(self, definition: Definition, is_interface: bool = False) -> str:
        """``<T = unknown>``: a class may be named without arguments. An interface says with its
        variables what Python does of their variance: otherwise TypeScript has to find it out by
        comparing all of its members, and what those name, which takes it a minute for numpy's."""
        own = self.types.variables.of_definition(definition)
        texts = []
        for v in own:
            several = v.kind != "one"
            bound = " extends readonly unknown[]" if several else ""
            default = "readonly unknown[]" if several else UNKNOWN
            if v.default is not None and not several:
                inner = Context(v.scope, is_parameter=True)
                default = self.types.of(v.default, inner)
            variance = f"{v.variance} " if is_interface and v.variance else ""
            texts.append(f"{variance}{v.name}{bound} = {default}")
        return f"<{', '.join(texts)}>" if texts else ""

    def declare(self, definition: Definition, docs: str | None) -> str:
        """Its declarations in the namespace of its module."""
        if self.facts.is_typed_dict(definition):
            return self.special.typed_dict(definition, docs)
        if self.facts.is_enum(definition):
            return self.special.enum(definition, docs)
        context = self.context(definition)
        members = list(self.members.of_class(definition, context))
        told = {(m.name, m.is_static) for m in members}
        members += self.members.returning_self(definition, told, context)
        own = [m for m in members if not m.is_static]
        alias, calls = self._calls(definition, context)
        if alias:
            call = f"{self.local_name(definition)}$Call{self.arguments(definition)}"
            ways = sorted(BY_METHOD["__call__"])
            own += [Member(way, f'{call}["{way}"]', is_readonly=True) for way in ways]
        names = list(dict.fromkeys(m.name for m in own))
        heritage = self._heritage(definition, names, context)
        self._widen_operators(definition, own, context)
        body = "".join(f"    {line};\n" for line in calls)
        body += "".join(m.lines("    ") for m in unique(own))
        if any("PyWithout" in part for part in heritage):
            body += "    copy(): this;\n"
        name = self.local_name(definition)
        text = alias + comment(docs, "  ")
        text += f"  export interface {name}{self.head(definition, True)} extends "
        text += f"{', '.join(heritage)} {{\n{body}  }}\n"
        if self.facts.is_protocol(definition):
            return text
        return text + self._value(definition, [m for m in members if m.is_static], docs)

    # --- what it extends -------------------------------------------------------------------

    def _bases(
        self, definition: Definition, context: Context
    ) -> Iterator[tuple[Entity | None, str]]:
        for base in self.facts.bases(definition):
            is_ours = isinstance(base.entity, Definition) and base.entity.kind == "class"
            if is_ours and definition in self.facts.classes(base.entity):
                continue  # a circle, which Python refuses
            text = self.types.of_entity(base.entity, list(base.arguments), self._inner(context))
            if text.startswith("$") and " " not in text.split("<")[0]:
                yield base.entity, text

    def _widen_operators(self, definition: Definition, own: list[Member], context: Context) -> None:
        """An object is one of the bases, whatever its operators take: to TypeScript it is one
        only if they take what those of the bases do, too. Of generic classes it would be too much:
        to check their variance TypeScript compares all members, and gives up at numpy.ma's."""
        if any(v.variance for v in self.types.variables.of_definition(definition)):
            return
        for base, text in self._bases(definition, context):
            if not isinstance(base, Definition) or base.kind != "class":
                continue
            names = {name for cls in self.facts.classes(base) for name in class_scope(cls).names}
            for member in own:
                if is_special(member.name) and member.name in names:
                    member.text += f' & {text}["{member.name}"]'

    def _heritage(self, definition: Definition, own: list[str], context: Context) -> list[str]:
        parts = self._capabilities(definition, context)
        for _, text in self._bases(definition, context):
            if text not in parts:
                parts.append(text)
        if self.facts.is_named_tuple(definition):
            parts = [self.special.tuple_type(definition, context), *parts]
        if len(parts) > 1:  # the others are proxies, too
            parts = [part for part in parts if part != "$.PyProxy"]
        if not parts:
            return ["$.PyProxy"]
        result = []
        for i, part in enumerate(parts):
            without = [f'"{name}"' for name in own if self._may_have(definition, name)]
            keys = [f"keyof {earlier}" for earlier in parts[:i]]
            left_out = [*keys, *without, *(['"copy"'] if keys or without else [])]
            plain = not left_out or part == "$.PyProxy"
            result.append(part if plain else f"$.PyWithout<{part}, {' | '.join(left_out)}>")
        return result

    def _inner(self, context: Context) -> Context:
        return dataclasses.replace(context.as_result(), is_parameter=True)

    def arguments(self, definition: Definition) -> str:
        own = [v.name for v in self.types.variables.of_definition(definition)]
        return f"<{', '.join(own)}>" if own else ""

    def _may_have(self, definition: Definition, name: str) -> bool:
        """Whether a base may have a member of this name, and in other words."""
        plain = name.removeprefix("$")
        order = self.facts.order(definition)[1:]
        if name in BY_METHOD["__call__"]:
            own = [class_scope(each) for each in order if isinstance(each, Definition)]
            return any("__call__" in scope.names for scope in own)
        for base in order:
            if not isinstance(base, Definition):
                return True
            scope = class_scope(base)
            if plain in scope.names or name in ("length", "get", "set", "delete", "has"):
                return True
            if not base.module.is_stub:
                return True
        return bool(self._capabilities(definition, self.context(definition)))

    def _capabilities(self, definition: Definition, context: Context) -> list[str]:
        names = class_scope(definition).names
        found = []
        for special, interface in CAPABILITIES.items():
            method = names.get(special)
            if method is None or method.kind != "function":
                continue
            if special in ("__iter__", "__aiter__") and f"__{special[2]}next__" in names:
                continue
            if special == "__iter__" and "__next__" in names:
                continue
            if special == "__aiter__" and "__anext__" in names:
                continue
            node = overloads(method.nodes)[-1]
            element = node.returns
            if special not in ("__next__", "__anext__"):
                element = first_argument(element)
            elif special == "__anext__" and isinstance(element, ast.Subscript):
                element = first_argument(element)
            if special == "__await__":
                element = last_argument(node.returns)
            inner = dataclasses.replace(
                context.as_result(),
                self_type=self.itself(definition),
                is_awaited=special == "__await__",
            )
            text = self.types.of(element, inner)
            found.append(f"$.{interface}" + ("" if special == "__buffer__" else f"<{text}>"))
        return found

    def _calls(self, definition: Definition, context: Context) -> tuple[str, list[str]]:
        """Of objects with ``__call__``: the alias of what that is, and their call signatures."""
        for cls in self.facts.classes(definition):
            method = class_scope(cls).names.get("__call__")
            if method is None or method.kind != "function":
                continue
            variables = {**self.inherited(definition, cls, context), **context.variables}
            context = Context(class_scope(cls), variables, self.itself(definition))
            text = self.signatures.of_function(method, context, True)
            if text == UNKNOWN:
                break
            name = self.local_name(definition)
            alias = f"  export type {name}$Call{self.head(definition)} = {text};\n"
            return alias, self.signatures.calls(method, context)
        return "", []

    # --- how it is called --------------------------------------------------------------------

    def _value(self, definition: Definition, statics: list[Member], docs: str | None) -> str:
        name = self.local_name(definition)
        text = ""
        parts = [self.constructor(definition)]
        bases = [
            self.types.refer(cls, False) + "$Static"
            for cls in self.facts.classes(definition)[1:]
            if self.has_statics(cls)
        ][:1]
        if statics:
            names = list(dict.fromkeys(m.name for m in statics))
            without = " | ".join(f'"{each}"' for each in names)
            extends = f" extends $.PyWithout<{bases[0]}, {without}>" if bases else ""
            body = "".join(m.lines("    ") for m in unique(statics))
            text += f"  export interface {name}$Static{extends} {{\n{body}  }}\n"
            parts.append(f"{name}$Static")
        else:
            parts += bases
        return f"{text}{comment(docs, '  ')}  export const {name}: {' & '.join(parts)};\n"

    def has_statics(self, definition: Definition) -> bool:
        if self.facts.is_protocol(definition) or self.facts.is_enum(definition):
            return False
        key = id(definition)
        if key not in self.with_statics:  # every subclass asks
            members = self.members.of_class(definition, self.context(definition))
            self.with_statics[key] = any(member.is_static for member in members)
        return self.with_statics[key]

    def constructor(self, definition: Definition) -> str:
        context = self.context(definition)
        for cls in self.facts.order(definition):
            if not isinstance(cls, Definition):
                if cls in (Known("typing.NamedTuple"), Known("abc.ABC")):
                    continue
                return self._unknown(definition)
            names = class_scope(cls).names
            if self.facts.is_named_tuple(cls) and cls.node.bases:
                return self._of_fields(definition, self.special.tuple_parameters(cls, context))
            for special in ("__init__", "__new__"):
                method = names.get(special)
                if method is not None and method.kind == "function":
                    return self._of_method(definition, cls, method)
            if self.facts.transform(cls) is not None:
                return self._of_fields(definition, self._field_parameters(cls, context))
        return self._of_fields(definition, [])

    def _unknown(self, definition: Definition) -> str:
        own = self.types.variables.of_definition(definition)
        default = "<" + ", ".join("readonly unknown[]" if v.kind != "one" else UNKNOWN for v in own)
        name = self.types.refer(definition, False)
        instance = f"{name}{default}>" if own else name
        return f"$.PyType<{instance}> & {{ new (...args: unknown[]): {instance} }}"

    def _declared(self, definition: Definition, context: Context) -> tuple[str, ...]:
        own = self.types.variables.of_definition(definition)
        return tuple(self.signatures.declare(own, context))

    def _of_fields(self, definition: Definition, parameters: list[Parameter]) -> str:
        variables = self._declared(definition, self.context(definition))
        result = self.itself(definition)
        return render([Signature(tuple(parameters), result, variables)], True)

    def _of_method(self, definition: Definition, cls: Definition, method: Definition) -> str:
        own = self.context(definition)
        variables = {**self.inherited(definition, cls, own), **own.variables}
        itself = self.itself(definition)
        context = Context(class_scope(cls), variables, itself)
        found = []
        for node in overloads(method.nodes):
            made = self._made(node, cls is definition)
            signature = self.signatures.of_node(node, context, True, made or itself)
            if signature.result == UNKNOWN:
                signature = dataclasses.replace(signature, result=itself)
            used = " ".join([signature.result, *(p.type for p in signature.parameters)])
            every = self._declared(definition, own)
            needed = [v for v in every if re.search(rf"\b{v.split()[0]}\b", used)]
            declared = tuple(dict.fromkeys([*needed, *signature.variables]))
            found.append(dataclasses.replace(signature, variables=declared))
        return render(found, True)

    def _made(self, node: DefNode, is_own: bool) -> ast.expr | None:
        """What a constructor says itself that it makes."""
        if node.name == "__new__":
            return node.returns
        first = first_parameter(node)
        annotation = first.annotation if first is not None and is_own else None
        return annotation if isinstance(annotation, ast.Subscript) else None

    def inherited(
        self, definition: Definition, wanted: Definition, context: Context
    ) -> dict[str, str]:
        """What stands for the type variables of a base in this class."""
        if definition is wanted:
            return {}
        for base in self.facts.bases(definition):
            entity = base.entity
            if not isinstance(entity, Definition) or entity.kind != "class":
                continue
            if wanted is not entity and wanted not in self.facts.classes(entity):
                continue
            texts = [self.types.argument(node, self._inner(context)) for node in base.arguments]
            variables = self.types.variables.of_definition(entity)
            texts += [UNKNOWN] * (len(variables) - len(texts))
            mapping = {v.name: text for v, text in zip(variables, texts, strict=False)}
            inner = Context(class_scope(entity), mapping)
            return {**mapping, **self.inherited(entity, wanted, inner)}
        return {}

    def _field_parameters(self, definition: Definition, context: Context) -> list[Parameter]:
        found = []
        for field in self.facts.fields(definition):
            inner = dataclasses.replace(context, scope=class_scope(field.owner), is_argument=True)
            kind = "keyword" if field.is_keyword else "both"
            text = self.types.of(field.annotation, inner)
            found.append(Parameter(field.name, text, kind, field.is_optional))
        seen_optional = False
        for i, parameter in enumerate(found):  # a base's default before a field without one
            seen_optional |= parameter.is_optional and parameter.kind == "both"
            if seen_optional and parameter.kind == "both":
                found[i] = dataclasses.replace(parameter, is_optional=True)
        return found


def first_argument(node: ast.expr | None) -> ast.expr | None:
    if not isinstance(node, ast.Subscript):
        return None
    return node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice


def last_argument(node: ast.expr | None) -> ast.expr | None:
    if not isinstance(node, ast.Subscript):
        return None
    return node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else None
