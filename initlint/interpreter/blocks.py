"""Blocks of statements: how they end, and what comes behind a branch that may have left them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.interpreter.scope import BREAK, CONTINUE, FELL, Frame, Outcome
from initlint.interpreter.values import ABSENT, join

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

GONE = Outcome("return", ABSENT)
"""The other branch of what may not happen."""
LEAVES = {"continue": 1, "break": 2, "return": 3}
"""How far a statement leaves, as ``Frame.doubt`` counts it."""


def run_block(interp: Interpreter, body: list[p.Stmt], frame: Frame) -> Outcome:
    """Execute statements until one leaves the block. Behind a branch that may have left it, the rest may not happen."""
    for index, statement in enumerate(body):
        outcome = interp.run(statement, frame)
        if outcome is not FELL:
            return outcome
        if frame.doubt and index + 1 < len(body):
            return in_doubt(interp, frame, partial(run_block, interp, body[index + 1 :], frame))
    return FELL


def in_doubt(interp: Interpreter, frame: Frame, rest: Callable[[], Outcome]) -> Outcome:
    """Run what comes after a branch that may have left, as something that may not happen; names of the function are those of who stays."""
    before, frame.doubt = frame.doubt, 0
    outcomes = interp.heap.explore([rest, lambda: GONE], frame)
    frame.doubt = max(before, frame.doubt)
    staying: Outcome = outcomes[0]
    if staying is GONE:
        return CONTINUE if before == 1 else BREAK if before == 2 else Outcome("return")
    return staying


def merge_outcomes(outcomes: list[Outcome], frame: Frame) -> Outcome:
    """How a statement ended whose branches ended in ``outcomes``."""
    if len(outcomes) == 1:
        return outcomes[0]
    kinds = {o.kind for o in outcomes}
    if kinds == {"return"}:
        return Outcome("return", join([o.value for o in outcomes]))
    frame.pending.extend(o.value for o in outcomes if o.kind == "return")
    kinds = kinds - {"fell"} if "fell" in kinds else kinds - {"continue"} if "continue" in kinds else kinds - {"break"}
    frame.doubt = max(frame.doubt, *(LEAVES[kind] for kind in kinds), 0)
    left = {o.kind for o in outcomes}
    return FELL if "fell" in left else CONTINUE if "continue" in left else BREAK
