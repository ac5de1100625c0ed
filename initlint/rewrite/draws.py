"""``ScaleDraw``: a random tensor with a factor behind it."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from initlint.findings import Edit, ScaleDraw
from initlint.rewrite.document import Declined, Document, inside

SIMPLE = (cst.Name, cst.Attribute, cst.Integer, cst.Call, cst.Subscript)


def scale_draw(document: Document, action: ScaleDraw) -> list[Edit]:
    """The edit that multiplies the call at ``action.site``; in parentheses where it is neither all that is assigned nor stands between commas or brackets."""
    call = document.call_at(action.site)
    size = _sizes(call)[action.axis] if len(_sizes(call)) == action.rank else None
    if size is None or inside(size, cst.Comment):
        raise Declined("the sizes are not written out one by one")
    start, end = document.full_span(size)
    text = document.text[start:end]
    root = f"{text if isinstance(size, SIMPLE) or size.lpar else f'({text})'} ** -0.5"
    first, last = document.full_span(call)
    whole = any(assign.value is call and not call.lpar for assign, _ in document.survey.assigned)
    if whole or (document.text[:first].rstrip()[-1:] in tuple("(,=") and document.text[last:].lstrip()[:1] in tuple("),")):
        return [document.edit(last, last, f" * {root}", action.site.path)]
    return [document.edit(first, first, "(", action.site.path), document.edit(last, last, f" * {root})", action.site.path)]


def _sizes(call: cst.Call) -> Sequence[cst.BaseExpression]:
    """The sizes a call is given, one by one or as one tuple."""
    given = [argument for argument in call.args if argument.keyword is None]
    if any(argument.star for argument in call.args):
        return []
    sizes = [argument.value for argument in given] or [a.value for a in call.args if a.keyword is not None and a.keyword.value in ("size", "shape")]
    listed: list[cst.BaseExpression] = [size for size in sizes if isinstance(size, (cst.Tuple, cst.List))]
    if len(listed) == 1:  # beside a key, or numbers that shape the law
        sizes = listed
    if len(sizes) == 1 and isinstance(sizes[0], (cst.Tuple, cst.List)):
        elements = sizes[0].elements
        return [] if any(isinstance(element, cst.StarredElement) for element in elements) else [element.value for element in elements]
    return sizes
