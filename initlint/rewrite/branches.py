"""``InsertBranch``: one more ``elif isinstance(…)``, written the way its sibling branches are."""

from __future__ import annotations

import re
from dataclasses import dataclass

import libcst as cst

from initlint.findings import Edit, InsertBranch
from initlint.rewrite.document import Declined, Document, Span
from initlint.rewrite.names import Names, dotted
from initlint.text.edits import NEWLINE

_NAMED = {"ones_": "1", "zeros_": "0"}
_FILLS = ("fill_", "zero_")
_NUMBER = re.compile(r"[01](?:\.0*)?")


@dataclass(frozen=True, slots=True)
class Style:
    """How the file writes an init: ``nn.init.ones_(m.weight)``, ``init.constant_(m.weight, 1)`` or ``m.weight.data.fill_(1)``."""

    family: str
    """``named``, ``constant`` or ``method``."""
    constant: bool
    """Whether it was seen on a constant, and so says how constants are written here."""
    prefix: str | None = None
    """``nn.init.``, or nothing for a bare import; None where the file shows no function of torch.nn.init."""
    data: bool = False
    """Whether the tensor is written through ``.data``."""
    decimals: str = ""
    """What follows the digit in ``1``, ``1.`` or ``1.0``."""


def insert_branch(names: Names, action: InsertBranch) -> list[Edit]:
    """The edit that adds the branch behind the last ``elif``."""
    document = names.document
    chain = document.chain_at(action.site)
    if chain[-1].orelse is not None:
        raise Declined("the if statement ends in an else")
    first = document.span(chain[0])[0]
    outer = document.before_on_line(first)
    inner = _body_indent(document, chain, outer)
    classes = [names.require(name, first) for name in action.classes]
    test = classes[0] if len(classes) == 1 else f"({', '.join(classes)})"
    style = _style(names, (first, _chain_end(document, chain)))
    statements = [inner + _statement(names, style, first, action.variable, statement) for statement in action.statements]
    lines = [f"{outer}elif isinstance({action.variable}, {test}):", *statements]
    end = _insertion(document, chain, outer)
    newline = document.newline_after(first)
    return [document.edit(end, end, "".join(newline + line for line in lines), action.site.path)]


def _body_indent(document: Document, chain: list[cst.If], outer: str) -> str:
    for branch in reversed(chain):
        if isinstance(branch.body, cst.IndentedBlock):
            return document.before_on_line(document.span(branch.body.body[0])[0])
    return outer + document.module.default_indent


def _chain_end(document: Document, chain: list[cst.If]) -> int:
    return document.span(chain[-1].body.body[-1])[1]


def _insertion(document: Document, chain: list[cst.If], outer: str) -> int:
    """The end of the last line of the last branch, comments that belong to it included."""
    text, end = document.text, document.line_end(_chain_end(document, chain))
    best = end
    while match := NEWLINE.match(text, end):
        end = document.line_end(match.end())
        line = text[match.end() : end]
        indent = line[: len(line) - len(line.lstrip())]
        if line.strip() and not (line.lstrip().startswith("#") and indent.startswith(outer) and len(indent) > len(outer)):
            break
        best = end if line.strip() else best
    return best


def _style(names: Names, around: Span) -> Style:
    """The style of the sibling branches, else of the function, else of the file; constants speak before draws."""
    document = names.document
    starts = sorted((document.span(call)[0], number) for number, call in enumerate(document.survey.calls))
    seen = [(start, style) for start, number in starts if (style := _read(names, document.survey.calls[number], start))]
    for low, high in (around, document.function_around(around[0]), (0, len(document.text))):
        near = [style for start, style in seen if low <= start < high]
        for style in sorted(near, key=lambda style: not style.constant):
            return style
    return Style("named", False)


def _read(names: Names, call: cst.Call, offset: int) -> Style | None:
    if not isinstance(call.func, (cst.Name, cst.Attribute)):
        return None
    resolved = names.resolve(call.func, offset)
    if resolved and resolved.startswith("torch.nn.init."):
        return _read_function(call, resolved.rpartition(".")[2])
    if isinstance(call.func, cst.Attribute) and call.func.attr.value.endswith("_") and isinstance(call.func.value, cst.Attribute):
        method, tensor = call.func.attr.value, call.func.value
        number = _decimals(call.args[0].value) if call.args else ""
        return Style("method", method in _FILLS, data=tensor.attr.value == "data", decimals=number)
    return None


def _read_function(call: cst.Call, function: str) -> Style | None:
    if not call.args or not function.endswith("_"):
        return None
    prefix = (dotted(call.func) or "").rpartition(".")[0]
    tensor = call.args[0].value
    data = isinstance(tensor, cst.Attribute) and tensor.attr.value == "data"
    decimals = _decimals(call.args[1].value) if function == "constant_" and len(call.args) > 1 else ""
    family = "constant" if function == "constant_" else "named"
    return Style(family, family == "constant" or function in _NAMED, f"{prefix}." if prefix else "", data, decimals)


def _decimals(value: cst.BaseExpression) -> str:
    if isinstance(value, (cst.Integer, cst.Float)) and _NUMBER.fullmatch(value.value):
        return value.value[1:]
    return ""


def _statement(names: Names, style: Style, offset: int, variable: str, statement: tuple[str, str, str]) -> str:
    name, attribute, extra = statement
    function = name.rpartition(".")[2]
    tensor = f"{variable}.{attribute}{'.data' if style.data else ''}"
    value = _NAMED.get(function, extra if function == "constant_" else "")
    if value and style.family == "method":
        return f"{tensor}.zero_()" if value == "0" else f"{tensor}.fill_({_number(value, style)})"
    if value and (style.family == "constant" or function == "constant_"):
        return f"{_function(names, style, offset, 'torch.nn.init.constant_')}({tensor}, {_number(value, style)})"
    return f"{_function(names, style, offset, name)}({tensor}{extra and ', ' + extra})"


def _number(value: str, style: Style) -> str:
    return value + style.decimals if value.isdigit() else value


def _function(names: Names, style: Style, offset: int, name: str) -> str:
    parent, _, function = name.rpartition(".")
    if style.prefix and parent == "torch.nn.init":
        return style.prefix + function
    return names.require(name, offset)
