"""``for`` and ``while``, over elements that may not be there and for a number of times nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.graph import tick
from initlint.interpreter.blocks import LEAVES, in_doubt, merge_outcomes, run_block
from initlint.interpreter.iteration import blind_element, elements_of
from initlint.interpreter.nametests import NAMED
from initlint.interpreter.scope import BREAK, FELL, Frame, Outcome
from initlint.interpreter.unending import Watch
from initlint.interpreter.values import ABSENT, Instance, OneOf, Repeat, Unknown, is_number, join
from initlint.symbolic import symbol

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

MAX_WHILE = 2_000
MAX_DOUBTFUL = 20
"""Iterations of a loop that may already have ended."""


def run_for(interp: Interpreter, node: p.For, frame: Frame) -> Outcome:
    """``for target in iter: … else: …``."""
    source = interp.eval(node.iter, frame)
    items = elements_of(interp, source)
    if items is None:
        if isinstance(source, Instance) and interp.framework.is_module(source) and not source.cls.uncertain and interp.find_method(source, "__iter__") is None:
            kind = source.cls.name.rpartition(".")[2]
            interp.framework.mistake(interp, "iterated-module", node.iter, frame, f"a {kind} cannot be iterated: TypeError", class_name=kind)
        items = [blind_element(source)]
    elif isinstance(node.iter, p.Call) and isinstance(node.iter.func, p.Attr) and node.iter.func.attr in NAMED:
        interp.framework.names_walked(interp, node, items, frame)
    before, frame.doubt = frame.doubt, 0
    outcome = _iterate(interp, node, items, frame)
    frame.doubt = max(before, frame.doubt if frame.doubt == LEAVES["return"] else 0)
    return outcome


def _iterate(interp: Interpreter, node: p.For, items: list[Any], frame: Frame, doubtful: bool = False) -> Outcome:
    doubt, watch = 0, Watch(interp)
    for index, item in enumerate(items):
        interp.step()
        if watch.abandons(node, item, frame):
            break
        if isinstance(item, Repeat):
            outcome = _repeat(interp, node, item.value, frame)
        elif isinstance(item, OneOf) and ABSENT in item.values:
            outcome = _maybe(interp, node, item, frame)
        else:
            interp.assign(node.target, item, frame)
            outcome = run_block(interp, node.body, frame)
        if outcome.kind == "return":
            return outcome
        if outcome is BREAK:
            return FELL
        if frame.doubt == LEAVES["continue"]:
            frame.doubt = 0
        if frame.doubt and doubtful:
            doubt, frame.doubt = max(doubt, frame.doubt), 0
        elif frame.doubt and not isinstance(item, Repeat):
            rest = items[index + 1 :]
            return in_doubt(interp, frame, partial(_iterate, interp, node, rest, frame, True)) if rest or node.orelse else FELL
    outcome = run_block(interp, node.orelse, frame)
    frame.doubt = max(doubt, frame.doubt)
    return outcome


def _maybe(interp: Interpreter, node: p.For, item: OneOf, frame: Frame) -> Outcome:
    """One iteration that may not happen."""

    def iterate() -> Outcome:
        interp.assign(node.target, join([v for v in item.values if v is not ABSENT]), frame)
        return run_block(interp, node.body, frame)

    outcomes = interp.heap.explore([iterate, lambda: FELL], frame)
    return merge_outcomes(outcomes, frame)


def _repeat(interp: Interpreter, node: p.For, element: Any, frame: Frame) -> Outcome:
    """The body once, for any number of iterations: numbers it changes are symbols, lists it extends get a ``Repeat``."""
    for name in bound_names(node.body):
        if is_number(frame.names.get(name)) and not isinstance(frame.names[name], bool):
            interp.heap.set_item(frame.names, name, symbol(name))

    def iterate() -> Outcome:
        interp.assign(node.target, element, frame)
        return run_block(interp, node.body, frame)

    given, held = frame.yielded, len(frame.yielded or ())
    before, interp.repeating = interp.repeating, tick()
    try:
        outcome, log = interp.heap.record(iterate)
    finally:
        interp.repeating = before
    lists = {id(target): (target, len(old), -1) for target, _, old in log.values() if isinstance(target, list)}
    if given is not None:  # which need not be in the journal
        lists[id(given)] = (given, held, frame.born)
    for target, length, born in lists.values():
        added = target[length:]
        if any(not isinstance(value, Repeat) for value in added):
            interp.heap.touch(target, born)
            target[length:] = [value if isinstance(value, Repeat) else Repeat(value) for value in added]
    if outcome.kind == "return":
        frame.pending.append(outcome.value)
        frame.doubt = LEAVES["return"]
    return FELL


def bound_names(body: list[p.Stmt]) -> set[str]:
    """Plain names that statements assign, nested blocks included."""
    names: set[str] = set()
    for statement in body:
        if isinstance(statement, p.Assign):
            names |= {t.id for t in statement.targets if isinstance(t, p.Name)}
        elif isinstance(statement, (p.AugAssign, p.AnnAssign)) and isinstance(statement.target, p.Name):
            names.add(statement.target.id)
        elif isinstance(statement, (p.If, p.For, p.While)):
            names |= bound_names(statement.body) | bound_names(statement.orelse)
        elif isinstance(statement, p.With):
            names |= bound_names(statement.body)
    return names


def run_while(interp: Interpreter, node: p.While, frame: Frame) -> Outcome:
    """``while test: … else: …``."""
    before, frame.doubt = frame.doubt, 0
    outcome = _loop(interp, node, MAX_WHILE, frame)
    frame.doubt = max(before, frame.doubt if frame.doubt == LEAVES["return"] else 0)
    return outcome


def _loop(interp: Interpreter, node: p.While, budget: int, frame: Frame) -> Outcome:
    for count in range(budget):
        truth = interp.truth(interp.eval(node.test, frame))
        if truth is False:
            return run_block(interp, node.orelse, frame)
        if truth is None:
            loop = p.For(node.pos, node.end, p.Name(node.pos, node.pos, "_"), node.test, node.body, [])
            again: list[Callable[[], Outcome]] = [partial(_repeat, interp, loop, Unknown("a loop of unknown length"), frame), lambda: FELL]
            return merge_outcomes(interp.heap.explore(again, frame), frame)
        outcome = run_block(interp, node.body, frame)
        if outcome.kind == "return":
            return outcome
        if outcome is BREAK:
            return FELL
        if frame.doubt == LEAVES["continue"]:
            frame.doubt = 0
        if frame.doubt:
            return in_doubt(interp, frame, partial(_loop, interp, node, min(budget - count - 1, MAX_DOUBTFUL), frame))
    interp.note("a loop does not end within the budget")
    for name in bound_names(node.body):
        interp.bind(name, Unknown("a loop that does not end within the budget"), frame)
    return FELL
