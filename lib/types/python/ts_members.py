# lib/types/python/ts_members.py: members of a class: methods, properties, attributes.
import ast
import dataclasses
from collections.abc import Callable, Iterator

from class_facts import ClassFacts
from known_types import UNKNOWN
from ts_calls import spelled_call
from ts_signatures import PROPERTIES, Signatures, first_parameter, overloads
from ts_text import comment, property_name
from ts_types import Context, Types
from ts_values import Values
from type_modules import Definition, DefNode, class_scope, decorator_names
from type_names import Known

# A proxy's own members (lib/bridge/types.ts): Python's of the same name have a $ before them.
PROXY = frozenset("type destroy copy toString toJs toJSON then".split())
BY_METHOD = {
    "__len__": {"length"},
    "__getitem__": {"get", "set", "delete", "has"},
    "__iter__": {"has"},
    "__next__": {"next"},
    "__anext__": {"next"},
    "__await__": {"catch", "finally"},
    "__call__": {
        "callKwargs",
        "callRelaxed",
        "callAsync",
        "callWithOptions",
        "callAsyncWithOptions",
        "captureThis",
    },
    "__buffer__": {"getBuffer"},
}
OF_CLASSES = PROXY | BY_METHOD["__call__"] | {"prototype"}
# Special methods that are called by name: by with(), by protocols that ask for them.
NAMED = frozenset("__enter__ __exit__ __aenter__ __aexit__ __array__ __fspath__".split())


@dataclasses.dataclass
class Member:
    name: str
    text: str
    is_static: bool = False
    docs: str | None = None
    is_readonly: bool = False
    # What JavaScript may assign, where that is more than what it reads.
    assigned: str = ""
    # The text is a signature of a method that the proxy itself has.
    is_method: bool = False

    def lines(self, indent: str) -> str:
        name = property_name(self.name)
        head = comment(self.docs, indent)
        if self.is_method:
            return head + f"{indent}{name}{self.text};\n"
        if self.assigned:
            read = f"{indent}get {name}(): {self.text};\n"
            return f"{head}{read}{indent}set {name}(value: {self.assigned});\n"
        mark = "readonly " if self.is_readonly else ""
        return f"{head}{indent}{mark}{name}: {self.text};\n"


class Members:
    def __init__(self, types: Types, signatures: Signatures, facts: ClassFacts) -> None:
        self.types = types
        self.signatures = signatures
        self.facts = facts
        self.values = Values(types)
        # Special methods that a protocol asks for by name: others are left out.
        self.asked: set[str] = set()
        self.inherited: Callable[[Definition, Definition, Context], dict[str, str]]
        self.docs: Callable[[Definition], str | None] = lambda each: docstring(each.node)

    def reserved(self, definition: Definition) -> set[str]:
        """What the proxies of its instances have themselves."""
        taken = set(PROXY)
        known = self.facts.known(definition)
        is_collection = {"builtins.dict", "builtins.list"} & known
        if is_collection or any(name.startswith("typing.") for name in known):
            taken |= {"length", "get", "set", "delete", "has"}
        for cls in self.facts.classes(definition):
            for name in BY_METHOD.keys() & class_scope(cls).names.keys():
                taken |= BY_METHOD[name]
        return taken

    def of_class(self, definition: Definition, context: Context) -> Iterator[Member]:
        taken = self.reserved(definition)
        frozen = (self.facts.transform(definition) or {}).get("frozen", False)
        frozen |= self.facts.is_named_tuple(definition)
        told = set()
        for name, found in class_scope(definition).names.items():
            if is_special(name):
                yield from self._special(name, found, context)
                continue
            if name.startswith("_") or found.kind == "import":
                continue
            told.add(name)
            for member in self._member(found, context):
                member.is_readonly |= frozen
                yield self._renamed(member, taken)
        for member in self._assigned(definition, context, told):
            yield self._renamed(member, taken)

    def returning_self(
        self, definition: Definition, told: set[tuple[str, bool]], context: Context
    ) -> Iterator[Member]:
        """Members of the bases that tell of Self: declared again, since Self now is another."""
        taken = self.reserved(definition)
        mark = context.self_type.split("<")[0]
        for cls in self.facts.classes(definition)[1:]:
            variables = {**self.inherited(definition, cls, context), **context.variables}
            inner = dataclasses.replace(context, scope=class_scope(cls), variables=variables)
            for name, found in class_scope(cls).names.items():
                if name.startswith("_") or found.kind != "function":
                    continue
                if not any(speaks_of_self(node) for node in found.nodes):
                    continue
                for unnamed in self._member(found, inner):
                    member = self._renamed(unnamed, taken)
                    if (member.name, member.is_static) not in told and mark:
                        told.add((member.name, member.is_static))
                        yield member

    def _renamed(self, member: Member, taken: set[str]) -> Member:
        if member.is_static:
            member.name = static_name(member.name)
        elif member.name in taken:
            member.name = f"${member.name}"
        return member

    def _member(self, definition: Definition, context: Context) -> Iterator[Member]:
        docs = self.docs(definition)
        if definition.kind == "class":
            name = self.types.refer(definition, False)
            if not self.facts.is_protocol(definition):
                yield Member(definition.name, f"typeof {name}", True, is_readonly=True)
        elif definition.kind == "function":
            marks = set(decorator_names(definition.nodes[0]))
            if marks & PROPERTIES:
                yield self._property(definition, context)
                return
            is_static = bool({"staticmethod", "classmethod"} & marks)
            if is_static:  # there is no object whose type arguments it could name
                itself = context.self_type.removeprefix("this ").split("<")[0]
                context = dataclasses.replace(context, variables={}, self_type=itself)
            binds = "staticmethod" not in marks
            text = self.signatures.of_function(definition, context, binds)
            yield Member(definition.name, text, is_static, docs, is_readonly=True)
        elif definition.kind == "variable":
            yield from self._attribute(definition, context)

    def _property(self, definition: Definition, context: Context) -> Member:
        getter = definition.nodes[0]
        signature = self.signatures.of_node(getter, context, True)
        result = UNKNOWN if signature.variables else signature.result
        setter = next((n for n in definition.nodes if "setter" in decorator_names(n)), None)
        docs = self.docs(definition)
        member = Member(definition.name, result, docs=docs, is_readonly=setter is None)
        if isinstance(setter, DefNode):
            taken = self.signatures.of_node(setter, context, True)
            if len(taken.parameters) == 1 and not taken.variables:
                wanted = taken.parameters[0].type
                member.assigned = wanted if wanted not in (result, UNKNOWN) else ""
        return member

    def _attribute(self, definition: Definition, context: Context) -> Iterator[Member]:
        node = definition.nodes[0]
        if not isinstance(node, ast.AnnAssign):
            text = self.values.of(getattr(node, "value", None), context)
            yield Member(definition.name, text)
            static = Member(definition.name, text, True)
            yield static
            return
        marker = self._marker(node.annotation, context)
        if marker == "InitVar":  # the constructor's alone
            return
        bare = not isinstance(node.annotation, ast.Subscript)
        if marker in ("Final", "ClassVar") and bare:
            text = self.values.of(node.value, context, marker == "Final")
        else:
            text = self.types.of(node.annotation, context)
        member = Member(definition.name, text, is_readonly=marker == "Final")
        assigned = self.types.of(node.annotation, context.as_argument())
        if "$.To" in assigned and marker not in ("Final", "ClassVar"):
            member.assigned = assigned
        yield member
        if marker == "ClassVar":
            plain = dataclasses.replace(context, variables={}, self_type="")
            yield Member(definition.name, self.types.of(node.annotation, plain), True)

    def _marker(self, annotation: ast.expr, context: Context) -> str:
        value = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        found = self.types.names.expression(context.scope, value)
        return found.name.rpartition(".")[2] if isinstance(found, Known) else ""

    def _assigned(
        self, definition: Definition, context: Context, told: set[str]
    ) -> Iterator[Member]:
        """``self.name = value`` in methods, of which a stub has none."""
        for method in class_scope(definition).names.values():
            if method.kind != "function":
                continue
            node = method.nodes[-1]
            first = first_parameter(node)
            if first is None or {"staticmethod", "classmethod"} & set(decorator_names(node)):
                continue
            given = {arg.arg: arg.annotation for arg in [*node.args.args, *node.args.kwonlyargs]}
            for name, annotation, value in self_assignments(node, first.arg):
                if name.startswith("_") or name in told:
                    continue
                told.add(name)
                known = annotation
                if known is None and isinstance(value, ast.Name):
                    known = given.get(value.id)
                text = self.types.of(known, context)
                yield Member(name, text if known else self.values.of(value, context))

    # --- special methods -----------------------------------------------------------------

    def _special(self, name: str, definition: Definition, context: Context) -> Iterator[Member]:
        if definition.kind != "function":
            return
        if name in NAMED or name in self.asked:
            text = self.signatures.of_function(definition, context, True)
            yield Member(name, text, is_readonly=True)
        if name == "__len__":
            yield Member("length", "number", is_readonly=True)
        elif name in ITEMS and self._has_trait(name, definition):
            for text in self._item_calls(ITEMS[name], definition, context):
                yield Member(ITEMS[name], text, is_method=True)

    def _has_trait(self, name: str, definition: Definition) -> bool:
        """Whether the proxy has a member for it: it is told by other methods of the class."""
        needed = {"__getitem__", *(["__iter__"] if name == "__contains__" else [])}
        owner = definition.scope.owner
        classes = self.facts.classes(owner) if owner is not None else []
        if any(needed & class_scope(cls).names.keys() for cls in classes):
            return True
        return owner is not None and bool(self.facts.known(owner) - {"abc.ABC"})

    def _item_calls(self, name: str, definition: Definition, context: Context) -> Iterator[str]:
        nodes = overloads(definition.nodes)
        for node in nodes:
            signature = self.signatures.of_node(node, context, True)
            placed = [p for p in signature.parameters if p.kind in ("position", "both")]
            texts = [f"{word}: {p.type}" for word, p in zip(("key", "value"), placed, strict=False)]
            if name == "has":
                texts = ["value: unknown"]
            result = {"get": signature.result, "has": "boolean"}.get(name, "void")
            yield spelled_call(dataclasses.replace(signature, result=result), ", ".join(texts))


def is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def static_name(name: str) -> str:
    """Of a member of a class itself, which is called."""
    return f"${name}" if name in OF_CLASSES else name


ITEMS = {
    "__getitem__": "get",
    "__setitem__": "set",
    "__delitem__": "delete",
    "__contains__": "has",
}


def speaks_of_self(node: ast.AST) -> bool:
    """Self, or a type variable of the first parameter."""
    returned = getattr(node, "returns", None)
    if returned is None:
        return False
    words = {getattr(n, "id", getattr(n, "attr", "")) for n in ast.walk(returned)}
    first = first_parameter(node)
    own = first.annotation if first is not None else None
    inner = own.slice if isinstance(own, ast.Subscript) else own
    return "Self" in words or (isinstance(inner, ast.Name) and inner.id in words)


def unique(members: list[Member]) -> list[Member]:
    """Overloads of one method stay together; of anything else the first counts."""
    seen: dict[str, Member] = {}
    result = []
    for member in members:
        known = seen.setdefault(member.name, member)
        if known is member or (known.is_method and known.text != member.text):
            result.append(member)
    return result


def self_assignments(
    node: DefNode, self_name: str
) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    for each in ast.walk(node):
        if isinstance(each, ast.AnnAssign):
            targets, annotation = [each.target], each.annotation
        elif isinstance(each, ast.Assign):
            targets, annotation = each.targets, None
        else:
            continue
        for target in targets:
            match target:
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == self_name:
                    yield attr, annotation, each.value


def docstring(node: ast.AST) -> str | None:
    try:
        return ast.get_docstring(node)  # type: ignore[arg-type]
    except TypeError:
        return None
