"""Functions that initialise whatever model they are handed, and that no model of their file is: tried on a small one with two norms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.adapters.torch import graphs
from initlint.adapters.torch.building import MODULE
from initlint.contexts.loose import FileFacts, arguments, function_of, unreached
from initlint.contexts.mentions import TooLarge
from initlint.contexts.samples import layer
from initlint.graph import ModelGraph, Origin
from initlint.interpreter.values import Class, Function, Instance, OutOfBudget, TargetRaise
from initlint.text.initcalls import ROUTINE

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.interpreter.modules import Module
    from initlint.source import Chunk

STEPS = 5_000
PARTS = {"linear": "Linear", "conv": "Conv2d", "norm": "LayerNorm", "bn": "BatchNorm2d"}
"""The layers of the model, under names by which routines tell norms from the rest."""
NORMS = ("norm", "bn")
WORDS = ("LayerNorm", "BatchNorm1d", "BatchNorm2d", "GroupNorm", "RMSNorm")


def run_on_norms(analysis: Analysis, module: Module, facts: FileFacts) -> Iterator[tuple[ModelGraph, Class]]:
    """The norms of a small model as such functions leave them; those whose every norm is spared tell nothing."""
    interp, framework = analysis.interp, analysis.framework
    for chunk, owner in unreached(module, facts):
        if owner or not ROUTINE.search(chunk.name) or not _meets_norms(analysis, module):
            continue
        function = function_of(module, chunk, owner)[0]
        if function is None or not _takes_any_model(chunk, function):
            continue
        entered = interp.entered
        framework.start_recording(None)
        interp.entered = set()
        interp.grant(STEPS)
        try:
            with interp.heap.sandbox():
                parts = {name: layer(analysis, module, kind) for name, kind in PARTS.items()}
                cls, node = framework.layer_class("torch.nn.ModuleDict"), p.Const(0, 0, None)
                model = interp.call(cls, [parts], {}, module.frame, node)
                args, kwargs = arguments(function)
                if isinstance(model, Instance) and args:
                    interp.call(function, [model, *args[1:]], kwargs, module.frame, node)
                    graph = graphs.build(interp, framework, model, f"{chunk.name}({function.node.params[0].name})", facts.graph.path)
                    if _tells(graph):
                        yield graph, cls
        except (TargetRaise, OutOfBudget, RecursionError):
            pass  # it may be meant for something else
        finally:
            framework.stop_recording()
            interp.entered = entered
            interp.reset()


def _takes_any_model(chunk: Chunk, function: Function) -> bool:
    """Whether a function loops over all parameters of what it is given first."""
    first = function.node.params[0].name if function.node.params else ""
    return bool(first) and chunk.says(re.compile(rf"\bfor\b[^\n]*\b{re.escape(first)}\.(?:named_)?parameters\("))


def _meets_norms(analysis: Analysis, module: Module) -> bool:
    """Whether the project has norms, or no model of its own at all: its functions are for those of others."""
    try:
        if any(True for word in WORDS for _ in analysis.texts.naming(module.path, word, module.project)):
            return True
        return not any(isinstance(cls, Class) and cls.derives(MODULE) for _, cls in module.classes())
    except TooLarge:
        return False


def _tells(graph: ModelGraph) -> bool:
    """Keep of a graph what concerns norms; the answer is whether the weight of each is written, and not with zeros as everything else is."""
    graph.tried, graph.calls, graph.mistakes = True, [], []
    weights = {one.path: one.parameters["weight"] for one in graph.layers if "weight" in one.parameters}
    graph.layers = [one for one in graph.layers if one.path in NORMS]
    linear = weights.get("linear")
    if linear is not None and linear.distribution is not None and linear.distribution.std == 0:
        return False
    return all(any(event.origin is not Origin.DEFAULT and event.certain for event in weights[name].events) for name in NORMS if name in weights)
