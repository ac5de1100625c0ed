"""``raise``, ``try`` and ``with``."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.interpreter import calls
from initlint.interpreter.blocks import run_block
from initlint.interpreter.classes import known_class
from initlint.interpreter.scope import FELL, Frame, Outcome
from initlint.interpreter.values import Class, External, Instance, Managed, TargetRaise

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter


def run_raise(interp: Interpreter, node: p.Raise, frame: Frame) -> Outcome:
    """``raise value``."""
    value = interp.eval(node.value, frame) if node.value else None
    name, message = exception_name(value)
    raise TargetRaise(name, message, interp.site(node, frame))


def exception_value(error: TargetRaise) -> Instance:
    """What ``except X as name`` binds."""
    return Instance(known_class(error.name), {"args": (error.message,)})


def exception_name(value: Any) -> tuple[str, str]:
    """Class name and message of an exception value."""
    if isinstance(value, Instance):
        text = value.attrs.get("args", ())
        return value.cls.name, str(text[0]) if text and isinstance(text[0], str) else ""
    return value.name if isinstance(value, (Class, External)) else "Exception", ""


def handled(handler: p.Handler) -> Iterator[str]:
    """Names of the exception classes that a handler waits for."""
    if handler.type is None:
        yield "Exception"
    else:
        yield from exception_names(handler.type)


def exception_names(node: p.Expr) -> Iterator[str]:
    """Names of the exception classes that an expression lists."""
    for one in node.items if isinstance(node, p.Sequence) else [node]:
        if isinstance(one, p.Name):
            yield one.id
        elif isinstance(one, p.Attr):
            yield one.attr


def run_try(interp: Interpreter, node: p.Try, frame: Frame) -> Outcome:
    """``try: … except X: … else: … finally: …``."""
    try:
        with interp.attempt({name for handler in node.handlers for name in handled(handler)}):
            outcome = run_block(interp, node.body, frame)
        if outcome is FELL:
            outcome = run_block(interp, node.orelse, frame)
    except TargetRaise as error:
        handler = next((h for h in node.handlers if catches(interp, h, error, frame)), None)
        if handler is None:
            run_block(interp, node.final, frame)
            raise
        if handler.name:
            interp.heap.set_item(frame.names, handler.name, exception_value(error))
        outcome = run_block(interp, handler.body, frame)
    final = run_block(interp, node.final, frame)
    return final if final is not FELL else outcome


def catches(interp: Interpreter, handler: p.Handler, error: TargetRaise, frame: Frame) -> bool:
    """Whether ``except X`` catches the exception, by name and builtin hierarchy."""
    if handler.type is None:
        return True
    value = interp.eval(handler.type, frame)
    for one in value if isinstance(value, tuple) else (value,):
        name = one.name if isinstance(one, (External, Class)) else ""
        name = name.rpartition(".")[2]
        if name in ("Exception", "BaseException", error.name) or is_builtin_ancestor(name, error.name):
            return True
    return False


def is_builtin_ancestor(ancestor: str, name: str) -> bool:
    """Whether ``ancestor`` and ``name`` are builtin classes of which the first is a base of the second."""
    left, right = getattr(builtins, ancestor, None), getattr(builtins, name, None)
    return isinstance(left, type) and isinstance(right, type) and issubclass(right, left)


def run_with(interp: Interpreter, node: p.With, frame: Frame) -> Outcome:
    """``with manager as target, …: …``."""
    return _with(interp, node, 0, frame)


def _with(interp: Interpreter, node: p.With, index: int, frame: Frame) -> Outcome:
    """Enter the managers from number ``index`` on, and run the body inside."""
    if index == len(node.items):
        return run_block(interp, node.body, frame)
    value = interp.eval(node.items[index][0], frame)
    if isinstance(value, Managed):
        return _with_generator(interp, node, index, value, frame)
    if isinstance(value, External) and value.name == "contextlib.suppress()":
        return _with_suppression(interp, node, index, value, frame)
    try:
        return _entered(interp, node, index, interp.enter(value, frame, node), frame)
    finally:
        leave = interp.find_method(value, "__exit__") if isinstance(value, Instance) else None
        if leave is not None:
            interp.call(leave, [None, None, None], {}, frame, node)


def _entered(interp: Interpreter, node: p.With, index: int, value: Any, frame: Frame) -> Outcome:
    """Bind what manager number ``index`` hands out, and go on inside."""
    target = node.items[index][1]
    if target is not None:
        interp.assign(target, value, frame)
    interp.managers.append(value)
    try:
        return _with(interp, node, index + 1, frame)
    finally:
        interp.managers.pop()


def _with_suppression(interp: Interpreter, node: p.With, index: int, value: External, frame: Frame) -> Outcome:
    """``contextlib.suppress``, whose exceptions can be read where it is called in the statement itself."""
    manager = node.items[index][0]
    caught = {name for arg in manager.args for name in exception_names(arg.value)} if isinstance(manager, p.Call) else None
    try:
        with interp.attempt(caught) if caught is not None else nullcontext():
            return _entered(interp, node, index, value, frame)
    except TargetRaise:
        return FELL


def _with_generator(interp: Interpreter, node: p.With, index: int, value: Managed, frame: Frame) -> Outcome:
    """A function under ``contextlib.contextmanager``: the body of the statement runs where it yields."""
    outcomes: list[Outcome] = []

    def body(entered: Any) -> None:
        outcomes.append(_entered(interp, node, index, entered, frame))

    calls.call_function(interp, value.func, value.args, value.kwargs, frame, node, body)
    return outcomes[0] if len(outcomes) == 1 else FELL
