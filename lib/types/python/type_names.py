# lib/types/python/type_names.py: what a name means: a definition, a module, or Python's own.
"""Follows imports, re-exports and stars through the modules of a bundle, in circles too."""

import ast
import builtins
import dataclasses
from collections.abc import Iterator

from type_modules import (
    Definition,
    Module,
    ModuleIndex,
    Read,
    Scope,
    class_scope,
    read_module,
)


@dataclasses.dataclass(frozen=True)
class Known:
    """A name outside the bundle: ``typing.List``, ``datetime.date``."""

    name: str


@dataclasses.dataclass(frozen=True)
class ModuleName:
    name: str


Entity = Definition | Known | ModuleName

# Backports in a bundle mean what the standard library's own mean.
BACKPORTS = {"typing_extensions": "typing", "_typeshed": "_typeshed", "exceptiongroup": "builtins"}
# Modules whose names are known as such, whatever a bundle holds under the same name.
OWN = {"typing", "collections.abc", "types", "enum", "dataclasses", "abc", "builtins", *BACKPORTS}


@dataclasses.dataclass(frozen=True)
class Warning:
    file: str
    line: int
    message: str


class Names:
    """All modules of a bundle, each read when it is first asked for."""

    def __init__(self, index: ModuleIndex, read: Read) -> None:
        self.index = index
        self.read = read
        self.modules: dict[str, Module | None] = {}
        self.documented: dict[str, Module | None] = {}
        self.warnings: list[Warning] = []

    def module(self, name: str) -> Module | None:
        """None: not in the bundle, or not to be understood, which a warning tells."""
        if name in OWN:
            return None
        if name not in self.modules:
            path = self.index.files.get(name)
            self.modules[name] = None if path is None else self._read(name, path)
        return self.modules[name]

    def source_of(self, name: str) -> Module | None:
        """The source beside a stub, where the docstrings are."""
        path = self.index.sources.get(name)
        if path is None or path == self.index.files.get(name):
            return self.module(name)
        if name not in self.documented:
            self.documented[name] = self._read(name, path)
        return self.documented[name]

    def _read(self, name: str, path: str) -> Module | None:
        try:
            return read_module(name, path, self.read(path))
        except SyntaxError as error:
            self.warn(path, error.lineno or 1, f"not Python that can be read: {error.msg}")
        except (ValueError, RecursionError, MemoryError) as error:
            self.warn(path, 1, f"not Python that can be read: {error}")
        return None

    def warn(self, file: str, line: int, message: str) -> None:
        warning = Warning(file, line, message)
        if warning not in self.warnings:
            self.warnings.append(warning)

    # --- what a name means -------------------------------------------------------------

    def lookup(self, scope: Scope, name: str) -> Entity | None:
        current: Scope | None = scope
        while current is not None:
            found = current.names.get(name)
            if found is not None:
                return self.follow(found)
            if current.outer is None:
                found_by_star = self._by_star(current.module, name, set())
                if found_by_star is not None:
                    return found_by_star
                if current.module.is_package and f"{current.module.name}.{name}" in self.index:
                    return ModuleName(f"{current.module.name}.{name}")
            current = current.outer
        return Known(f"builtins.{name}") if hasattr(builtins, name) else None

    def follow(self, definition: Definition, seen: frozenset[int] = frozenset()) -> Entity | None:
        if definition.kind != "import" or id(definition) in seen:
            return None if definition.kind == "import" else definition
        module, name = definition.target
        if not name:
            return ModuleName(module)
        # "from . import x" in x's own package finds itself: it means the submodule.
        found = self.member(module, name, seen | {id(definition)})
        if found is None and f"{module}.{name}" in self.index:
            return ModuleName(f"{module}.{name}")
        return found

    def member(self, module: str, name: str, seen: frozenset[int] = frozenset()) -> Entity | None:
        """``name`` of a module, in the bundle or not."""
        found = self.module(module)
        if found is None:
            if module in OWN:
                return own_name(module, name)
            if f"{module}.{name}" in self.index:
                return ModuleName(f"{module}.{name}")
            return None if module in self.index.files else own_name(module, name)
        definition = found.scope.names.get(name)
        if definition is not None:
            return self.follow(definition, seen)
        by_star = self._by_star(found, name, set())
        if by_star is not None:
            return by_star
        return ModuleName(f"{module}.{name}") if f"{module}.{name}" in self.index else None

    def _by_star(self, module: Module, name: str, seen: set[str]) -> Entity | None:
        for star in module.stars:
            if star in seen:
                continue
            seen.add(star)
            source = self.module(star)
            if source is None:
                if star not in self.index and has_member(star, name):
                    return own_name(star, name)
                continue
            definition = source.scope.names.get(name)
            if definition is not None and self._is_starred(source, name):
                return self.follow(definition)
            found = self._by_star(source, name, seen)
            if found is not None:
                return found
        return None

    def _is_starred(self, module: Module, name: str) -> bool:
        names = self.all_names(module)
        return not name.startswith("_") if names is None else name in names

    def expression(self, scope: Scope, node: ast.expr) -> Entity | None:
        """What ``a.b.c`` means in a scope."""
        if isinstance(node, ast.Name):
            return self.lookup(scope, node.id)
        if not isinstance(node, ast.Attribute):
            return None
        base = self.expression(scope, node.value)
        if isinstance(base, ModuleName):
            return self.member(base.name, node.attr)
        if isinstance(base, Definition) and base.kind == "class":
            found = class_scope(base).names.get(node.attr)
            return None if found is None else self.follow(found)
        if isinstance(base, Known):
            return Known(f"{base.name}.{node.attr}")
        return None

    # --- what a module hands on ----------------------------------------------------------

    def all_names(self, module: Module, seen: frozenset[str] = frozenset()) -> list[str] | None:
        """``__all__``; None where there is none, or none that can be told without running it."""
        if not module.all_steps or module.name in seen:
            return None
        names: list[str] = []
        for step in module.all_steps:
            part = self._all_of(module, step, seen | {module.name})
            if part is None:
                return None
            names += part
        return list(dict.fromkeys(names))

    def _all_of(self, module: Module, node: ast.expr, seen: frozenset[str]) -> list[str] | None:
        match node:
            case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
                return self._all_items(module, elts, seen)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                both = [self._all_of(module, side, seen) for side in (left, right)]
                return None if None in both else [name for side in both for name in side or ()]
            case ast.Call(func=ast.Name(id="list" | "sorted" | "tuple"), args=[inner]):
                return self._all_of(module, inner, seen)
            case ast.Attribute(value=value, attr="__all__"):
                base = self.expression(module.scope, value)
                other = self.module(base.name) if isinstance(base, ModuleName) else None
                return None if other is None else self.all_names(other, seen)
        return None

    def _all_items(
        self, module: Module, items: list[ast.expr], seen: frozenset[str]
    ) -> list[str] | None:
        names: list[str] = []
        for item in items:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                names.append(item.value)
            elif isinstance(item, ast.Starred):
                part = self._all_of(module, item.value, seen)
                if part is None:
                    return None
                names += part
            else:
                return None
        return names

    def public(self, module: Module, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """The names that a module means others to use, in the order of the source."""
        names = self.all_names(module)
        if names is not None:
            yield from names
            return
        told: set[str] = set()
        for name, definition in module.scope.names.items():
            if name.startswith("_") or (definition.kind == "import" and not definition.handed_on):
                continue
            told.add(name)
            yield name
        for star in module.stars:
            source = self.module(star)
            if source is None or star in seen:
                continue
            for name in self.public(source, seen | {module.name}):
                if name not in told and not name.startswith("_"):
                    told.add(name)
                    yield name


def own_name(module: str, name: str) -> Known:
    return Known(f"{BACKPORTS.get(module, module)}.{name}")


def has_member(module: str, name: str) -> bool:
    from known_types import own_object

    return own_object(f"{module}.{name}") is not None
