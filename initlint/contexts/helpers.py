"""Routines that initialise whatever parameters there are, and that no model of their file shows: tried on a small one with two norms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.adapters.torch import graphs
from initlint.adapters.torch.building import MODULE
from initlint.contexts.loose import FileFacts, alone, arguments, function_of, unreached
from initlint.contexts.mentions import TooLarge, unit
from initlint.contexts.routines import defines_own
from initlint.contexts.samples import layer
from initlint.graph import ModelGraph, Origin, Parameter
from initlint.interpreter.values import Class, Function, Instance
from initlint.text.initcalls import ROUTINE

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.interpreter.modules import Module
    from initlint.source import Chunk

PARTS = {"linear": "Linear", "conv": "Conv2d", "norm": "LayerNorm", "bn": "BatchNorm2d"}
"""The layers of the model, under names by which routines tell norms from the rest."""
NORMS = ("norm", "bn")
WORDS = ("LayerNorm", "BatchNorm1d", "BatchNorm2d", "GroupNorm", "RMSNorm")


def run_on_norms(analysis: Analysis, module: Module, facts: FileFacts) -> Iterator[tuple[ModelGraph, Class]]:
    """The norms and biases of a small model as such routines leave them; those that spare all of these tell nothing."""
    interp, framework = analysis.interp, analysis.framework
    for chunk, owner in unreached(module, facts):
        if not ROUTINE.search(chunk.name) or (owner and not _is_about_any(module, facts, chunk, owner)):
            continue
        function = function_of(module, chunk, owner)[0]
        if function is None or not _takes_any_model(chunk, function):
            continue
        norms = "Norm" in unit(module.source.text, chunk.start).text if owner else _meets_norms(analysis, module, chunk.name)
        with alone(analysis):
            parts = {name: layer(analysis, module, kind) for name, kind in PARTS.items()}
            cls, node = framework.layer_class("torch.nn.ModuleDict"), p.Const(0, 0, None)
            model = interp.call(cls, [parts], {}, module.frame, node)
            args, kwargs = arguments(function)
            if isinstance(model, Instance) and args:
                interp.call(function, [model, *args[1:]], kwargs, module.frame, node)
                graph = graphs.build(interp, framework, model, f"{chunk.name}({function.node.params[0].name})", facts.graph.path)
                if _tells(graph, norms):
                    yield graph, cls


def _takes_any_model(chunk: Chunk, function: Function) -> bool:
    """Whether a function loops over all parameters of what it is given first."""
    first = function.node.params[0].name if function.node.params else ""
    return bool(first) and chunk.says(re.compile(rf"\bfor\b[^\n]*\b{re.escape(first)}\.(?:named_)?parameters\("))


def _meets_norms(analysis: Analysis, module: Module, name: str) -> bool:
    """Whether one of the files that use the function ``name`` has norms; where none does use it, the project, or no model of its own at all."""
    texts, path = analysis.texts, module.path
    try:
        naming = ((file, text) for file, text in texts.naming(path, name, module.project) if re.search(rf"(?<!def )(?<![\w.]){name}\b", text))
        users = [text for file, text in naming if file == path or not defines_own(text, name)]
        if users:
            return any(word in text for word in WORDS for text in users)
        if any(True for word in WORDS for _ in texts.naming(path, word, module.project)):
            return True
        return not any(isinstance(cls, Class) and cls.derives(MODULE) for _, cls in module.classes())
    except TooLarge:
        return False


def _tells(graph: ModelGraph, norms: bool) -> bool:
    """Keep of a graph what concerns biases, and ``norms`` where there may be some; the answer is whether these are written, and not emptied as all else is."""
    graph.tried, graph.calls, graph.mistakes = True, [], []
    linear = next((one for one in graph.layers if one.path == "linear"), None)
    weight = linear.parameters.get("weight") if linear is not None else None
    spared = not all(_is_written(one.parameters.get("weight")) for one in graph.layers if one.path in NORMS)
    graph.layers = [one for one in graph.layers if one is linear or (norms and not spared and one.path in NORMS)]
    if weight is not None and weight.distribution is not None and weight.distribution.std == 0:
        return False
    return any(_is_written(parameter) for one in graph.layers for role, parameter in one.parameters.items() if one is not linear or role == "bias")


def _is_written(parameter: Parameter | None) -> bool:
    return parameter is not None and any(event.origin is not Origin.DEFAULT and event.certain for event in parameter.events)


def _is_about_any(module: Module, facts: FileFacts, chunk: Chunk, owner: str) -> bool:
    """Whether a method asks for nothing but all of its parameters, in a class of which none was read: its parts are of a library that is not there."""
    built = facts.built.get(owner)
    text = module.source.text[chunk.start : chunk.end]
    return (built is None or not built.graph.parameters) and not re.search(r"\bself\.(?!(?:named_)?parameters\()", text)
