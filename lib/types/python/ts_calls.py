# lib/types/python/ts_calls.py: signatures as TypeScript spells them.
import dataclasses
import itertools
from collections.abc import Iterable

from known_types import UNKNOWN
from ts_text import parameter_name, property_name


@dataclasses.dataclass(frozen=True)
class Parameter:
    name: str
    type: str
    kind: str  # "position", "both", "rest", "keyword", "keywords"
    is_optional: bool = False


@dataclasses.dataclass(frozen=True)
class Signature:
    parameters: tuple[Parameter, ...]
    result: str
    # "T extends Bound": not empty for a generic function.
    variables: tuple[str, ...] = ()

    def of_kind(self, *kinds: str) -> list[Parameter]:
        return [each for each in self.parameters if each.kind in kinds]

    @property
    def needs_keywords(self) -> bool:
        return any(not each.is_optional for each in self.of_kind("keyword"))


def render(signatures: Iterable[Signature], is_class: bool = False) -> str:
    """The type of a function or of a class: its overloads, in their order."""
    texts = []
    for is_generic, group in itertools.groupby(signatures, lambda each: bool(each.variables)):
        if is_generic:
            texts.append(render_generic(list(group), is_class))
        else:
            texts += [render_plain(each, is_class) for each in group]
    return " & ".join(dict.fromkeys(texts))


def render_plain(signature: Signature, is_class: bool) -> str:
    kind = "Keyword" if signature.needs_keywords else ""
    noun = "Class" if is_class else "Function"
    return f"$.Py{kind}{noun}<{shape(signature)}, {signature.result}>"


def shape(signature: Signature) -> str:
    """The first arguments of $.PyFunction: positions, their names, and keywords."""
    placed = signature.of_kind("position", "both")
    args = tuple_of([*placed, *signature.of_kind("rest")])
    names = ", ".join("null" if p.kind == "position" else f'"{p.name}"' for p in placed)
    return f"{args}, [{names}], {keywords_of(signature, [])}"


def tuple_of(parameters: list[Parameter]) -> str:
    return f"[{', '.join(map(spelled, parameters))}]"


def keywords_of(signature: Signature, named: list[Parameter]) -> str:
    """The object type of keyword arguments, with those of the positions that were not given."""
    every = [*(p for p in named if p.kind == "both"), *signature.of_kind("keyword")]
    members = [
        f"readonly {property_name(p.name)}{'?' if p.is_optional else ''}: {p.type}" for p in every
    ]
    for more in signature.of_kind("keywords"):
        alone = not every and not signature.of_kind("both")
        members.append(f"readonly [name: string]: {more.type if alone else UNKNOWN}")
    body = f"{{ {'; '.join(members)} }}" if members else "{}"
    fields = [p.type for p in signature.of_kind("fields")]
    return " & ".join([*([body] if members or not fields else []), *fields])


def render_generic(signatures: list[Signature], is_class: bool) -> str:
    """Each way to call it, written out."""
    calls = list(dict.fromkeys(call for each in signatures for call in generic_calls(each)))
    text = f"$.PyGenericFunction<{{ {'; '.join(calls)} }}>"
    if is_class:
        made = [f"new {spelled_call(each, plain_arguments(each))}" for each in signatures]
        text += f" & $.PyTypeMembers & {{ {'; '.join(made)} }}"
    return text


def generic_calls(signature: Signature) -> list[str]:
    """Members of $.PyCalls."""
    later = dataclasses.replace(signature, result=f"$.PyPromise<{signature.result}>")
    options = f"{unlike('options', signature)}: $.CallOptions"
    found = [f"callKwargs{spelled_call(signature, each)}" for each in keyword_calls(signature)]
    for arguments in argument_lists(signature):
        limited = ", ".join(filter(None, [options, arguments]))
        found += [
            f"call{spelled_call(signature, arguments)}",
            f"callAsync{spelled_call(later, arguments)}",
            f"callWithOptions{spelled_call(signature, limited)}",
            f"callAsyncWithOptions{spelled_call(later, limited)}",
        ]
    return found


def argument_lists(signature: Signature) -> list[str]:
    """Of a plain call: with kwargs(), where it has names to give, and without."""
    found = []
    named = [p for p in signature.of_kind("both") if p.is_optional]
    if named or signature.of_kind("keyword", "keywords", "fields"):
        found.append(wrapped_arguments(signature))
    if not signature.needs_keywords:
        found.append(plain_arguments(signature))
    return found


def keyword_calls(signature: Signature) -> list[str]:
    """The parameters of callKwargs(): any number of positions, and an object with the rest."""
    placed = signature.of_kind("position", "both")
    rest = signature.of_kind("rest")
    found = []
    for given in range(len(placed) + 1):
        left = placed[given:]
        if any(p.kind == "position" and not p.is_optional for p in left):
            continue
        words = keywords_of(signature, left)
        words = f"{unlike('kwargs', signature)}: {'$.NoKeywords' if words == '{}' else words}"
        first = [dataclasses.replace(p, is_optional=False) for p in placed[:given]]
        if rest and not left:
            found.append(f"...args: [{', '.join([*map(spelled, [*first, *rest]), words])}]")
        else:
            found.append(", ".join([*map(spelled, first), words]))
    return found


def unlike(name: str, signature: Signature) -> str:
    """A name for a parameter of ours that is none of the function's."""
    while any(parameter_name(p.name) == name for p in signature.parameters):
        name += "_"
    return name


def spelled_call(signature: Signature, arguments: str) -> str:
    declared = f"<{', '.join(signature.variables)}>" if signature.variables else ""
    return f"{declared}({arguments}): {signature.result}"


def plain_arguments(signature: Signature) -> str:
    """Of a constructor: with kwargs() where there have to be keywords."""
    if signature.needs_keywords:
        return wrapped_arguments(signature)
    return ", ".join(map(spelled, signature.of_kind("position", "both", "rest")))


def wrapped_arguments(signature: Signature) -> str:
    placed = signature.of_kind("position", "both")
    required = [p for p in placed if not p.is_optional]
    name = unlike("kwargs", signature)
    words = f"{name}: $.PyKwargs<{keywords_of(signature, placed[len(required) :])}>"
    return ", ".join([*map(spelled, required), words])


def call_signatures(signatures: list[Signature]) -> list[str]:
    """Members of an interface whose objects are called."""
    every = [(each, arguments) for each in signatures for arguments in argument_lists(each)]
    return list(dict.fromkeys(spelled_call(each, arguments) for each, arguments in every))


def spelled(parameter: Parameter) -> str:
    if parameter.kind == "rest":
        return f"...{parameter_name(parameter.name)}: {parameter.type}"
    mark = "?" if parameter.is_optional else ""
    return f"{parameter_name(parameter.name)}{mark}: {parameter.type}"
