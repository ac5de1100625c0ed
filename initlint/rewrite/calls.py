"""``ReplaceCall``: another function under the same prefix, arguments dropped, replaced or added."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

import libcst as cst

from initlint.findings import Edit, ReplaceCall, ThroughData, WrapCall
from initlint.rewrite.document import Declined, Document, Span, inside
from initlint.rewrite.names import Names

METHODS = "torch.Tensor"
"""Where functions are that are called on what stands before the dot."""
ATOMIC = (cst.Name, cst.Integer, cst.Float, cst.Attribute, cst.Call, cst.Subscript)
"""Expressions that need no parentheses wherever they stand."""
OPERAND = re.compile(r"(?<=-)\{\}|\{\}(?= [*./])")
"""The value as part of a larger expression."""


def replace_call(names: Names, action: ReplaceCall) -> list[Edit]:
    """The edits that turn the call at ``action.site`` into the one asked for."""
    call = names.document.call_at(action.site)
    if any(argument.star for argument in call.args):
        raise Declined("the call unpacks its arguments")
    if action.bare:
        return _leave_bare(names.document, call, action.site.path)
    return [*_function_edits(names, call, action), *_argument_edits(names.document, call, action), *_wrapping_edits(names, call, action)]


def _leave_bare(document: Document, call: cst.Call, path: str) -> list[Edit]:
    """``m.weight()`` becomes ``m.weight``."""
    comments = inside(call, cst.Comment)
    if call.args or comments:
        raise Declined("the call has arguments or a comment")
    return [document.edit(document.full_span(call.func)[1], document.span(call)[1], "", path)]


def _wrapping_edits(names: Names, call: cst.Call, action: ReplaceCall) -> list[Edit]:
    """``torch.empty(n, m)`` becomes ``nn.init.xavier_uniform_(torch.empty(n, m))``."""
    if action.inside is None:
        return []
    document, path = names.document, action.site.path
    start, end = document.full_span(call)
    return [document.edit(start, start, f"{names.require(action.inside, start)}(", path), document.edit(end, end, ")", path)]


def through_data(document: Document, action: ThroughData) -> list[Edit]:
    """The edit that makes a method write to the ``.data`` of its tensor."""
    call = document.call_at(action.site)
    if not isinstance(call.func, cst.Attribute):
        raise Declined("the call is not one of a method")
    end = document.full_span(call.func.value)[1]
    return [document.edit(end, end, ".data", action.site.path)]


def wrap_call(names: Names, action: WrapCall) -> list[Edit]:
    """The edits that hand what the call at ``action.site`` returns to another function."""
    document = names.document
    start, end = document.full_span(document.call_at(action.site))
    spelled = action.method or names.require(action.function, start)
    path = action.site.path
    return [document.edit(start, start, f"{spelled}(", path), document.edit(end, end, ")", path)]


def _function_edits(names: Names, call: cst.Call, action: ReplaceCall) -> list[Edit]:
    if action.function is None:
        return []
    document, path = names.document, action.site.path
    start, end = document.span(call.func)
    old = names.resolve(call.func, start)
    parent, _, last = action.function.rpartition(".")
    if old is None and parent == METHODS and isinstance(call.func, cst.Attribute):
        return [document.edit(*document.span(call.func.attr), last, path)]
    if old is None:
        raise Declined("the function is not called by a name the file imports")
    if action.beside:
        return [document.edit(*beside(names, call.func, last), path)]
    if old == action.function:
        return []
    if isinstance(call.func, cst.Attribute) and old.rpartition(".")[0] == parent:
        return [document.edit(*document.span(call.func.attr), last, path)]
    return [document.edit(start, end, _bare_or_known(names, call.func, action.function, start), path)]


TENSORFLOW = ("tensorflow", "tensorflow.compat.v1", "tensorflow.compat.v2")
"""Modules that have some initializers of Keras under names of their own."""


def beside(names: Names, old: cst.BaseExpression, last: str) -> tuple[int, int, str]:
    """Where to write what, for the name ``last`` of the module that the name ``old`` comes from."""
    start, end = names.document.span(old)
    parent = (names.resolve(old, start) or "").rpartition(".")[0]
    if parent in TENSORFLOW and last[:1].isupper():  # a function of TensorFlow itself, whose like are classes of Keras
        last = f"keras.initializers.{last}"
    if isinstance(old, cst.Attribute):
        return (*names.document.span(old.attr), last)
    if "." in last:
        raise Declined("the file does not name the module that has it")
    if not parent:
        raise Declined("the name is not imported from a module")
    return start, end, _bare_or_known(names, old, f"{parent}.{last}", start)


def _bare_or_known(names: Names, old: cst.BaseExpression, new: str, offset: int) -> str:
    """How to say ``new``; a bare import stays bare, even where a longer spelling is at hand."""
    parent, _, last = new.rpartition(".")
    spelled = names.spell(new, offset)
    if isinstance(old, cst.Name) and (spelled is None or "." in spelled):
        for binding in names.visible(offset):
            if binding.alias == old.value and isinstance(binding.statement, cst.ImportFrom) and binding.target.rpartition(".")[0] == parent:
                return names.extend(binding, last)
    return names.require(new, offset)


def _argument_edits(document: Document, call: cst.Call, action: ReplaceCall) -> list[Edit]:
    names = [_name(argument, number, action.parameters) for number, argument in enumerate(call.args)]
    values = {name: quoted(document, call, text) for name, text in action.set}
    dropped = [number for number, name in enumerate(names) if name in action.drop and name not in values]
    added = [f"{name}={value}" for name, value in values.items() if name not in names]
    path = action.site.path
    edits = [_set_value(document, argument, values[name], path) for argument, name in zip(call.args, names, strict=True) if name in values]
    _decline_shift(call, dropped)
    if dropped and added:
        edits.append(_replace_argument(document, call.args[dropped.pop(0)], ", ".join(added), path))
    elif added:
        edits += append_arguments(document, call, added, path)
    edits += _drop(document, call, dropped, path)
    edits += [_rephrased(document, call, names.index(name), template, path) for name, template in action.rephrase if name in names]
    return [edit for edit in edits if document.text[slice(*document.index.span(edit.site))] != edit.content]


def _name(argument: cst.Arg, number: int, parameters: tuple[str, ...]) -> str:
    if argument.keyword is not None:
        return argument.keyword.value
    return parameters[number] if number < len(parameters) else ""


def _decline_shift(call: cst.Call, dropped: list[int]) -> None:
    """A positional argument may not slide into the place of one that goes."""
    kept = [number for number, argument in enumerate(call.args) if argument.keyword is None and number not in dropped]
    if dropped and kept and min(dropped) < max(kept):
        raise Declined("a positional argument follows the one to drop")


def _argument_span(document: Document, argument: cst.Arg) -> Span:
    start, end = document.full_span(argument.value)
    return document.span(argument.keyword)[0] if argument.keyword else start, end


def _set_value(document: Document, argument: cst.Arg, value: str, path: str) -> Edit:
    _decline_comments(argument)
    return document.edit(*document.full_span(argument.value), value, path)


def _replace_argument(document: Document, argument: cst.Arg, content: str, path: str) -> Edit:
    _decline_comments(argument)
    return document.edit(*_argument_span(document, argument), content, path)


def _rephrased(document: Document, call: cst.Call, number: int, template: str, path: str) -> Edit:
    argument = call.args[number]
    keyword = template.partition("{}")[0].endswith("=")
    if keyword and any(later.keyword is None for later in call.args[number + 1 :]):
        raise Declined("a positional argument follows the one to name")
    if not keyword and argument.keyword is not None:
        raise Declined("the argument is given by keyword")
    value = document.text[slice(*document.full_span(argument.value))]
    grouped = value if isinstance(argument.value, ATOMIC) or argument.value.lpar else f"({value})"
    return _replace_argument(document, argument, OPERAND.sub(lambda _: grouped, template).replace("{}", value), path)


def _decline_comments(argument: cst.Arg) -> None:
    if inside(argument.value, cst.Comment):
        raise Declined("a comment stands inside the argument")


def append_arguments(document: Document, call: cst.Call, added: list[str], path: str) -> list[Edit]:
    """The edits that give a call more arguments, at the end."""
    if not call.args:
        opening = document.text.index("(", document.full_span(call.func)[1]) + 1
        return [document.edit(opening, opening, ", ".join(added), path)]
    last = call.args[-1]
    if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar:
        raise Declined("the only argument is a bare generator expression")
    return document.append(_argument_span(document, last), added, path)


def _drop(document: Document, call: cst.Call, dropped: list[int], path: str) -> list[Edit]:
    edits: list[Edit] = []
    for first, last in _runs(dropped):
        for argument in call.args[first : last + 1]:
            _decline_comments(argument)
        spans = [_argument_span(document, argument) for argument in call.args]
        start, end = _hole(document, call, spans, first, last)
        between = [document.text[a[1] : b[0]] for a, b in zip(spans[max(first - 1, 0) : last + 2], spans[max(first, 1) : last + 2], strict=False)]
        if any("#" in gap for gap in between):
            edits += [document.edit(spans[n][0], _comma_end(document, call, spans, n), "", path) for n in range(first, last + 1)]
        else:
            edits.append(document.edit(start, end, "", path))
    return edits


def _hole(document: Document, call: cst.Call, spans: list[Span], first: int, last: int) -> Span:
    """What goes with the arguments ``first`` to ``last``, one comma with each."""
    if last + 1 < len(spans):
        return spans[first][0], spans[last + 1][0]
    if first > 0:
        return spans[first - 1][1], spans[last][1]
    return spans[0][0], _comma_end(document, call, spans, last)


def _comma_end(document: Document, call: cst.Call, spans: list[Span], number: int) -> int:
    end = spans[number][1]
    return document.text.index(",", end) + 1 if isinstance(call.args[number].comma, cst.Comma) else end


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """``[1, 2, 4]`` as the unbroken runs ``(1, 2)`` and ``(4, 4)``."""
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        yield run[0], run[-1]


def quoted(document: Document, call: cst.Call, text: str) -> str:
    """A string literal in the quotes the call, or else the file, already uses."""
    if len(text) < 2 or text[0] not in "'\"" or text[-1] != text[0] or set(text[1:-1]) & set("'\"\\"):
        return text
    strings = [string for argument in call.args for string in inside(argument.value, cst.SimpleString)] or document.survey.strings
    quotes = Counter(string.quote for string in strings if len(string.quote) == 1)
    quote = max(quotes, key=lambda mark: (quotes[mark], mark == '"'), default='"')
    return f"{quote}{text[1:-1]}{quote}"
