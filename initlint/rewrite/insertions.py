"""``InsertAfter``: more lines behind a statement, in its block."""

from __future__ import annotations

import libcst as cst

from initlint.findings import Edit, InsertAfter
from initlint.rewrite.document import Declined, Document


def insert_after(document: Document, action: InsertAfter) -> list[Edit]:
    """The edit that adds the lines behind the call at ``action.site``, which is a statement of its own."""
    call = document.call_at(action.site)
    holder = document.survey.holders.get(call)
    if holder is None:
        raise Declined("the call is part of a larger expression")
    if isinstance(holder.line, cst.SimpleStatementSuite) or len(holder.line.body) > 1:
        raise Declined("several statements share the line")
    start, end = document.full_span(call)
    indent, newline, at = document.before_on_line(start), document.newline_after(start), document.line_end(end)
    lines = [f"{newline}{indent}{document.module.default_indent * depth}{text}" for depth, text in action.lines]
    return [document.edit(at, at, "".join(lines), action.site.path)]
