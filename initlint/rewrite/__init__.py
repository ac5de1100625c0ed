"""Actions into text edits, in the author's own spelling; what is not plain is declined with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from initlint.findings import (
    Action,
    AppendStatement,
    Edit,
    Fix,
    InsertAfter,
    InsertBranch,
    LoopOver,
    MoveToEnd,
    NameInitializer,
    RemoveStatement,
    ReplaceCall,
    ReplaceExpression,
    ScaleDraw,
    ThroughData,
    WrapCall,
)
from initlint.rewrite.branches import insert_branch
from initlint.rewrite.calls import replace_call, through_data, wrap_call
from initlint.rewrite.document import Declined, Document
from initlint.rewrite.draws import scale_draw
from initlint.rewrite.initializers import name_initializer
from initlint.rewrite.insertions import insert_after
from initlint.rewrite.loops import loop_over
from initlint.rewrite.names import Names
from initlint.rewrite.statements import append_statement, move_to_end, remove_statement, replace_expression


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a fix could not be written as edits."""

    reason: str


def rewrite(text: str, fixes: Sequence[Fix], unrelated: Sequence[tuple[int, int, str]] = ()) -> list[tuple[Edit, ...] | Refusal]:
    """The edits of each fix, or why there are none; every action of every fix has its site in ``text``.

    ``unrelated`` lists top-level statements (start, end, name) that hold no site: they are not parsed.

    The edits of one fix belong together. Edits of different fixes may collide: ``edits.apply_fixes`` decides.
    """
    try:
        names = Names.of(Document.parse(text, unrelated))
    except Declined as declined:
        return [Refusal(declined.reason)] * len(fixes)
    return [_lower(names.fresh(), fix) for fix in fixes]


def _lower(names: Names, fix: Fix) -> tuple[Edit, ...] | Refusal:
    edits: set[Edit] = set()
    try:
        for action in fix.actions:
            edits.update(_edits(names, action))
            path = action.site.path
        edits.update(names.import_edits(path) if names.wanted else ())
    except Declined as declined:
        return Refusal(declined.reason)
    return tuple(sorted(edits, key=lambda edit: edit.site)) or Refusal("there is nothing to change")


def _edits(names: Names, action: Action) -> list[Edit]:
    match action:
        case InsertBranch():
            return insert_branch(names, action)
        case LoopOver():
            return loop_over(names.document, action)
        case RemoveStatement():
            return remove_statement(names.document, action)
        case AppendStatement():
            return append_statement(names.document, action)
        case MoveToEnd():
            return move_to_end(names.document, action)
        case ReplaceExpression():
            return replace_expression(names.document, action)
        case ThroughData():
            return through_data(names.document, action)
        case WrapCall():
            return wrap_call(names, action)
        case NameInitializer():
            return name_initializer(names, action)
        case ReplaceCall():
            return replace_call(names, action)
        case InsertAfter():
            return insert_after(names.document, action)
        case ScaleDraw():
            return scale_draw(names.document, action)


__all__ = ["Refusal", "rewrite"]
