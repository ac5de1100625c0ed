"""``LoopOver``: a call on a stack becomes a loop that calls on each of its parts."""

from __future__ import annotations

import libcst as cst

from initlint.findings import Edit, LoopOver
from initlint.rewrite.document import Declined, Document
from initlint.rewrite.names import dotted

VARIABLES = ("weight", "w", "one")


def loop_over(document: Document, action: LoopOver) -> list[Edit]:
    """The edits that put the statement at ``action.site`` under ``for weight in <its first argument>:``."""
    call, path = document.call_at(action.site), action.site.path
    holder = document.survey.holders.get(call)
    if holder is None or len(holder.line.body) > 1 or not isinstance(holder.line, cst.SimpleStatementLine):
        raise Declined("the call does not have a line of its own")
    if not call.args or call.args[0].keyword is not None or call.args[0].star or not (stack := dotted(call.args[0].value)):
        raise Declined("the first argument is not a plain name")
    variable = next((name for name in VARIABLES if name not in document.survey.bound), None)
    if variable is None:
        raise Declined("no name is left for the parts")
    start, end = document.full_span(call)
    if "\n" in document.text[start:end]:
        raise Declined("the call spans several lines")
    indent = document.before_on_line(start)
    newline = document.newline_after(start)
    first = document.full_span(call.args[0].value)
    head = f"for {variable} in {stack}:{newline}{indent}{document.module.default_indent}"
    return [document.edit(start, start, head, path), document.edit(*first, variable, path)]
