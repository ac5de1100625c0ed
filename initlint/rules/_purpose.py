"""Values that an author chose for one parameter, and that a routine for all of them replaces afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from initlint.graph import InitEvent, ModelGraph, Origin, Parameter
from initlint.rules._sites import INIT, TENSOR
from initlint.rules.norm_affine import is_norm
from initlint.symbolic import Sym

MANY = 4
"""Parameters from which on one call that no test of types guards is a routine for all: it may go by names of classes."""
MOST = 0.5
"""Share of what the routine for all draws that the choice may concern: more would be a routine for all itself."""


def replaced_choices(graph: ModelGraph) -> Iterator[tuple[Parameter, InitEvent, InitEvent]]:
    """Parameters with the write that chose their values and the last one, which lost them."""
    reach = Counter(site for parameter in graph.parameters for site in {event.site for event in parameter.events})
    for parameter in graph.parameters:
        written = [event for event in parameter.events if event.origin not in (Origin.DEFAULT, Origin.LOAD)]
        events = [event for event, before in zip(written, (None, *written)) if before is None or event.site != before.site]  # a routine may run twice
        if len(events) < 2 or parameter.aliases:
            continue
        first, last = events[-2:]
        if not (_is_whole(first) and _is_whole(last)) or first.routine == last.routine or first.distribution == last.distribution:
            continue
        if is_computed(first):
            is_blanket = (last.guard is not None or reach[last.site] >= MANY) and _owner(first) != _owner(last)
        else:
            is_blanket = reach[last.site] >= (2 if last.guard is not None else MANY) and reach[first.site] <= MOST * reach[last.site]
        if is_blanket and _is_chosen(parameter, first):
            yield parameter, first, last


def _is_whole(event: InitEvent) -> bool:
    return event.certain and event.effective and not event.partial and event.site is not None


def _is_chosen(parameter: Parameter, event: InitEvent) -> bool:
    """Whether a law is one that nobody gives to all parameters of a kind: what a blanket routine says in other words is no loss."""
    law, value = event.distribution, event.distribution.mean
    if is_computed(event):
        return (parameter.role == "bias" and event.routine.endswith("__init__")) or len(parameter.shape or ()) > 2
    if law.kind in ("eye", "dirac"):
        return True
    if law.kind == "orthogonal":
        return event.routine.endswith("__init__")  # a helper may give it to all that it is handed
    if value is None or isinstance(value, Sym):
        return False
    if not event.initializer.startswith((INIT, TENSOR)) and (law.kind != "constant" or value == 0 or not _is_vector(parameter)):
        return False  # torch.rand(n, m) and torch.zeros(n, m) are what a weight is made of that is drawn later
    if law.kind != "constant":
        return value != 0
    if parameter.layer is not None and is_norm(parameter.layer):
        return value != (1 if parameter.role == "weight" else 0)
    return parameter.role == "weight" or value != 0


def _is_vector(parameter: Parameter) -> bool:
    """Whether at most one of its axes is longer than 1."""
    return bool(parameter.shape) and sum(size != 1 for size in parameter.shape or ()) <= 1


def _owner(event: InitEvent) -> str:
    return event.routine.rpartition(".")[0]


def is_computed(event: InitEvent) -> bool:
    """Whether the values come out of a formula: the inverse softplus of a step, a filter that interpolates."""
    return event.initializer == TENSOR + "copy_" and (event.distribution.kind == "custom" or event.origin is Origin.COPY)
