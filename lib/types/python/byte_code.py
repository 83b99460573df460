# lib/types/python/byte_code.py: a module's names from its byte code, where a bundle has no source.
"""Follows the instructions of a module's and its classes' bodies on a stack of expressions, without
running them: imports, definitions with annotations and defaults, assignments. What lies behind a
jump is followed as if it were next; what cannot be told is left out.
"""

import ast
import dis
import importlib.util
import marshal
import types
from collections.abc import Callable
from typing import Any

HEADER_BYTES = 16
MADE_BY_CLASSES = frozenset(
    "__module__ __qualname__ __firstlineno__ __static_attributes__ __classcell__".split()
)
UNKNOWN = object()
OPERATORS = {"|": ast.BitOr(), "+": ast.Add()}


class Function:
    """A function being made, or the body of a class."""

    def __init__(self, code: types.CodeType) -> None:
        self.code = code
        self.defaults = 0
        self.keyword_defaults: list[str] = []
        self.annotations: dict[str, ast.expr] = {}


class ClassCall:
    def __init__(self, body: Function, bases: list[Any], keywords: dict[str, Any]) -> None:
        self.body = body
        self.bases = [each for each in bases if isinstance(each, ast.expr)]
        self.keywords = {k: v for k, v in keywords.items() if isinstance(v, ast.expr)}


class Imported:
    def __init__(self, level: int, names: tuple[str, ...] | None, module: str) -> None:
        self.level = level
        self.names = names
        self.module = module


def tree_of(data: bytes) -> ast.Module:
    """Raises ValueError for byte code of another Python."""
    if data[:4] != importlib.util.MAGIC_NUMBER:
        raise ValueError("byte code of another Python")
    try:
        code = marshal.loads(data[HEADER_BYTES:])
    except (EOFError, TypeError, ValueError) as error:
        raise ValueError(f"damaged byte code: {error}") from None
    if not isinstance(code, types.CodeType):
        raise ValueError("no code in it")
    return ast.fix_missing_locations(ast.Module(Body(code).statements(), []))


class Body:
    def __init__(self, code: types.CodeType) -> None:
        self.code = code
        self.stack: list[Any] = []
        self.found: list[ast.stmt] = []
        # Of a class: what its methods assign to self.
        self.assigned: list[str] = []

    def statements(self) -> list[ast.stmt]:
        for instruction in dis.get_instructions(self.code):
            handler: Callable[[dis.Instruction], None] | None
            handler = getattr(self, f"on_{instruction.opname}", None)
            if handler is not None:
                handler(instruction)
            else:
                self.skip(instruction)
        return self.found

    def pop(self) -> Any:
        return self.stack.pop() if self.stack else UNKNOWN

    def take(self, count: int) -> list[Any]:
        taken = [self.pop() for _ in range(count)]
        return taken[::-1]

    def skip(self, instruction: dis.Instruction) -> None:
        """Whatever it does, what it leaves is not known."""
        effect = dis.stack_effect(instruction.opcode, instruction.arg, jump=False)
        if effect < 0:
            self.take(-effect)
        self.stack += [UNKNOWN] * max(effect, 0)
        if self.stack and instruction.opname not in ("RESUME", "NOP", "CACHE", "POP_TOP"):
            self.stack[-1] = UNKNOWN

    def on_RESUME(self, _: dis.Instruction) -> None: ...

    on_NOP = on_CACHE = on_SETUP_ANNOTATIONS = on_EXTENDED_ARG = on_RESUME

    def on_POP_TOP(self, _: dis.Instruction) -> None:
        self.pop()

    def on_PUSH_NULL(self, _: dis.Instruction) -> None:
        self.stack.append(None)

    def on_LOAD_CONST(self, instruction: dis.Instruction) -> None:
        value = instruction.argval
        self.stack.append(value if isinstance(value, types.CodeType) else expression_of(value))

    def on_LOAD_NAME(self, instruction: dis.Instruction) -> None:
        self.stack.append(ast.Name(instruction.argval, ast.Load()))

    def on_LOAD_GLOBAL(self, instruction: dis.Instruction) -> None:
        self.on_LOAD_NAME(instruction)
        if instruction.arg is not None and instruction.arg & 1:
            self.stack.append(None)

    def on_LOAD_ATTR(self, instruction: dis.Instruction) -> None:
        value = self.pop()
        known = isinstance(value, ast.expr)
        self.stack.append(ast.Attribute(value, instruction.argval) if known else UNKNOWN)
        if instruction.arg is not None and instruction.arg & 1:
            self.stack.append(None)

    def on_LOAD_BUILD_CLASS(self, _: dis.Instruction) -> None:
        self.stack.append("class")

    def on_BUILD_TUPLE(self, instruction: dis.Instruction) -> None:
        elements = self.take(instruction.arg or 0)
        known = [e if isinstance(e, ast.expr) else ast.Constant(...) for e in elements]
        self.stack.append(ast.Tuple(known, ast.Load()))

    def on_BUILD_LIST(self, instruction: dis.Instruction) -> None:
        self.on_BUILD_TUPLE(instruction)
        self.stack[-1] = ast.List(self.stack[-1].elts, ast.Load())

    def on_LIST_EXTEND(self, _: dis.Instruction) -> None:
        added = self.pop()
        if self.stack and isinstance(self.stack[-1], ast.List) and isinstance(added, ast.Tuple):
            self.stack[-1].elts += added.elts

    def on_BUILD_MAP(self, instruction: dis.Instruction) -> None:
        pairs = self.take(2 * (instruction.arg or 0))
        known = [e if isinstance(e, ast.expr) else ast.Constant(...) for e in pairs]
        self.stack.append(ast.Dict(known[::2], known[1::2]))

    def on_BUILD_CONST_KEY_MAP(self, instruction: dis.Instruction) -> None:
        names = self.pop()
        self.on_BUILD_TUPLE(instruction)
        keys = list(names.elts) if isinstance(names, ast.Tuple) else []
        self.stack[-1] = ast.Dict(keys, self.stack[-1].elts)

    def on_BINARY_SUBSCR(self, _: dis.Instruction) -> None:
        value, index = self.take(2)
        known = isinstance(value, ast.expr) and isinstance(index, ast.expr)
        self.stack.append(ast.Subscript(value, index, ast.Load()) if known else UNKNOWN)

    def on_BINARY_OP(self, instruction: dis.Instruction) -> None:
        left, right = self.take(2)
        operator = OPERATORS.get(instruction.argrepr)
        known = isinstance(left, ast.expr) and isinstance(right, ast.expr) and operator
        self.stack.append(ast.BinOp(left, operator, right) if known else UNKNOWN)

    # --- definitions -----------------------------------------------------------------------

    def on_MAKE_FUNCTION(self, _: dis.Instruction) -> None:
        code = self.pop()
        self.stack.append(Function(code) if isinstance(code, types.CodeType) else UNKNOWN)

    def on_SET_FUNCTION_ATTRIBUTE(self, instruction: dis.Instruction) -> None:
        attribute, function = self.take(2)
        if isinstance(function, Function):
            match instruction.arg, attribute:
                case 1, ast.Tuple(elts=elts):
                    function.defaults = len(elts)
                case 2, ast.Dict(keys=keys):
                    function.keyword_defaults = [getattr(key, "value", "") for key in keys]
                case 4, ast.Tuple(elts=elts):
                    names = [getattr(name, "value", "") for name in elts[::2]]
                    function.annotations = dict(zip(names, elts[1::2], strict=False))
        self.stack.append(function)

    def on_CALL(self, instruction: dis.Instruction) -> None:
        self._call(self.take(instruction.arg or 0), {})

    def on_CALL_KW(self, instruction: dis.Instruction) -> None:
        names = self.pop()
        given = self.take(instruction.arg or 0)
        keys = [e.value for e in names.elts] if isinstance(names, ast.Tuple) else []
        split = len(given) - len(keys)
        self._call(given[:split], dict(zip(keys, given[split:], strict=False)))

    def _call(self, given: list[Any], keywords: dict[str, Any]) -> None:
        called, bound = self.take(2)
        if bound is not None:  # a decorator, whose argument stands in the place of self
            given = [bound, *given]
        if called == "class" and given and isinstance(given[0], Function):
            self.stack.append(ClassCall(given[0], given[2:], keywords))
        elif isinstance(called, ast.expr):
            known = [e if isinstance(e, ast.expr) else ast.Constant(...) for e in given]
            words = [ast.keyword(k, v) for k, v in keywords.items() if isinstance(v, ast.expr)]
            self.stack.append(Decorated(called, known, words, given))
        else:
            self.stack.append(UNKNOWN)

    # --- statements -------------------------------------------------------------------------

    def on_IMPORT_NAME(self, instruction: dis.Instruction) -> None:
        level, names = self.take(2)
        listed = tuple(e.value for e in names.elts) if isinstance(names, ast.Tuple) else None
        self.stack.append(Imported(getattr(level, "value", 0), listed, instruction.argval))

    def on_IMPORT_FROM(self, instruction: dis.Instruction) -> None:
        source = self.stack[-1] if self.stack else UNKNOWN
        known = isinstance(source, Imported)
        self.stack.append((source, instruction.argval) if known else UNKNOWN)

    def on_CALL_INTRINSIC_1(self, instruction: dis.Instruction) -> None:
        if instruction.argrepr == "INTRINSIC_IMPORT_STAR" and self.stack:
            source = self.stack[-1]
            if isinstance(source, Imported):
                aliases = [ast.alias("*")]
                self.found.append(ast.ImportFrom(source.module or None, aliases, source.level))
            return
        self.skip(instruction)

    def on_STORE_SUBSCR(self, _: dis.Instruction) -> None:
        """``x: int`` ends with ``__annotations__["x"] = int``."""
        match self.take(3):
            case [ast.expr() as hint, ast.Name(id="__annotations__"), ast.Constant(value=name)]:
                value = self._assigned(str(name))
                target = ast.Name(str(name), ast.Store())
                self.found.append(ast.AnnAssign(target, spelled_out(hint), value, 1))

    def _assigned(self, name: str) -> ast.expr | None:
        """What the annotated name was given right before."""
        match self.found[-1:]:
            case [ast.Assign(targets=[ast.Name(id=found)], value=value)] if found == name:
                self.found.pop()
                return value
        return None

    def on_STORE_NAME(self, instruction: dis.Instruction) -> None:
        name, value = instruction.argval, self.pop()
        if name in MADE_BY_CLASSES:
            if name == "__static_attributes__" and isinstance(value, ast.Tuple):
                self.assigned = [str(getattr(each, "value", "")) for each in value.elts]
            return
        match value:
            case Function():
                self.found.append(function_statement(name, value, []))
            case ClassCall():
                self.found.append(class_statement(name, value, []))
            case Decorated():
                self.found.append(value.statement(name))
            case (Imported() as source, str(member)):
                aliases = [ast.alias(member, None if member == name else name)]
                self.found.append(ast.ImportFrom(source.module or None, aliases, source.level))
            case Imported():
                self.found.append(ast.Import([import_alias(value.module, name)]))
            case ast.expr():
                self.found.append(ast.Assign([ast.Name(name, ast.Store())], value))
            case _:
                self.found.append(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(...)))


class Decorated(ast.expr):
    """A call; where its argument is a definition, that one decorated."""

    def __init__(
        self, called: ast.expr, args: list[ast.expr], words: list[ast.keyword], given: list[Any]
    ) -> None:
        super().__init__()
        self.called = called
        self.args = args
        self.words = words
        self.given = given

    def statement(self, name: str) -> ast.stmt:
        decorators: list[ast.expr] = []
        value: Any = self
        while isinstance(value, Decorated):
            decorators.append(plain(value.called))
            inner = value.given[0] if len(value.given) == 1 else None
            if isinstance(inner, Function):
                return function_statement(name, inner, decorators)
            if isinstance(inner, ClassCall):
                return class_statement(name, inner, decorators)
            value = inner
        return ast.Assign([ast.Name(name, ast.Store())], plain(self))


def plain(node: ast.expr) -> ast.expr:
    if isinstance(node, Decorated):
        return ast.Call(plain(node.called), [plain(each) for each in node.args], node.words)
    return node


def expression_of(value: Any) -> ast.expr:
    if isinstance(value, tuple):
        return ast.Tuple([expression_of(each) for each in value], ast.Load())
    return ast.Constant(value)


def spelled_out(hint: ast.expr | None) -> ast.expr | None:
    """An annotation that was left as text, as the source has it."""
    if not isinstance(hint, ast.Constant) or not isinstance(hint.value, str):
        return hint
    try:
        return ast.parse(hint.value, mode="eval").body
    except (SyntaxError, ValueError):
        return hint


def import_alias(module: str, name: str) -> ast.alias:
    is_top = module.partition(".")[0] == name
    return ast.alias(module) if is_top else ast.alias(module, name)


def function_statement(name: str, function: Function, decorators: list[ast.expr]) -> ast.stmt:
    code, hints = function.code, function.annotations
    names = list(code.co_varnames)
    words = [ast.arg(each, spelled_out(hints.get(each))) for each in names]
    count, only = code.co_argcount, code.co_kwonlyargcount
    positional, keyword_only = words[:count], words[count : count + only]
    rest = words[count + only :]
    has_rest = bool(code.co_flags & 0x04)
    arguments = ast.arguments(
        positional[: code.co_posonlyargcount],
        positional[code.co_posonlyargcount :],
        rest[0] if has_rest else None,
        keyword_only,
        [ast.Constant(...) if a.arg in function.keyword_defaults else None for a in keyword_only],
        rest[has_rest] if code.co_flags & 0x08 else None,
        [ast.Constant(...)] * function.defaults,
    )
    is_async = bool(code.co_flags & 0x280)
    yields = bool(code.co_flags & 0x220)
    body: list[ast.stmt] = [ast.Expr(ast.Yield())] if yields else [ast.Pass()]
    if code.co_consts and isinstance(code.co_consts[0], str):
        body.insert(0, ast.Expr(ast.Constant(code.co_consts[0])))
    kind = ast.AsyncFunctionDef if is_async else ast.FunctionDef
    result = spelled_out(hints.get("return"))
    return kind(name, arguments, body, decorators, result, None, [])


def class_statement(name: str, call: ClassCall, decorators: list[ast.expr]) -> ast.stmt:
    keywords = [ast.keyword(key, value) for key, value in call.keywords.items()]
    follower = Body(call.body.code)
    body = follower.statements()
    for method in (each for each in body if isinstance(each, ast.FunctionDef)):
        own = [*method.args.posonlyargs, *method.args.args]
        if own and not method.decorator_list:  # one that has a self
            targets = [ast.Attribute(ast.Name(own[0].arg), each) for each in follower.assigned]
            method.body += [ast.Assign([target], ast.Constant(...)) for target in targets]
            break
    for i, statement in enumerate(body):
        match statement:
            case ast.Assign(targets=[ast.Name(id="__doc__")], value=value):
                body[i] = body[0]
                body[0] = ast.Expr(value)
    return ast.ClassDef(name, call.bases, keywords, body or [ast.Pass()], decorators, [])
