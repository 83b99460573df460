# lib/types/python/ts_signatures.py: functions in TypeScript.
import ast
import dataclasses
from collections.abc import Iterable

from known_types import UNKNOWN
from ts_calls import Parameter, Signature, call_signatures, render
from ts_text import union
from ts_types import Context, Types, array_of
from type_modules import Definition, DefNode, decorator_names
from type_variables import Variable, declared_variable

# What leaves a function's type as it is written.
KEEPING = frozenset(
    """overload final override abstractmethod staticmethod classmethod deprecated wraps lru_cache
    cache set_module array_function_dispatch no_type_check type_check_only singledispatch
    setter getter deleter property cached_property dataclass_transform coroutine""".split()
)
PROPERTIES = frozenset("property cached_property abstractproperty".split())
MANAGERS = {"contextmanager": "PyContextManager", "asynccontextmanager": "PyAsyncContextManager"}


class Signatures:
    def __init__(self, types: Types) -> None:
        self.types = types
        self.names = types.names

    def of_function(self, definition: Definition, context: Context, binds: bool) -> str:
        """The type of a function, or of a method as it is found on its object (``binds``)."""
        nodes = overloads(definition.nodes)
        if not all(self.keeps_type(node, definition) for node in nodes):
            return UNKNOWN
        return render([self.of_node(node, context, binds) for node in nodes])

    def calls(self, definition: Definition, context: Context) -> list[str]:
        """How an object is called that has this method as its ``__call__``."""
        nodes = overloads(definition.nodes)
        return call_signatures([self.of_node(node, context, True) for node in nodes])

    def keeps_type(self, node: DefNode, definition: Definition) -> bool:
        """Whether decorators leave what the signature says; of one of their own nobody knows."""
        if definition.module.is_stub:
            return True
        for decorator in node.decorator_list:
            expression = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = getattr(expression, "attr", getattr(expression, "id", ""))
            if name in KEEPING or name in MANAGERS:
                continue
            if not self._wraps(expression, definition):
                return False
        return True

    def _wraps(self, expression: ast.expr, definition: Definition) -> bool:
        found = self.names.expression(definition.scope, expression)
        if not isinstance(found, Definition) or found.kind != "function":
            return False
        inner = [n for n in ast.walk(found.node) if isinstance(n, DefNode)]
        if any("wraps" in decorator_names(each) for each in inner):
            return True
        returned = found.node.returns
        match returned:  # a factory of decorators: Callable[[F], F]
            case ast.Subscript(slice=ast.Tuple(elts=[ast.List(elts=[taken]), given])):
                returned = given if ast.dump(taken) == ast.dump(given) else None
        return returned is not None and bool(self.types.variables.variable(returned, found.scope))

    def of_node(
        self,
        node: DefNode,
        context: Context,
        binds: bool,
        result: str | ast.expr | None = None,
        flips: bool = False,
    ) -> Signature:
        """``flips``: of JavaScript's functions, which Python calls. An annotation may stand for
        the result, in place of the function's own."""
        local = [declared_variable(each, context.scope) for each in node.type_params]
        context, variables = self._with_variables(node, context, binds, local)
        given = dataclasses.replace(context, is_argument=not flips)
        parameters = tuple(self._parameters(node, given, binds))
        taken = dataclasses.replace(context, is_argument=flips)
        if result is None:
            result = self._result(node, taken)
        elif not isinstance(result, str):
            result = self.types.of(result, taken)
        return Signature(parameters, result, tuple(self.declare(variables, context)))

    def _with_variables(
        self, node: DefNode, context: Context, binds: bool, local: list[Variable]
    ) -> tuple[Context, list[Variable]]:
        own = {variable.name: variable for variable in local}
        texts = {**context.variables, **{name: name for name in own}}
        first = first_parameter(node) if binds else None
        bound = self._bound_variable(first, context) if first is not None else None
        every = [arg for arg in arguments_of(node) if arg is not first]
        annotations = [*(arg.annotation for arg in every), node.returns]
        found = [*self.types.variables.free(annotations, context.scope, local)]
        free = [v for v in found if v.name not in context.variables and v.name != bound]
        self_type = context.self_type
        if self_type.startswith("this") and free:
            self_type = self_type.removeprefix("this").strip() or UNKNOWN
        elif self_type.startswith("this"):
            self_type = "this"
        texts.update({variable.name: variable.name for variable in free})
        if bound is not None:
            texts[bound] = self_type or UNKNOWN
        changed = dataclasses.replace(context, variables=texts, self_type=self_type)
        return changed, free

    def _bound_variable(self, first: ast.arg, context: Context) -> str | None:
        """T of ``self: T`` and ``cls: type[T]``, which then is what Self is."""
        annotation = first.annotation
        if isinstance(annotation, ast.Subscript):
            annotation = annotation.slice
        if annotation is None:
            return None
        found = self.types.variables.variable(annotation, context.scope)
        return None if found is None or found.name in context.variables else found.name

    def declare(self, variables: Iterable[Variable], context: Context) -> list[str]:
        """Type parameters of a function; those with a default last, as TypeScript wants them."""
        texts = []
        for variable in variables:
            inner = dataclasses.replace(context, scope=variable.scope, is_argument=True)
            text = variable.name
            if variable.kind != "one":
                text += " extends readonly unknown[]"
            elif variable.constraints:
                text += f" extends {union([self.types.of(c, inner) for c in variable.constraints])}"
            elif variable.bound is not None:
                bound = self.types.of(variable.bound, inner)
                text += "" if bound == UNKNOWN else f" extends {bound}"
            texts.append(text)
        return texts

    def _result(self, node: DefNode, context: Context) -> str:
        yields = has_yield(node)
        is_async = isinstance(node, ast.AsyncFunctionDef)
        if node.returns is None and yields:
            return "$.PyAsyncGenerator" if is_async else "$.PyGenerator"
        manager = next((MANAGERS[n] for n in decorator_names(node) if n in MANAGERS), None)
        if manager is not None:
            inner = node.returns.slice if isinstance(node.returns, ast.Subscript) else None
            entered = inner.elts[0] if isinstance(inner, ast.Tuple) else inner
            return f"$.{manager}<{self.types.of(entered, context)}>"
        if not is_async or yields:
            return self.types.of(node.returns, context)
        result = self.types.of(node.returns, dataclasses.replace(context, is_awaited=True))
        return f"$.ToAwaitable<{result}>" if context.is_argument else f"$.PyAwaitable<{result}>"

    # --- parameters ------------------------------------------------------------------------

    def _parameters(self, node: DefNode, context: Context, binds: bool) -> list[Parameter]:
        words = node.args
        positional = [*words.posonlyargs, *words.args]
        defaults = len(positional) - len(words.defaults)
        found = []
        for i, argument in enumerate(positional):
            hidden = argument.arg.startswith("__") and not argument.arg.endswith("__")
            kind = "position" if i < len(words.posonlyargs) or hidden else "both"
            text = self.types.of(argument.annotation, context)
            found.append(Parameter(argument.arg.lstrip("_") or "_", text, kind, i >= defaults))
            if kind == "both":
                found[-1] = dataclasses.replace(found[-1], name=argument.arg)
        if binds and found:
            found = found[1:]
        if words.vararg is not None:
            found.append(self._rest(words.vararg, context))
        for argument, default in zip(words.kwonlyargs, words.kw_defaults, strict=True):
            text = self.types.of(argument.annotation, context)
            found.append(Parameter(argument.arg, text, "keyword", default is not None))
        if words.kwarg is not None:
            found += self._keywords(words.kwarg, context)
        return found

    def _rest(self, argument: ast.arg, context: Context) -> Parameter:
        annotation = argument.annotation
        if isinstance(annotation, ast.Attribute) and annotation.attr == "args":
            text = self.types.of(annotation.value, context)
            return Parameter("args", "unknown[]" if text == UNKNOWN else text, "rest")
        unpacked = annotation and self.types.unpacked(annotation, context.scope)
        if unpacked:
            text = self.types.of(unpacked, context)
            return Parameter("args", "unknown[]" if text == UNKNOWN else text, "rest")
        return Parameter(argument.arg, array_of(self.types.of(annotation, context)), "rest")

    def _keywords(self, argument: ast.arg, context: Context) -> list[Parameter]:
        annotation = argument.annotation
        if isinstance(annotation, ast.Attribute) and annotation.attr == "kwargs":
            return [Parameter("kwargs", UNKNOWN, "keywords")]
        unpacked = annotation and self.types.unpacked(annotation, context.scope)
        if unpacked:
            found = self.names.expression(context.scope, unpacked)
            if isinstance(found, Definition) and found.kind == "class":
                return [Parameter("kwargs", f"{self.types.refer(found, False)}$Fields", "fields")]
            return [Parameter("kwargs", UNKNOWN, "keywords")]
        return [Parameter("kwargs", self.types.of(annotation, context), "keywords")]


def overloads(nodes: list[ast.AST]) -> list[DefNode]:
    marked = [node for node in nodes if "overload" in decorator_names(node)]
    return marked or [nodes[-1]]  # type: ignore[return-value]


def first_parameter(node: DefNode) -> ast.arg | None:
    every = [*node.args.posonlyargs, *node.args.args]
    return every[0] if every else None


def arguments_of(node: DefNode) -> list[ast.arg]:
    words = node.args
    more = [arg for arg in (words.vararg, words.kwarg) if arg is not None]
    return [*words.posonlyargs, *words.args, *words.kwonlyargs, *more]


def has_yield(node: DefNode) -> bool:
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(each, DefNode | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(each)
    return False
