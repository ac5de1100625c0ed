"""What init routines would draw, had they come at another time or met another layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from initlint.adapters.torch.building import named_modules
from initlint.adapters.torch.witness import Walk, Witness
from initlint.graph import Origin
from initlint.interpreter.values import Instance, OutOfBudget, TargetRaise, Tensor

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.core import Interpreter
    from initlint.theory.laws import Distribution

STEPS = 5_000


@contextmanager
def rehearsal(interp: Interpreter, framework: TorchFramework, witness: Witness) -> Iterator[None]:
    """Run what does not happen in the model, seen by ``witness`` alone: it leaves no trace, and whatever it raises only ends it."""
    kept, entered, limit = framework.witness, interp.entered, interp.limit
    framework.witness, interp.entered = witness, set(entered)
    interp.grant(STEPS)
    try:
        with suppress(TargetRaise, OutOfBudget, RecursionError), interp.heap.sandbox():
            yield
    finally:
        framework.witness, interp.entered, interp.limit = kept, entered, limit


def drawn_later(interp: Interpreter, framework: TorchFramework, walk: Walk) -> dict[str, Distribution]:
    """By kind of layer, the law that the walk would give to weights of layers that were constructed after it. It is run once more, and leaves no trace."""
    later = [module for _, module in named_modules(walk.root) if module.time > walk.time and module.cls.spec is not None]
    late = {module.cls.name.rpartition(".")[2]: module for module in later if isinstance(module.parameters.get("weight"), Tensor)}
    if not late or walk.again is None:
        return {}
    function, frame, node = walk.again
    with rehearsal(interp, framework, Witness(loose=framework.witness.loose, samples=framework.witness.samples)):
        if isinstance(function, str):
            interp.call(interp.getattr(walk.root, function, frame, node), [], {}, frame, node)
        else:
            for module in late.values():
                interp.call(function, [module], {}, frame, node)
        return {kind: law for kind, module in late.items() if (law := _given(module)) is not None}
    return {}


def _given(module: Instance) -> Distribution | None:
    """The law that the weight of a layer was given instead of its default, if that is certain and known."""
    weight = module.parameters["weight"]
    last = weight.storage.events[-1] if isinstance(weight, Tensor) and weight.storage.events else None
    if last is None or last.origin is Origin.DEFAULT or not last.certain or last.distribution.kind == "custom":
        return None
    return last.distribution
