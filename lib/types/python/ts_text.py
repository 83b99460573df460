# lib/types/python/ts_text.py: pieces of TypeScript: names, unions, tuples, comments.
import ast
import json
import re

RESERVED = frozenset(
    """any arguments as async await bigint boolean break case catch class const constructor continue
    debugger declare default delete do else enum eval export extends false finally for function get
    if implements import in instanceof interface let module namespace never new null number object
    of package private protected public require return set static string super switch symbol this
    throw true try type typeof undefined unknown var void while with yield""".split()
)


def declared_name(name: str) -> str:
    """``$`` before what TypeScript does not take as the name of a declaration."""
    return f"${name}" if name in RESERVED else name


def parameter_name(name: str) -> str:
    return f"{name}_" if name in RESERVED else name


def property_name(name: str) -> str:
    return name if re.fullmatch(r"[\w$]+", name) and not name[0].isdigit() else json.dumps(name)


def module_namespace(module: str) -> str:
    return "$" + module.replace(".", "$")


def union(members: list[str]) -> str:
    """Each member once; ``unknown`` takes all in."""
    parts: list[str] = []
    for member in members:
        for part in split_union(member):
            wrapped = f"({part})" if "=>" in part and not is_wrapped(part) else part
            if wrapped not in parts:
                parts.append(wrapped)
    if "unknown" in parts:
        return "unknown"
    if "never" in parts and len(parts) > 1:
        parts.remove("never")
    return " | ".join(parts) or "never"


def is_wrapped(text: str) -> bool:
    """Whether no arrow stands outside of brackets."""
    depth = 0
    for i, letter in enumerate(text):
        if letter in "([{<":
            depth += 1
        elif letter in ")]}" or (letter == ">" and text[i - 1] != "="):
            depth -= 1
        elif text.startswith("=>", i) and depth == 0:
            return False
    return True


def split_union(text: str) -> list[str]:
    """At the bars that stand outside of brackets and texts."""
    parts, depth, start, quoted = [], 0, 0, False
    if not is_wrapped(text):
        return [text]
    for i, letter in enumerate(text):
        if letter == '"' and text[i - 1] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "([{<":
            depth += 1
        elif letter in ")]}" or (letter == ">" and text[i - 1] != "="):
            depth -= 1
        elif letter == "|" and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()]


def tuple_type(elements: list[str], is_readonly: bool) -> str:
    prefix = "readonly " if is_readonly else ""
    if len(elements) == 1 and elements[0].startswith("..."):
        only = elements[0].removeprefix("...").removeprefix("readonly ")
        return f"{prefix}{only}" if only.endswith("[]") else f"{prefix}[{elements[0]}]"
    return f"{prefix}[{', '.join(elements)}]"


def function_type(parameters: list[str] | None, result: str) -> str:
    if parameters is None:
        return f"(...args: never[]) => {result}"
    if any(each.startswith("...") for each in parameters[:-1]):
        return f"(...args: {tuple_type(parameters, False)}) => {result}"
    texts = []
    for i, each in enumerate(parameters):
        is_rest = each.startswith("...")
        texts.append(f"...args: {each.removeprefix('...')}" if is_rest else f"arg{i}: {each}")
    return f"({', '.join(texts)}) => {result}"


def literal(node: ast.expr, is_argument: bool = False) -> str:
    match node:
        case ast.Constant(value=None):
            return "null | undefined" if is_argument else "null"
        case ast.Constant(value=bool(value)):
            return "true" if value else "false"
        case ast.Constant(value=str(value)):
            return json.dumps(value)
        case ast.Constant(value=int(value)):
            return integer(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return integer(-value)
        case ast.Constant(value=bytes()):
            return "$.PyBytes"
    return "unknown"


def integer(value: int) -> str:
    """As it is converted: a number where that is exact."""
    return str(value) if abs(value) < 2**53 else f"{value}n"


def comment(text: str | None, indent: str) -> str:
    """A docstring as JSDoc, before a declaration."""
    if not text:
        return ""
    lines = [line.rstrip() for line in text.replace("*/", "*\\/").strip().split("\n")]
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */\n"


SECTION = re.compile(
    r"\n\s*(?:[A-Z][\w ]*:?\n\s*[-=~]{3,}|(?:Args|Returns|Raises|Examples?):\s*\n)"
)


def summary(text: str | None) -> str | None:
    """A docstring up to its first section."""
    if text is None:
        return None
    head = SECTION.split("\n" + text, maxsplit=1)[0].strip()
    first = head.split("\n\n")[0]
    return first or None
