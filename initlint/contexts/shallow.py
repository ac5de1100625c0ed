"""Walks that stop above the layers they are after: ``for m in self.children(): if isinstance(m, nn.Linear)``, where the linear layers lie in a Sequential."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.adapters.torch.building import is_known, named_modules
from initlint.contexts.loose import FileFacts
from initlint.contexts.routines import writes
from initlint.graph import Mistake, Origin
from initlint.interpreter.trees import walk
from initlint.interpreter.values import Instance, Tensor

if TYPE_CHECKING:
    from initlint.interpreter.asking import Asked
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.modules import Module
    from initlint.source import Chunk


def shallow(interp: Interpreter, module: Module, facts: FileFacts) -> Iterator[Mistake]:
    """Tests of types in front of initializers that no module passed, while modules that were asked hold such layers, all as their defaults left them."""
    missed = [one for one in interp.asked.values() if one.module is module and not one.passed and one.failed]
    if not missed:
        return
    told = {mistake.detail.get("routine", "") for mistake in facts.graph.mistakes}
    for chunk, _ in module.source.parts():
        tests = [one for one in missed if chunk.start <= one.node.pos < chunk.end] if chunk.kind == "def" else []
        if tests and chunk.name not in told and writes(chunk):
            guards = {id(statement.test): statement for statement in walk(chunk.statements) if isinstance(statement, p.If)}
            for one in tests:
                if (guarded := guards.get(id(one.node))) is not None and _is_unreached(module, chunk, facts, guarded):
                    yield from _held(interp, module, one)


def _is_unreached(module: Module, chunk: Chunk, facts: FileFacts, guarded: p.If) -> bool:
    """Whether initializers stand in the branch, and none of them ran."""
    places = [node.pos for node in walk(guarded.body) if isinstance(node, p.Node)]
    first, last = (module.source.index.position(place)[0] for place in (min(places), max(places)))
    lines = {line for line in facts.lines_of(module, chunk) if first <= line <= last}
    return bool(lines) and not lines & facts.lines


def _held(interp: Interpreter, module: Module, test: Asked) -> Iterator[Mistake]:
    """The finding, where one of those that failed holds a layer that would pass."""
    for value in test.failed:
        inside = [one for _, one in named_modules(value) if one is not value and interp.is_instance(one, test.kinds)]
        if inside and all(map(_is_untouched, inside)) and is_known(value):
            spelled, holder = " ".join(module.source.spelled(test.node).split()), value.cls.name.rpartition(".")[2]
            kind = inside[0].cls.name.rpartition(".")[2]
            text = f"`{spelled}` is asked of `{holder}` and never of `{kind}` inside: the walk stops above, and nothing is set"
            yield Mistake(kind="shallow-walk", site=module.source.site(test.node), text=text, detail={"holder": holder, "held": kind})
            return


def _is_untouched(instance: Instance) -> bool:
    """Whether a layer has parameters, and nobody chose their values."""
    tensors = [tensor for _, one in named_modules(instance) for tensor in one.parameters.values() if isinstance(tensor, Tensor)]
    return bool(tensors) and all(event.origin is Origin.DEFAULT for tensor in tensors for event in tensor.storage.events)
