"""Functions that compute a new tensor under the name of an argument: whoever called them still holds the old one."""

from __future__ import annotations

from typing import Any, Optional

from initlint import program as p
from initlint.interpreter.trees import statements, walk
from initlint.interpreter.values import Function

SEES_THROUGH = frozenset(
    {"data", "detach", "view", "t", "transpose", "permute", "squeeze", "unsqueeze", "flatten", "reshape", "contiguous", "to", "cuda", "cpu", "float", "half"}
    | {"parameters", "modules", "Parameter", "get", "getattr", "pop", "value", "local", "chunk", "split", "unbind"}
)
"""Calls whose result is, or may be, the memory they were given."""
EFFECTS = frozenset({"backward", "step", "append", "extend", "update", "add", "put", "send", "write", "save"})
"""Methods that statements call for what they do to something else than a tensor."""


def lost_argument(node: p.FunctionDef | p.Lambda) -> Optional[tuple[str, p.Node]]:
    """The argument whose new value the function keeps to itself or returns, with the assignment or expression; None where it may be written back."""
    params = {param.name for param in node.params}
    alone = _only_returned(node)
    if alone is not None:
        made = [name for name in params if _makes_new(alone, name)]
        return (made[0], alone) if len(made) == 1 else None
    assert isinstance(node, p.FunctionDef)
    found: Optional[tuple[str, p.Assign]] = None
    for statement in statements(node.body):
        if isinstance(statement, p.Assign) and found is None and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, p.Name) and target.id in params and _makes_new(statement.value, target.id):
                found = target.id, statement
    return found if found is not None and not _has_effects(node) and not _written_back(node, *found) else None


def _only_returned(node: p.FunctionDef | p.Lambda) -> Optional[p.Expr]:
    """What a function gives that does nothing else."""
    if isinstance(node, p.Lambda):
        return node.body
    body = [one for one in node.body if not (isinstance(one, p.ExprStmt) and isinstance(one.value, p.Const))]
    return body[0].value if len(body) == 1 and isinstance(body[0], p.Return) else None


def returns(node: p.FunctionDef, name: str) -> bool:
    """Whether the function hands out what it calls ``name``."""
    given = [statement.value for statement in statements(node.body) if isinstance(statement, p.Return)]
    return bool(given) and all(isinstance(value, p.Name) and value.id == name for value in given)


def handed_over(func: Function, node: p.Node, name: str) -> Optional[p.Expr]:
    """What a call hands over as the argument ``name``, if that comes back as the result."""
    params = [param.name for param in func.node.params]
    if not isinstance(node, p.Call) or not isinstance(func.node, p.FunctionDef) or not returns(func.node, name):
        return None
    index = params.index(name) - (func.owner is not None and isinstance(node.func, p.Attr))
    given = [arg.value for arg in node.args if arg.keyword == name] or [arg.value for arg in node.args[index : index + 1] if not arg.keyword and not arg.star]
    return given[0] if given else None


def _makes_new(value: p.Expr, name: str) -> bool:
    """Whether an expression with ``name`` in it has memory of its own."""
    if isinstance(value, p.BinOp):
        return _mentions(value, name)
    if not isinstance(value, p.Call) or not isinstance(value.func, p.Attr) or value.func.attr.endswith("_") or value.func.attr in SEES_THROUGH:
        return False
    owner = value.func.value
    functional = isinstance(owner, p.Name) and owner.id in ("torch", "F") and any(_mentions(arg.value, name) for arg in value.args)
    return functional or (isinstance(owner, p.Name) and owner.id == name)


def _has_effects(node: p.FunctionDef) -> bool:
    """Whether a function does something for which it may be called: it trains, collects, sends."""
    calls = (statement.value.func for statement in statements(node.body) if isinstance(statement, p.ExprStmt) and isinstance(statement.value, p.Call))
    return any(isinstance(func, p.Attr) and func.attr in EFFECTS for func in calls)


def _written_back(node: p.FunctionDef, name: str, made: p.Assign) -> bool:
    """Whether the new value may reach anything but the caller that takes the result."""
    for statement in statements(node.body):
        value = statement.value if isinstance(statement, (p.ExprStmt, p.Return)) else statement.iter if isinstance(statement, p.For) else None
        if isinstance(statement, p.Assign):
            to_name = len(statement.targets) == 1 and isinstance(statement.targets[0], p.Name)
            if (isinstance(statement.value, p.Name) and statement.value.id == name) or (not to_name and _mentions(statement.value, name)):
                return True
        elif value is not None and (isinstance(statement, p.For) or not isinstance(value, p.Name)) and statement.pos > made.pos and _mentions(value, name):
            return True
    return False


def _mentions(tree: Any, name: str) -> bool:
    return any(isinstance(node, p.Name) and node.id == name for node in walk(tree))
