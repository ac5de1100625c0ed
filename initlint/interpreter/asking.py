"""Which tests of types the analysed code asked of modules, and how they came out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter.values import Instance

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call
    from initlint.interpreter.modules import Module

MOST = 4
"""Objects that are kept of those that failed a test."""


@dataclass(slots=True)
class Asked:
    """One ``isinstance(…)`` in the text."""

    node: p.Call
    module: Module
    kinds: Any
    passed: bool = False
    """Whether anything passed it, or may have."""
    failed: list[Instance] = field(default_factory=list)
    """Objects with parts that did not."""


def note_asked(call: Call, value: Any, kinds: Any, verdict: Optional[bool]) -> None:
    """Remember how a test came out, where an object of the framework was asked."""
    node = call.node
    if type(value) is not Instance or not isinstance(node, p.Call):
        return
    asked = call.interp.asked.get(id(node))
    if asked is None:
        asked = call.interp.asked[id(node)] = Asked(node, call.frame.module, kinds)
    if verdict is not False:
        asked.passed = True
    elif value.modules and not asked.passed and len(asked.failed) < MOST:
        asked.failed.append(value)
