# lib/types/python/declarations.py: the file: a namespace a module, with what is asked for.
"""``$`` cannot stand in a name of Python: names with one are ours and never meet a module's own."""

import ast
import dataclasses
from collections.abc import Iterator

import known_types
from class_facts import ClassFacts
from known_types import UNKNOWN
from ts_classes import Classes
from ts_members import docstring
from ts_signatures import Signatures
from ts_text import comment, declared_name, module_namespace, split_union, summary
from ts_types import Context, Types
from type_modules import Definition, Module, class_scope
from type_names import Entity, Known, ModuleName, Names


@dataclasses.dataclass
class Namespace:
    """What is declared of one module: name -> declarations."""

    texts: dict[str, str] = dataclasses.field(default_factory=dict)
    # Names that TypeScript does not take as those of declarations.
    renamed: dict[str, str] = dataclasses.field(default_factory=dict)
    public: list[str] = dataclasses.field(default_factory=list)


class Declarations:
    def __init__(self, names: Names, asked: list[str]) -> None:
        self.names = names
        self.asked = asked
        self.tops = {name.split(".")[0] for name in asked}
        self.types = Types(names, self.refer)
        self.facts = ClassFacts(names, self.types.variables)
        self.types.converted = self.converted
        self.types.is_awaitable = self.facts.is_awaitable
        self.signatures = Signatures(self.types)
        self.classes = Classes(self.types, self.signatures, self.facts)
        self.classes.members.docs = self.docs
        self.namespaces: dict[str, Namespace] = {}
        self.waiting: list[tuple[Definition, bool]] = []
        self.seen: dict[tuple[int, bool], tuple[Definition, bool]] = {}
        self.published: set[str] = set()

    def write(self) -> None:
        for name in self.asked:
            self.publish(name)
        self._declare_waiting()

    def _declare_waiting(self) -> None:
        """Classes again that were written before a protocol asked for methods that they have."""
        asked = self.classes.members.asked
        known = set(asked)
        while self.waiting:
            while self.waiting:
                self.declare(*self.waiting.pop())
            new, known = asked - known, set(asked)
            self.waiting = [each for each in self.seen.values() if new & names_in_class(each[0])]

    def namespace(self, module: str) -> Namespace:
        return self.namespaces.setdefault(module, Namespace())

    # --- what is referred to ---------------------------------------------------------------

    def refer(self, definition: Definition, is_argument: bool) -> str:
        """The name of a type, whose declaration follows."""
        # Objects of a class are its own, whoever gives them; not so what has to fit a protocol.
        is_fixed = definition.kind == "class" and not self.facts.is_protocol(definition)
        key = (definition, is_argument and not is_fixed)
        if (id(definition), key[1]) not in self.seen:
            self.seen[(id(definition), key[1])] = key
            self.waiting.append(key)
        name = self.classes.local_name(definition)
        suffix = "$" if key[1] else ""
        return f"{module_namespace(definition.module.name)}.{name}{suffix}"

    def converted(self, definition: Definition) -> str | None:
        """numpy's scalars come as JavaScript's values."""
        if definition.module.name.split(".")[0] != "numpy":
            return None
        for cls in self.facts.classes(definition):
            if cls.module.name == "numpy" and cls.name in SCALARS:
                return SCALARS[cls.name]
        return None

    def declare(self, definition: Definition, is_argument: bool) -> None:
        space = self.namespace(definition.module.name)
        name = self.classes.local_name(definition)
        if definition.kind == "class" and is_argument:
            self._ask(definition)
            head = self.classes.head(definition, True)
            text = self.classes.protocols.declare(definition, name + "$", head)
            space.texts[name + "$"] = text
        elif definition.kind == "class":
            if self.facts.is_protocol(definition):
                self._ask(definition)
            space.texts[name] = self.classes.declare(definition, self.docs(definition))
        else:
            suffix = "$" if is_argument else ""
            space.texts[name + suffix] = self._type(definition, name + suffix, is_argument)

    def _ask(self, definition: Definition) -> None:
        for name, found in class_scope(definition).names.items():
            if name.startswith("__") and found.kind == "function" and name not in SILENT:
                self.classes.members.asked.add(name)

    def _type(self, definition: Definition, name: str, is_argument: bool) -> str:
        variables = self.types.variables
        own = variables.of_definition(definition)
        context = Context(definition.scope, {v.name: v.name for v in own}, is_argument=is_argument)
        value = variables.value(definition)
        if variables.kind(definition) in ("namedtuple", "typeddict", "enum"):
            kind = variables.kind(definition)
            text = {"namedtuple": "$.PySequence", "typeddict": "$.PyDict", "enum": "$.PyEnum"}[kind]
        else:
            text = self.types.of(value, context)
            if f"{module_namespace(definition.module.name)}.{name}" in split_union(text):
                text = UNKNOWN  # nothing but itself
        return f"  export type {name}{self.classes.head(definition)} = {text};\n"

    # --- what is asked for -------------------------------------------------------------------

    def publish(self, module_name: str) -> None:
        """All public names of a module."""
        if module_name in self.published:
            return
        self.published.add(module_name)
        space = self.namespace(module_name)
        space.texts["__name__"] = "  export const __name__: string;\n"
        space.public.append("__name__")
        module = self.names.module(module_name)
        if module is None:
            return
        for name in self.names.public(module):
            if name.isidentifier() and name != "__name__":
                entity = self.names.member(module_name, name)
                text = self._published(module, name, entity)
                if text is not None:
                    space.public.append(name)
                    local = declared_name(name)
                    if local != name:
                        space.renamed[local] = name
                    if text:
                        space.texts[local] = text

    def _published(self, module: Module, name: str, entity: Entity | None) -> str | None:
        """Its declaration here; "" where one follows; None for what is of no use outside."""
        local = declared_name(name)
        match entity:
            case ModuleName(name=other):
                return self._submodule(local, other)
            case Known():
                text = self.types.of_entity(entity, [], Context(module.scope))
                is_class = self.types.variables.kind_of_known(entity)
                text = f"$.PyType<{text}>" if is_class else UNKNOWN
                return f"  export const {local}: {text};\n"
            case Definition():
                home = entity.module
                if self._is_type_variable(entity):
                    return None
                self._publish_definition(entity)
                target = self.classes.local_name(entity)
                if home is module and target == local:
                    return ""
                return f"  export import {local} = {module_namespace(home.name)}.{target};\n"
        return f"  export const {local}: {UNKNOWN};\n"

    def _is_type_variable(self, definition: Definition) -> bool:
        return definition.kind == "variable" and self.types.variables.kind(definition) == "typevar"

    def _submodule(self, local: str, other: str) -> str:
        is_inside = other.split(".", maxsplit=1)[0] in self.tops
        if not is_inside or self.names.module(other) is None:
            return f"  export const {local}: $.PyModule;\n"
        self.publish(other)
        return f"  export import {local} = {module_namespace(other)};\n"

    def _publish_definition(self, definition: Definition) -> None:
        if definition.kind == "class":
            self.refer(definition, False)
            return
        space = self.namespace(definition.module.name)
        name = self.classes.local_name(definition)
        if name in space.texts:
            return
        space.texts[name] = ""  # its place, should it refer to itself
        docs = comment(self.docs(definition), "  ")
        context = Context(definition.scope)
        if definition.kind == "function":
            text = self.signatures.of_function(definition, context, False)
            space.texts[name] = f"{docs}  export const {name}: {text};\n"
            return
        kind = self.types.variables.kind(definition)
        if kind == "value":
            same = self._same_value(definition)
            if same is not None:
                space.texts[name] = f"  export import {name} = {same};\n"
                return
            text = self._value(definition, context)
            space.texts[name] = f"{docs}  export const {name}: {text};\n"
            return
        same = self.types.variables.same_class(definition)
        if same is not None:
            target = self.refer(same, False)
            space.texts[name] = f"  export import {name} = {target};\n"
            return
        del space.texts[name]
        self.refer(definition, False)
        of_class = self.types.variables.class_of(definition)
        if of_class is not None:  # float32 = floating[_32Bit]
            context = dataclasses.replace(context, is_parameter=True)
            shown = self.types.of_entity(definition, [], context)
            space.texts[f"{name} "] = f"  export const {name}: $.PyType<{shown}>;\n"
        if kind in ("newtype", "namedtuple", "typeddict", "enum"):
            shown = f"{module_namespace(definition.module.name)}.{name}"
            space.texts[f"{name} "] = f"  export const {name}: $.PyType<{shown}>;\n"

    def _same_value(self, definition: Definition) -> str | None:
        """``abs = absolute``: another name of what is told elsewhere."""
        node = definition.node
        value = getattr(node, "value", None)
        if len(definition.nodes) > 1 or not isinstance(node, ast.Assign):
            return None
        if not isinstance(value, ast.Name | ast.Attribute | None):
            return None
        found = value and self.names.expression(definition.scope, value)
        if not isinstance(found, Definition) or found is definition:
            return None
        if found.scope.owner is not None or self._is_type_variable(found):
            return None
        if isinstance(node.targets[0], ast.Tuple):
            return None
        self._publish_definition(found)
        target = self.classes.local_name(found)
        if self.namespace(found.module.name).texts.get(target) == "":
            return None  # a circle
        return f"{module_namespace(found.module.name)}.{target}"

    def _method_of(self, definition: Definition) -> str | None:
        """``seed = _rand.seed``: an attribute of an object of the same module."""
        value = definition.node.value
        if not isinstance(value, ast.Attribute):
            return None
        found = self.names.expression(definition.scope, value.value)
        if not isinstance(found, Definition) or found.kind != "variable":
            return None
        if self.types.variables.kind(found) != "value" or found is definition:
            return None
        annotation = getattr(found.nodes[0], "annotation", None)
        owner = annotation and self.names.expression(found.scope, annotation)
        if not isinstance(owner, Definition) or owner.kind != "class":
            return None
        context = self.classes.context(owner)
        members = self.classes.members.of_class(owner, context)
        names = {each.name for each in members if not each.is_static}
        text = self.types.of_entity(owner, [], Context(found.scope))
        return f'{text}["{value.attr}"]' if value.attr in names else None

    def _value(self, definition: Definition, context: Context) -> str:
        for node in definition.nodes:
            if isinstance(node, ast.AnnAssign):
                marker = self.names.expression(context.scope, node.annotation)
                if marker == Known("typing.Final"):
                    return self.classes.members.values.of(node.value, context, True)
                return self.types.of(node.annotation, context)
        if len(definition.nodes) > 1 or not isinstance(definition.node, ast.Assign):
            return UNKNOWN
        if not isinstance(definition.node.targets[0], ast.Name):
            return UNKNOWN
        method = self._method_of(definition)
        if method is not None:
            return method
        return self.classes.members.values.of(definition.node.value, context)

    # --- documentation -------------------------------------------------------------------------

    def docs(self, definition: Definition) -> str | None:
        """The docstring; of a stub's definition that of the source beside it."""
        text = next((d for d in map(docstring, definition.nodes) if d), None)
        if text is None and definition.module.is_stub:
            text = self._source_docs(definition)
        is_asked = definition.module.name in self.asked
        return text if is_asked else summary(text)

    def _source_docs(self, definition: Definition) -> str | None:
        module = self.names.source_of(definition.module.name)
        if module is None or module is definition.module:
            return None
        path = [definition.name]
        scope = definition.scope
        while scope.owner is not None:
            path.insert(0, scope.owner.name)
            scope = scope.owner.scope
        found: Definition | None = None
        names = module.scope.names
        for part in path:
            found = names.get(part)
            if found is None or found.kind not in ("class", "function"):
                return None
            names = class_scope(found).names if found.kind == "class" else {}
        return docstring(found.node) if found is not None else None

    # --- the file ------------------------------------------------------------------------------

    def text(self, head: str) -> str:
        parts = [head, 'import type * as $ from "inmem-python";\n\n']
        for module, space in self.namespaces.items():
            parts.append(f"declare namespace {module_namespace(module)} {{\n")
            parts += space.texts.values()
            if space.renamed:
                names = ", ".join(f"{local} as {name}" for local, name in space.renamed.items())
                parts.append(f"  export {{ {names} }};\n")
            parts.append("}\n\n")
        parts += self._exports()
        return "".join(parts)

    def _exports(self) -> Iterator[str]:
        """One module: its names are the file's; several: each is a name of the file."""
        yield "/** The modules by their names, as pyimport() takes them. */\n"
        yield "export interface $Modules {\n"
        for module in self.asked:
            yield f'  "{module}": typeof {module_namespace(module)};\n'
        yield "}\n"
        renamed = []
        if len(self.asked) == 1:
            space = self.namespaces[self.asked[0]]
            targets = {
                name: f"{module_namespace(self.asked[0])}.{declared_name(name)}"
                for name in space.public
            }
        else:
            targets = {m: module_namespace(m) for m in self.asked if "." not in m}
        for name, target in targets.items():
            local = declared_name(name)
            if local == name:
                yield f"export import {name} = {target};\n"
            else:
                yield f"import {local} = {target};\n"
                renamed.append(f"{local} as {name}")
        yield f"export {{ {', '.join(renamed)} }};\n" if renamed else "export {};\n"


def names_in_class(definition: Definition) -> set[str]:
    return set(class_scope(definition).names) if definition.kind == "class" else set()


# Those that every object has.
SCALARS = {"floating": "number", "integer": known_types.INT, "bool": "boolean", "bool_": "boolean"}
SILENT = frozenset("__init__ __new__ __class__ __eq__ __ne__ __repr__ __str__ __hash__".split())
