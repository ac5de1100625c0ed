"""``RemoveStatement``: the whole line goes, ``pass`` stays where a block would be left empty."""

from __future__ import annotations

import libcst as cst

from initlint.edits import NEWLINE
from initlint.findings import Edit, RemoveStatement
from initlint.rewrite.document import Declined, Document


def remove_statement(document: Document, action: RemoveStatement) -> list[Edit]:
    """The edit that removes the statement whose expression is the call at ``action.site``."""
    call = document.call_at(action.site)
    holder = document.survey.holders.get(call)
    if holder is None:
        raise Declined("the call is part of a larger expression")
    if len(holder.line.body) > 1:
        raise Declined("several statements share the line")
    start, end = document.full_span(call)
    path = action.site.path
    if isinstance(holder.line, cst.SimpleStatementSuite) or (isinstance(holder.block, cst.IndentedBlock) and len(holder.block.body) == 1):
        return [document.edit(start, end, "pass", path)]
    line_end = document.line_end(end)
    newline = NEWLINE.match(document.text, line_end)
    return [document.edit(document.line_start(start), newline.end() if newline else line_end, "", path)]
