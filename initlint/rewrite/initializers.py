"""``NameInitializer``: the initializer that a layer is given, as a string or class."""

from __future__ import annotations

import re

import libcst as cst

from initlint.findings import Edit, NameInitializer
from initlint.rewrite.calls import append_arguments, beside, quoted
from initlint.rewrite.document import Declined
from initlint.rewrite.names import Names

WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def name_initializer(names: Names, action: NameInitializer) -> list[Edit]:
    """The edits that change one argument of the layer at ``action.site``, or add it."""
    document, path = names.document, action.site.path
    call = document.call_at(action.site)
    if any(argument.star == "**" for argument in call.args):
        raise Declined("the call unpacks its arguments")
    given = next((argument.value for argument in call.args if argument.keyword is not None and argument.keyword.value == action.argument), None)
    if given is None:
        return append_arguments(document, call, [f"{action.argument}={quoted(document, call, repr(identifier(action.name)))}"], path)
    if isinstance(given, cst.SimpleString) and not given.prefix:
        name = action.name if str(given.evaluated_value)[:1].isupper() else identifier(action.name)
        return [document.edit(*document.full_span(given), f"{given.quote}{name}{given.quote}", path)]
    if isinstance(given, (cst.Name, cst.Attribute)) and (known := names.resolve(given, document.span(given)[0])):
        last = action.name if known.rpartition(".")[2][:1].isupper() else identifier(action.name)
        return [document.edit(*beside(names, given, last), path)]
    raise Declined("the initializer is neither a string nor a class")


def identifier(name: str) -> str:
    """``he_normal`` of ``HeNormal``."""
    return WORD.sub("_", name).lower()
