"""Execution of statements, one small function per node."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.interpreter import classes, worlds
from initlint.interpreter.blocks import merge_outcomes, run_block
from initlint.interpreter.exceptions import run_raise, run_try, run_with
from initlint.interpreter.iteration import blind_element, elements_of
from initlint.interpreter.loops import run_for, run_while
from initlint.interpreter.narrow import narrowings, tested_variable
from initlint.interpreter.operators import MAX_SIZE, binary
from initlint.interpreter.scope import BREAK, CONTINUE, FELL, Frame, Outcome
from initlint.interpreter.values import ABSENT, Function, Instance, OutOfBudget, TargetRaise, Tensor

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter


def run_expression(interp: Interpreter, node: p.ExprStmt, frame: Frame) -> Outcome:
    """An expression on a line of its own."""
    interp.alone = node.value
    interp.eval(node.value, frame)
    return FELL


def run_assign(interp: Interpreter, node: p.Assign, frame: Frame) -> Outcome:
    """``target = value``."""
    value = interp.eval(node.value, frame)
    for target in node.targets:
        interp.assign(target, value, frame)
    return FELL


def run_annotated(interp: Interpreter, node: p.AnnAssign, frame: Frame) -> Outcome:
    """``target: annotation = value``."""
    if node.value is not None:
        interp.assign(node.target, interp.eval(node.value, frame), frame)
    return FELL


def run_augmented(interp: Interpreter, node: p.AugAssign, frame: Frame) -> Outcome:
    """``target += value``: in place for what Python changes in place."""
    left = interp.eval(node.target, frame)
    right = interp.eval(node.value, frame)
    if isinstance(left, list) and node.op == "+":
        items = elements_of(interp, right)
        if items is not None and len(left) + len(items) > MAX_SIZE:
            raise OutOfBudget("gave up on a list that is too long")
        interp.heap.touch(left)
        left.extend(items if items is not None else [blind_element(right)])
        return FELL
    if isinstance(left, Tensor) and left.op is None:
        interp.framework.inplace(interp, node.op, left, right, frame, node)
        return FELL
    if isinstance(left, Instance) and node.op == "+":
        method = interp.find_method(left, "__iadd__") or interp.framework.module_attribute(interp, left, "extend", frame, node)
        if method is not ABSENT:
            interp.call(method, [right], {}, frame, node)
            return FELL
    if isinstance(left, dict) and node.op == "|" and isinstance(right, dict):
        interp.heap.touch(left)
        left.update(right)
        return FELL
    interp.assign(node.target, binary(interp, node.op, left, right, frame, node), frame)
    return FELL


def run_return(interp: Interpreter, node: p.Return, frame: Frame) -> Outcome:
    """``return value``."""
    return Outcome("return", interp.eval(node.value, frame) if node.value else None)


def run_assert(interp: Interpreter, node: p.Assert, frame: Frame) -> Outcome:
    """``assert test``: fails only where a handler may wait, otherwise the test holds from here on."""
    value = interp.eval(node.test, frame)
    if value is False and interp.trying:
        raise TargetRaise("AssertionError", "", interp.site(node, frame))
    for narrow in narrowings(interp, node.test, True, frame):
        narrow()
    return FELL


def run_delete(interp: Interpreter, node: p.Delete, frame: Frame) -> Outcome:
    """``del target``."""
    for target in node.targets:
        if isinstance(target, p.Name):
            interp.heap.delete_item(frame.names, target.id)
        elif isinstance(target, p.Attr):
            interp.delattr(interp.eval(target.value, frame), target.attr)
        elif isinstance(target, p.Subscript):
            interp.delitem(interp.eval(target.value, frame), interp.eval(target.index, frame))
    return FELL


def run_jump(interp: Interpreter, node: p.Jump, frame: Frame) -> Outcome:
    """``pass``, ``break``, ``continue``."""
    return {"pass": FELL, "break": BREAK, "continue": CONTINUE}[node.kind]


def run_scope(interp: Interpreter, node: p.Scope, frame: Frame) -> Outcome:
    """``global name``, ``nonlocal name``."""
    for name in node.names:
        frame.foreign[name] = node.kind
    return FELL


def run_import(interp: Interpreter, node: p.Import, frame: Frame) -> Outcome:
    """``import module as alias``."""
    for name, alias in node.names:
        value = interp.import_module(name if alias else name.partition(".")[0])
        interp.heap.set_item(frame.names, alias or name.partition(".")[0], value)
    return FELL


def run_import_from(interp: Interpreter, node: p.ImportFrom, frame: Frame) -> Outcome:
    """``from module import name as alias``."""
    for name, alias in node.names:
        if name != "*":
            value = interp.import_name(node.module, node.level, name, frame)
            interp.heap.set_item(frame.names, alias or name, value)
    return FELL


def run_if(interp: Interpreter, node: p.If, frame: Frame) -> Outcome:
    """``if test: … else: …``; both branches are explored where the test is not decided."""
    value = interp.eval(node.test, frame)
    truth = interp.truth(value)
    if truth is None:
        truth = worlds.answer(interp, node, value, frame)
    if truth is False:
        return run_block(interp, node.orelse, frame)
    if truth and not tested_variable(node.test):
        return run_block(interp, node.body, frame)
    if truth:
        with interp.guarded(node.test, frame):
            return run_block(interp, node.body, frame)

    def branch(body: list[p.Stmt], sense: bool) -> Callable[[], Outcome]:
        def explore() -> Outcome:
            for narrow in narrowings(interp, node.test, sense, frame):
                narrow()
            return run_block(interp, body, frame)

        return explore

    with interp.guarded(node.test, frame) if tested_variable(node.test) else nullcontext():
        outcomes = interp.heap.explore([branch(node.body, True), branch(node.orelse, False)], frame)
    return merge_outcomes(outcomes, frame)


def run_function(interp: Interpreter, node: p.FunctionDef, frame: Frame) -> Outcome:
    """``def name(params): …`` with its decorators."""
    value: Any = make_function(interp, node, frame)
    for decorator in reversed(node.decorators):
        value = interp.decorate(decorator, value, frame)
    interp.bind(node.name, value, frame)
    return FELL


def make_function(interp: Interpreter, node: p.FunctionDef, frame: Frame) -> Function:
    """The function object of a ``def``, before decoration."""
    qualname = f"{frame.qualname}.{node.name}" if frame.qualname else node.name
    return Function(node.name, node, frame, interp.defaults(node.params, frame), frame.owner, qualname=qualname)


def run_class(interp: Interpreter, node: p.ClassDef, frame: Frame) -> Outcome:
    """A class statement inside a function or a branch: its body runs at once."""
    cls = classes.create(interp, node, frame)
    members = Frame(frame.module, cls.namespace, frame, cls, None, cls.name)
    run_block(interp, node.body, members)
    cls.order = [s.targets[0].id for s in node.body if isinstance(s, p.Assign) and isinstance(s.targets[0], p.Name)]
    classes.collect_fields(interp, cls, node.body, members, node.decorators)
    if interp.made is not None:
        interp.made.append(cls)
    interp.bind(node.name, interp.decorate_class(node, cls, frame), frame)
    return FELL


EXECUTE: dict[type, Callable[..., Outcome]] = {
    p.ExprStmt: run_expression, p.Assign: run_assign, p.AnnAssign: run_annotated, p.AugAssign: run_augmented, p.Return: run_return,
    p.Raise: run_raise, p.Assert: run_assert, p.Delete: run_delete, p.Jump: run_jump, p.Scope: run_scope, p.Import: run_import,
    p.ImportFrom: run_import_from, p.If: run_if, p.For: run_for, p.While: run_while, p.With: run_with, p.Try: run_try,
    p.FunctionDef: run_function, p.ClassDef: run_class,
}  # fmt: skip
