"""Functions that are nets of plain arrays: each call with drawn arrays is a model of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from initlint.adapters.arrays.calls import as_model, called, holds_arrays
from initlint.adapters.torch import graphs
from initlint.graph import ModelGraph
from initlint.interpreter.values import Function, OutOfBudget, TargetRaise, Unknown
from initlint.standins import instantiate

if TYPE_CHECKING:
    from initlint.contexts.models import FileContexts

INITIALISES = re.compile(r"_?(?:init|initiali[sz]e|create|make|build|get|random|setup)\w*")
"""Names of functions that make the arrays of a net."""
HOLDS = re.compile(r"(?:\w*_)?(?:params?|parameters|weights|theta|net|network)", re.IGNORECASE)
"""Names of arguments that hold the arrays of a net."""


def called_nets(contexts: FileContexts) -> Iterator[ModelGraph]:
    """Functions that were called with drawn arrays, each such call a model of its own."""
    interp, framework = contexts.analysis.interp, contexts.analysis.framework
    interp.watch = None
    _pair_by_convention(contexts)
    for function, names in contexts.calls.found:
        if function.scope.module is not contexts.module:
            continue
        interp.grant()
        graph = graphs.build(interp, framework, as_model(interp, function, names), called(function, names), contexts.module.source.path)
        interp.reset()
        if not graph.forward_reason and any(op.parameter is not None for op in graph.ops):
            yield graph


def _pair_by_convention(contexts: FileContexts) -> None:
    """Functions that nothing in the file calls with arrays get those that its other functions make: ``predict(init_params(key), x)``."""
    module, interp, framework = contexts.module, contexts.analysis.interp, contexts.analysis.framework
    if not framework.plain_nets:
        return
    called = {id(function.node) for function, _ in contexts.calls.found}
    functions = {chunk.name: value for chunk in module.source.chunks if chunk.kind == "def" and isinstance(value := module.reach(chunk.name), Function)}
    waiting = [
        f for f in functions.values() if id(f.node) not in called and f.node.params and HOLDS.fullmatch(f.node.params[0].name) and len(f.node.params) > 1
    ]
    if not waiting:
        return
    made: list[Any] = [value for name in sorted(module.source.bindings) if HOLDS.fullmatch(name) and holds_arrays(value := module.reach(name))]
    for name, function in functions.items():
        if not made and INITIALISES.fullmatch(name) and not HOLDS.fullmatch(function.node.params[0].name if function.node.params else ""):
            interp.grant()
            try:
                made += [value for value in [instantiate(interp, function, module.frame)] if holds_arrays(value)]
            except (TargetRaise, OutOfBudget, RecursionError):
                interp.reset()
    for function in waiting if made else []:
        first, *rest = function.node.params
        contexts.calls.note(function, {first.name: made[0], **{param.name: Unknown("an input") for param in rest if param.default is None}})
