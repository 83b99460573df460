# lib/types/python/class_facts.py: what a class is: bases, order of resolution, fields.
import ast
import dataclasses
from collections.abc import Iterator

import known_types
from type_modules import Definition, class_scope
from type_names import Entity, Known, Names
from type_variables import Variables

ENUMS = {"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag", "enum.ReprEnum"}
SPECIFIERS = {"field", "Field", "ib", "attrib", "attr"}


@dataclasses.dataclass(frozen=True)
class Base:
    entity: Entity | None
    arguments: tuple[ast.expr, ...]


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of a dataclass and the like, as its constructor takes it."""

    name: str
    annotation: ast.expr
    owner: Definition
    is_optional: bool
    is_keyword: bool


class ClassFacts:
    def __init__(self, names: Names, variables: Variables) -> None:
        self.names = names
        self.variables = variables
        # Every member of every class asks for them: found out once.
        self.bases_of: dict[int, list[Base]] = {}
        self.orders: dict[int, list[Entity | None]] = {}

    def bases(self, definition: Definition) -> list[Base]:
        """Without Generic, Protocol and object."""
        key = id(definition)
        if key not in self.bases_of:
            self.bases_of[key] = self._bases(definition)
        return self.bases_of[key]

    def _bases(self, definition: Definition) -> list[Base]:
        found = []
        for node in definition.node.bases:
            value, arguments = node, ()
            if isinstance(node, ast.Subscript):
                inner = node.slice
                value = node.value
                arguments = tuple(inner.elts) if isinstance(inner, ast.Tuple) else (inner,)
            entity = self.names.expression(definition.scope, value)
            if entity is definition:
                entity = definition.before and self.names.follow(definition.before)
            entity = self._dealiased(entity)
            if isinstance(entity, Known):
                entity = Known(known_types.canonical(entity.name))
                if entity.name in ("typing.Generic", "typing.Protocol", "builtins.object"):
                    continue
            found.append(Base(entity, arguments))
        return found

    def _dealiased(self, entity: Entity | None) -> Entity | None:
        if isinstance(entity, Definition) and entity.kind == "variable":
            same = self.variables.same_class(entity)
            return same if same is not None else entity
        return entity

    def order(self, definition: Definition) -> list[Entity | None]:
        """The method resolution order; None for a base that is not known."""
        key = id(definition)
        if key not in self.orders:
            self.orders[key] = [definition]  # while it is being found out: bases in a circle
            self.orders[key] = self._order(definition)
        return self.orders[key]

    def _order(self, definition: Definition) -> list[Entity | None]:
        lists = []
        for base in self.bases(definition):
            entity = base.entity
            if isinstance(entity, Definition) and entity.kind == "class":
                lists.append(self.order(entity))
            else:
                lists.append([entity if isinstance(entity, Known) else None])
        every = [each for each in merged(lists) if each is not definition]
        return [definition, *every]

    def classes(self, definition: Definition) -> list[Definition]:
        return [each for each in self.order(definition) if isinstance(each, Definition)]

    def known(self, definition: Definition) -> set[str]:
        return {each.name for each in self.order(definition) if isinstance(each, Known)}

    def is_enum(self, definition: Definition) -> bool:
        return bool(self.known(definition) & ENUMS)

    def is_typed_dict(self, definition: Definition) -> bool:
        return "typing.TypedDict" in self.known(definition)

    def is_awaitable(self, definition: Definition) -> bool:
        if self.known(definition) & known_types.AWAITABLE:
            return True
        return any("__await__" in class_scope(cls).names for cls in self.classes(definition))

    def is_named_tuple(self, definition: Definition) -> bool:
        return "typing.NamedTuple" in self.known(definition)

    def is_protocol(self, definition: Definition) -> bool:
        for node in definition.node.bases:
            value = node.value if isinstance(node, ast.Subscript) else node
            if self.names.expression(definition.scope, value) == Known("typing.Protocol"):
                return True
        return False

    # --- dataclasses and what behaves as they do ----------------------------------------

    def transform(self, definition: Definition) -> dict[str, bool] | None:
        """The settings of a class whose constructor follows from its fields; None: not so."""
        for decorator in definition.node.decorator_list:
            settings = self._decorated(decorator, definition)
            if settings is not None:
                return settings
        for cls in self.classes(definition):
            marks = [mark for mark in cls.node.decorator_list if is_transform(mark)]
            for word in cls.node.keywords:
                if word.arg == "metaclass":
                    marks += self._marks(self.names.expression(cls.scope, word.value))
            if marks:
                return {**transform_settings(marks[0]), **flags(definition.node.keywords)}
        return None

    def _decorated(self, node: ast.expr, definition: Definition) -> dict[str, bool] | None:
        call = node if isinstance(node, ast.Call) else None
        entity = self.names.expression(definition.scope, call.func if call else node)
        words = flags(call.keywords) if call else {}
        if entity == Known("dataclasses.dataclass"):
            return words
        marks = self._marks(entity)
        return {**transform_settings(marks[0]), **words} if marks else None

    def _marks(self, entity: Entity | None) -> list[ast.expr]:
        if not isinstance(entity, Definition) or entity.kind not in ("function", "class"):
            return []
        decorators = [d for node in entity.nodes for d in getattr(node, "decorator_list", [])]
        return [each for each in decorators if is_transform(each)]

    def fields(self, definition: Definition) -> list[Field]:
        """Those of the bases first, as the constructor has them."""
        found: dict[str, Field] = {}
        for cls in reversed(self.classes(definition)):
            settings = self.transform(cls)
            if settings is None:
                continue
            for field in self._own_fields(cls, settings.get("kw_only", False)):
                found[field.name] = field
        every = [field for field in found.values() if field.annotation is not None]
        return sorted(every, key=lambda field: field.is_keyword)

    def _own_fields(self, definition: Definition, is_keyword: bool) -> Iterator[Field]:
        for node in definition.node.body:
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                continue
            annotation = node.annotation
            value = annotation.value if isinstance(annotation, ast.Subscript) else annotation
            marker = self.names.expression(class_scope(definition), value)
            if marker == Known("dataclasses.KW_ONLY"):
                is_keyword = True
                continue
            if marker == Known("typing.ClassVar") or node.target.id.startswith("_"):
                continue
            words = specifier(node.value)
            if words is not None and is_false(words.get("init")):
                continue
            optional = node.value is not None if words is None else has_default(node.value, words)
            alias = (words or {}).get("alias")
            name = alias.value if isinstance(alias, ast.Constant) else node.target.id
            keyword = is_keyword or (words is not None and is_true(words.get("kw_only")))
            yield Field(str(name), annotation, definition, optional, keyword)


def merged(lists: list[list[Entity | None]]) -> list[Entity | None]:
    """C3; where it has no answer, in the order of mention."""
    result: list[Entity | None] = []
    lists = [each for each in lists if each]
    while lists:
        heads = [each[0] for each in lists]
        tails = [entity for each in lists for entity in each[1:]]
        chosen = next((head for head in heads if head not in tails), heads[0])
        if chosen not in result:
            result.append(chosen)
        lists = [rest for each in lists if (rest := [e for e in each if e != chosen])]
    return result


def is_transform(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    return getattr(called, "attr", getattr(called, "id", "")) == "dataclass_transform"


def transform_settings(mark: ast.expr) -> dict[str, bool]:
    words = flags(mark.keywords) if isinstance(mark, ast.Call) else {}
    names = ("kw_only", "frozen")
    return {name: words.get(f"{name}_default", False) for name in names}


def flags(keywords: list[ast.keyword]) -> dict[str, bool]:
    return {
        word.arg: word.value.value
        for word in keywords
        if word.arg and isinstance(word.value, ast.Constant) and isinstance(word.value.value, bool)
    }


def specifier(value: ast.expr | None) -> dict[str, ast.expr] | None:
    """The words of ``field(...)``; None for a plain default."""
    if not isinstance(value, ast.Call):
        return None
    name = getattr(value.func, "attr", getattr(value.func, "id", ""))
    if name not in SPECIFIERS:
        return None
    return {word.arg: word.value for word in value.keywords if word.arg}


def has_default(value: ast.expr | None, words: dict[str, ast.expr]) -> bool:
    if {"default", "default_factory", "factory"} & set(words):
        given = words.get("default")
        return not (isinstance(given, ast.Constant) and given.value is Ellipsis)
    first = value.args[0] if isinstance(value, ast.Call) and value.args else None
    return first is not None and not (isinstance(first, ast.Constant) and first.value is Ellipsis)


def is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
