"""Tests of a layer's type that stand inside tests which leave no layer of that type: what they guard never runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.adapters.torch.building import MODULE
from initlint.contexts.routines import writes
from initlint.graph import Mistake
from initlint.interpreter.trees import walk
from initlint.interpreter.values import Class, OutOfBudget, TargetRaise

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module

TWICE = re.compile(r"\bisinstance\([\s\S]*?\bisinstance\(")
Test = tuple[str, list[p.Expr]]
"""The name that is asked about, and the types."""


def excluded_tests(module: Module) -> Iterator[Mistake]:
    """``if isinstance(m, Block)`` under ``if isinstance(m, nn.Linear)``, in functions that write to parameters."""
    if "isinstance(" not in module.source.text:
        return
    for one, _ in module.source.parts():
        if one.kind == "def" and one.says(TWICE) and writes(one):
            for statement in walk(one.statements):
                if isinstance(statement, p.If):
                    yield from _inside(module, statement)


def _inside(module: Module, outer: p.If) -> Iterator[Mistake]:
    tested = _test(outer.test)
    for node in walk(outer.body) if tested is not None else ():
        if isinstance(node, (p.Assign, p.For)):
            targets = node.targets if isinstance(node, p.Assign) else [node.target]
            if any(isinstance(one, p.Name) and tested is not None and one.id == tested[0] for target in targets for one in walk(target)):
                return
        inner = _test(node) if isinstance(node, p.Call) else None
        if tested is None or inner is None or inner[0] != tested[0] or module.source.text[max(node.pos - 4, 0) : node.pos] == "not ":
            continue
        given, wanted = _classes(module, tested[1]), _classes(module, inner[1])
        if given and wanted and not any(_may_be_both(one, other) for one in given for other in wanted):
            names = " or ".join(f"`{one.name.rpartition('.')[2]}`" for one in wanted)
            text = f"`{inner[0]}` is no {names} here: `{' '.join(module.source.spelled(outer.test).split())}` around it leaves none"
            yield Mistake(kind="excluded-test", site=module.source.site(node), text=text)


def _test(node: p.Expr) -> Test | None:
    """What ``isinstance(m, …)`` asks."""
    if not isinstance(node, p.Call) or not isinstance(node.func, p.Name) or node.func.id != "isinstance" or len(node.args) != 2:
        return None
    value, types = node.args[0].value, node.args[1].value
    return (value.id, list(types.items) if isinstance(types, p.Sequence) else [types]) if isinstance(value, p.Name) else None


def _classes(module: Module, types: list[p.Expr]) -> list[Class]:
    """The classes of layers that ``types`` name; nothing where one of them is something else, or may have bases that were not read."""
    found: list[Class] = []
    for node in types:
        try:
            cls = module.project.interpreter.eval(node, module.frame)
        except (TargetRaise, OutOfBudget):
            return []
        if not isinstance(cls, Class) or cls.uncertain or not any(one.name == MODULE for one in cls.mro):
            return []
        found.append(cls)
    return found


def _may_be_both(one: Class, other: Class) -> bool:
    """Whether an object may be of both classes: one derives from the other, or neither is a layer that nobody mixes with others."""
    if one.name == MODULE or other.name == MODULE or one in other.mro or other in one.mro:
        return True
    return one.spec is None and other.spec is None
