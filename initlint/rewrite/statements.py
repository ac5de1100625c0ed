"""Statements that go (``pass`` stays where a block would be left empty) or come, and expressions that are replaced whole."""

from __future__ import annotations

import libcst as cst

from initlint.findings import AppendStatement, Edit, MoveToEnd, RemoveStatement, ReplaceExpression
from initlint.rewrite.document import Declined, Document
from initlint.text.edits import NEWLINE


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


def append_statement(document: Document, action: AppendStatement) -> list[Edit]:
    """The edit that adds a statement behind the last one of a function, before a ``return`` that ends it."""
    place = document.index.span(action.site)
    function = next((f for f in document.survey.functions if document.span(f.name) == place), None)
    return _append(document, function, action.text, action.site.path)


def move_to_end(document: Document, action: MoveToEnd) -> list[Edit]:
    """The edits that take a statement of the outermost block of a function to the end of it."""
    call = document.call_at(action.site)
    holder = document.survey.holders.get(call)
    function = next((f for f in document.survey.functions if holder is not None and f.body is holder.block), None)
    start = document.full_span(call)[0]
    text = document.text[start : document.line_end(start)].rstrip()
    if document.full_span(call)[1] > document.line_end(start):
        raise Declined("the call spans several lines")
    removed = remove_statement(document, RemoveStatement(site=action.site))
    return [*removed, *_append(document, function, text, action.site.path)]


def _append(document: Document, function: cst.FunctionDef | None, text: str, path: str) -> list[Edit]:
    if function is None or not isinstance(function.body, cst.IndentedBlock):
        raise Declined("the function is not a plain block")
    first, last = function.body.body[0], function.body.body[-1]
    indent = document.before_on_line(document.span(first)[0])
    if indent.strip():
        raise Declined("several statements share a line")
    if isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[0], (cst.Return, cst.Raise)):
        if not isinstance(last.body[0], cst.Return) or last.body[0].value is not None:
            raise Declined("the function returns something")
        at = document.line_start(document.span(last)[0])
        return [document.edit(at, at, f"{indent}{text}{document.newline_after(at)}", path)]
    at = document.line_end(_end(document, last))
    return [document.edit(at, at, f"{document.newline_after(document.span(function)[0])}{indent}{text}", path)]


def _end(document: Document, statement: cst.CSTNode) -> int:
    """Where the last line of code of a statement ends; a block would reach over the blank lines behind it."""
    blocks = [getattr(statement, name, None) for name in ("finalbody", "orelse", "body")]
    handlers = getattr(statement, "handlers", ())
    inner = next((block for block in (blocks[0], blocks[1], *reversed(handlers), blocks[2]) if isinstance(block, cst.CSTNode)), None)
    if inner is not None:
        return _end(document, inner)
    body = getattr(statement, "body", None)
    if isinstance(statement, cst.IndentedBlock) and body:
        return _end(document, body[-1])
    return document.span(statement)[1]


def replace_expression(document: Document, action: ReplaceExpression) -> list[Edit]:
    """The edit that writes another expression over the one at ``action.site``."""
    start, end = document.index.span(action.site)
    if "#" in document.text[start:end] or "\n" in document.text[start:end]:
        raise Declined("the expression spans several lines")
    return [document.edit(start, end, action.content, action.site.path)]
