"""Execution of statements. A block ends in an ``Outcome``; branches nobody can decide are explored and merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter import calls, classes
from initlint.interpreter.expressions import MAX_SIZE, binary, hashable
from initlint.interpreter.loops import blind_element, elements_of
from initlint.interpreter.narrow import narrowings
from initlint.interpreter.scope import BREAK, CONTINUE, FELL, Frame, Outcome
from initlint.interpreter.values import (
    ABSENT,
    Class,
    External,
    Function,
    Instance,
    Managed,
    OneOf,
    OutOfBudget,
    Repeat,
    TargetRaise,
    Tensor,
    Unknown,
    is_number,
    join,
)
from initlint.symbolic import symbol

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

MAX_WHILE = 2_000
MAX_LOOP = 5_000
MAX_DOUBTFUL = 20
"""Iterations of a loop that may already have ended."""
GONE = Outcome("return", ABSENT)
"""The other branch of what may not happen."""
LEAVES = {"continue": 1, "break": 2, "return": 3}
"""How far a statement leaves, as ``Frame.doubt`` counts it."""


def run_block(interp: Interpreter, body: list[p.Stmt], frame: Frame) -> Outcome:
    """Execute statements until one leaves the block. Behind a branch that may have left it, the rest may not happen."""
    for index, statement in enumerate(body):
        outcome = run(interp, statement, frame)
        if outcome is not FELL:
            return outcome
        if frame.doubt and index + 1 < len(body):
            return in_doubt(interp, frame, partial(run_block, interp, body[index + 1 :], frame))
    return FELL


def in_doubt(interp: Interpreter, frame: Frame, rest: Callable[[], Outcome]) -> Outcome:
    """Run what comes after a branch that may have left, as something that may not happen; names of the function are those of who stays."""
    before, frame.doubt = frame.doubt, 0
    outcomes = interp.heap.explore([rest, lambda: GONE], frame.names)
    frame.doubt = max(before, frame.doubt)
    staying: Outcome = outcomes[0]
    if staying is GONE:
        return CONTINUE if before == 1 else BREAK if before == 2 else Outcome("return")
    return staying


def run(interp: Interpreter, statement: p.Stmt, frame: Frame) -> Outcome:
    interp.step()
    return EXECUTE[type(statement)](interp, statement, frame)


def run_expression(interp: Interpreter, node: p.ExprStmt, frame: Frame) -> Outcome:
    interp.eval(node.value, frame)
    return FELL


def run_assign(interp: Interpreter, node: p.Assign, frame: Frame) -> Outcome:
    value = interp.eval(node.value, frame)
    for target in node.targets:
        interp.assign(target, value, frame)
    return FELL


def run_annotated(interp: Interpreter, node: p.AnnAssign, frame: Frame) -> Outcome:
    if node.value is not None:
        interp.assign(node.target, interp.eval(node.value, frame), frame)
    return FELL


def run_augmented(interp: Interpreter, node: p.AugAssign, frame: Frame) -> Outcome:
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
    return Outcome("return", interp.eval(node.value, frame) if node.value else None)


def run_raise(interp: Interpreter, node: p.Raise, frame: Frame) -> Outcome:
    value = interp.eval(node.value, frame) if node.value else None
    name, message = exception_name(value)
    raise TargetRaise(name, message, interp.site(node, frame))


def exception_value(error: TargetRaise) -> Instance:
    """What ``except X as name`` binds."""
    cls = Class(error.name, [], {})
    cls.mro = [cls]
    return Instance(cls, {"args": (error.message,)})


def exception_name(value: Any) -> tuple[str, str]:
    """Class name and message of an exception value."""
    if isinstance(value, Instance):
        text = value.attrs.get("args", ())
        return value.cls.name, str(text[0]) if text and isinstance(text[0], str) else ""
    if isinstance(value, Class):
        return value.name, ""
    if isinstance(value, External):
        return value.name, ""
    return "Exception", ""


def run_assert(interp: Interpreter, node: p.Assert, frame: Frame) -> Outcome:
    value = interp.eval(node.test, frame)
    if value is False and interp.trying:
        raise TargetRaise("AssertionError", "", interp.site(node, frame))
    for narrow in narrowings(interp, node.test, True, frame):
        narrow()
    return FELL


def run_delete(interp: Interpreter, node: p.Delete, frame: Frame) -> Outcome:
    for target in node.targets:
        if isinstance(target, p.Name):
            interp.heap.delete_item(frame.names, target.id)
        elif isinstance(target, p.Attr):
            interp.delattr(interp.eval(target.value, frame), target.attr)
        elif isinstance(target, p.Subscript):
            interp.delitem(interp.eval(target.value, frame), interp.eval(target.index, frame))
    return FELL


def run_jump(interp: Interpreter, node: p.Jump, frame: Frame) -> Outcome:
    return {"pass": FELL, "break": BREAK, "continue": CONTINUE}[node.kind]


def run_scope(interp: Interpreter, node: p.Scope, frame: Frame) -> Outcome:
    for name in node.names:
        frame.foreign[name] = node.kind
    return FELL


def run_import(interp: Interpreter, node: p.Import, frame: Frame) -> Outcome:
    for name, alias in node.names:
        value = interp.import_module(name if alias else name.partition(".")[0], frame, node)
        interp.heap.set_item(frame.names, alias or name.partition(".")[0], value)
    return FELL


def run_import_from(interp: Interpreter, node: p.ImportFrom, frame: Frame) -> Outcome:
    for name, alias in node.names:
        if name != "*":
            value = interp.import_name(node.module, node.level, name, frame, node)
            interp.heap.set_item(frame.names, alias or name, value)
    return FELL


def run_if(interp: Interpreter, node: p.If, frame: Frame) -> Outcome:
    value = interp.eval(node.test, frame)
    truth = interp.truth(value)
    if truth is not None:
        if truth:
            with interp.guarded(node.test, frame):
                return run_block(interp, node.body, frame)
        return run_block(interp, node.orelse, frame)

    def branch(body: list[p.Stmt], sense: bool) -> Callable[[], Outcome]:
        def explore() -> Outcome:
            for narrow in narrowings(interp, node.test, sense, frame):
                narrow()
            return run_block(interp, body, frame)

        return explore

    with interp.guarded(node.test, frame):
        outcomes = interp.heap.explore([branch(node.body, True), branch(node.orelse, False)], frame.names)
    return merge_outcomes(outcomes, frame)


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


def run_for(interp: Interpreter, node: p.For, frame: Frame) -> Outcome:
    source = interp.eval(node.iter, frame)
    items = elements_of(interp, source)
    if items is None:
        items = [blind_element(source)]
    before, frame.doubt = frame.doubt, 0
    outcome = _iterate(interp, node, items, frame)
    frame.doubt = max(before, frame.doubt if frame.doubt == LEAVES["return"] else 0)
    return outcome


def _iterate(interp: Interpreter, node: p.For, items: list[Any], frame: Frame, doubtful: bool = False) -> Outcome:
    doubt = 0
    for index, item in enumerate(items):
        interp.step()
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

    outcomes = interp.heap.explore([iterate, lambda: FELL], frame.names)
    return merge_outcomes(outcomes, frame)


def _repeat(interp: Interpreter, node: p.For, element: Any, frame: Frame) -> Outcome:
    """The body once, for any number of iterations: numbers it changes are symbols, lists it extends get a ``Repeat``."""
    for name in bound_names(node.body):
        if is_number(frame.names.get(name)) and not isinstance(frame.names[name], bool):
            interp.heap.set_item(frame.names, name, symbol(name))

    def iterate() -> Outcome:
        interp.assign(node.target, element, frame)
        return run_block(interp, node.body, frame)

    outcome, log = interp.heap.record(iterate)
    seen: set[int] = set()
    for target, _, old in log:
        if isinstance(target, list) and id(target) not in seen:
            seen.add(id(target))
            interp.heap.touch(target)
            target[len(old) :] = [v if isinstance(v, Repeat) else Repeat(v) for v in target[len(old) :]]
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
            return merge_outcomes(interp.heap.explore(again, frame.names), frame)
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


def run_with(interp: Interpreter, node: p.With, frame: Frame) -> Outcome:
    return _with(interp, node, 0, frame)


def _with(interp: Interpreter, node: p.With, index: int, frame: Frame) -> Outcome:
    """Enter the managers from number ``index`` on, and run the body inside."""
    if index == len(node.items):
        return run_block(interp, node.body, frame)
    manager, target = node.items[index]
    value = interp.eval(manager, frame)
    if isinstance(value, Managed):
        return _with_generator(interp, node, index, value, frame)
    suppressing = isinstance(value, External) and value.name == "contextlib.suppress()"
    if suppressing and isinstance(manager, p.Call):
        interp.trying.append({name for arg in manager.args for name in exception_names(arg.value)})
    try:
        entered = interp.enter(value, frame, node)
        if target is not None:
            interp.assign(target, entered, frame)
        return _with(interp, node, index + 1, frame)
    except TargetRaise:
        if suppressing:
            return FELL
        raise
    finally:
        if suppressing and isinstance(manager, p.Call):
            interp.trying.pop()
        leave = interp.find_method(value, "__exit__") if isinstance(value, Instance) else None
        if leave is not None:
            interp.call(leave, [None, None, None], {}, frame, node)


def _with_generator(interp: Interpreter, node: p.With, index: int, value: Managed, frame: Frame) -> Outcome:
    """A function under ``contextlib.contextmanager``: the body of the statement runs where it yields."""
    outcomes: list[Outcome] = []

    def body(entered: Any) -> None:
        target = node.items[index][1]
        if target is not None:
            interp.assign(target, entered, frame)
        outcomes.append(_with(interp, node, index + 1, frame))

    calls.call_function(interp, value.func, value.args, value.kwargs, frame, node, body)
    return outcomes[0] if len(outcomes) == 1 else FELL


def exception_names(node: p.Expr) -> Iterator[str]:
    """Names of the exception classes that an expression lists."""
    for one in node.items if isinstance(node, p.Sequence) else [node]:
        if isinstance(one, p.Name):
            yield one.id
        elif isinstance(one, p.Attr):
            yield one.attr


def run_try(interp: Interpreter, node: p.Try, frame: Frame) -> Outcome:
    try:
        with interp.attempt(node, frame):
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
    import builtins

    left, right = getattr(builtins, ancestor, None), getattr(builtins, name, None)
    return isinstance(left, type) and isinstance(right, type) and issubclass(right, left)


def run_function(interp: Interpreter, node: p.FunctionDef, frame: Frame) -> Outcome:
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
    cls = classes.create(interp, node, frame)
    members = Frame(frame.module, cls.namespace, frame, cls, None, cls.name)
    run_block(interp, node.body, members)
    cls.order = [s.targets[0].id for s in node.body if isinstance(s, p.Assign) and isinstance(s.targets[0], p.Name)]
    classes.collect_fields(interp, cls, node.body, members)
    interp.bind(node.name, interp.decorate_class(node, cls, frame), frame)
    return FELL


def assign(interp: Interpreter, target: p.Expr, value: Any, frame: Frame) -> None:
    """Bind ``target`` to ``value``."""
    if isinstance(target, p.Name):
        interp.bind(target.id, value, frame)
    elif isinstance(target, p.Attr):
        interp.setattr(interp.eval(target.value, frame), target.attr, value, frame, target)
    elif isinstance(target, p.Subscript):
        interp.setitem(interp.eval(target.value, frame), interp.eval(target.index, frame), value, frame, target)
    elif isinstance(target, p.Sequence):
        _unpack(interp, target.items, value, frame)
    elif isinstance(target, p.Starred):
        assign(interp, target.value, value, frame)


def _unpack(interp: Interpreter, targets: list[p.Expr], value: Any, frame: Frame) -> None:
    if isinstance(value, Tensor):
        items: Optional[list[Any]] = interp.framework.unpack(value, len(targets))
    else:
        items = elements_of(interp, value)
    starred = next((i for i, t in enumerate(targets) if isinstance(t, p.Starred)), None)
    if items is None or any(isinstance(i, Repeat) for i in items) or (starred is None and len(items) != len(targets)):
        reason = value.reason if isinstance(value, Unknown) else "unpacks a value that is not known"
        parts = _alternatives(interp, value, len(targets))
        for index, target in enumerate(targets):
            assign(interp, target, parts[index] if parts else Unknown(reason), frame)
        return
    if starred is not None:
        tail = len(targets) - starred - 1
        items = [*items[:starred], items[starred : len(items) - tail], *items[len(items) - tail :]]
    for target, item in zip(targets, items):
        assign(interp, target, item, frame)


def _alternatives(interp: Interpreter, value: Any, count: int) -> Optional[list[Any]]:
    """Unpack one of several sequences of the right length, column by column."""
    if not isinstance(value, OneOf):
        return None
    rows = [elements_of(interp, v) for v in value.values]
    if any(row is None or len(row) != count for row in rows):
        return None
    return [join([row[i] for row in rows if row]) for i in range(count)]


def dictionary_key(value: Any) -> Any:
    return hashable(value)


EXECUTE: dict[type, Callable[..., Outcome]] = {
    p.ExprStmt: run_expression, p.Assign: run_assign, p.AnnAssign: run_annotated, p.AugAssign: run_augmented, p.Return: run_return,
    p.Raise: run_raise, p.Assert: run_assert, p.Delete: run_delete, p.Jump: run_jump, p.Scope: run_scope, p.Import: run_import,
    p.ImportFrom: run_import_from, p.If: run_if, p.For: run_for, p.While: run_while, p.With: run_with, p.Try: run_try,
    p.FunctionDef: run_function, p.ClassDef: run_class,
}  # fmt: skip
