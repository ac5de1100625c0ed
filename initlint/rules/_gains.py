"""Gains of norms that a project wrote itself, told by what the forward pass does with them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from initlint.flow import is_parametric, signals
from initlint.graph import InitEvent, ModelGraph, Op, Origin, Parameter
from initlint.theory.laws import Distribution

NORM = re.compile(r"norm(?:ali[sz](?:ation|er?))?v?(?:\d+d?)?(?:_?layer)?", re.IGNORECASE)
"""How the name of such a class ends; it is searched from every ``norm`` on."""
OTHERS = re.compile(r"weight_?norm|spectral|batch_?renorm|denorm", re.IGNORECASE)
"""Classes that normalise no signal, or take that back."""
STATISTICS = re.compile(r"mean|var|std|moments|rsqrt|norm|square", re.IGNORECASE)
"""Names of operations that are not followed, but take a moment."""
DIVISOR = re.compile(r"_*(?:(?:moving|running|ema|global)_)?(?:std|stddev|var|variance)")
"""What moving statistics that divide are called."""
ARITHMETIC = frozenset(("sub", "div", "mul"))


def own_gains(graph: ModelGraph) -> Iterator[Parameter]:
    """Parameters drawn around 0 that multiply what a norm of the author's own has normalised."""
    if graph.forward_reason:
        return
    read: dict[int, list[Op]] = {}
    for op in graph.ops:
        if op.kind == "const" and op.parameter is not None:
            read.setdefault(id(op.parameter), []).append(op)
    yield from (one for one in graph.parameters if id(one) in read and _is_gain(one) and all(map(_multiplies_normalised, read[id(one)])))


def own_divisors(graph: ModelGraph) -> Iterator[Parameter]:
    """Moving deviations and variances of such norms that are drawn around 0."""
    if not graph.forward_reason and any(op.kind == "div" or "rsqrt" in op.name for op in graph.ops):
        yield from (one for one in graph.parameters if DIVISOR.fullmatch(one.role) and _is_drawn_by_norm(one))


def chosen(parameter: Parameter) -> InitEvent | None:
    """As ``explicit``, also of a parameter that is not trained."""
    event = parameter.effective
    sure = event is not None and event.site is not None and event.origin not in (Origin.DEFAULT, Origin.LOAD) and event.certain and not event.partial
    return event if sure else None


def is_own_norm(name: str) -> bool:
    """Whether a class is called like a norm of a signal."""
    return any(NORM.fullmatch(name, match.start()) for match in re.finditer("norm", name, re.IGNORECASE)) and not OTHERS.search(name)


def _is_gain(parameter: Parameter) -> bool:
    shape = parameter.shape
    return parameter.requires_grad and (shape is None or any(size != 1 for size in shape)) and _is_drawn_by_norm(parameter)


def _is_drawn_by_norm(parameter: Parameter) -> bool:
    """Whether a norm of the author's own draws it around 0, because he says so."""
    layer = parameter.layer
    owned = layer is not None and not layer.kind and is_own_norm(layer.class_name)
    return owned and chosen(parameter) is not None and _is_around_zero(parameter.distribution)


def _is_around_zero(law: Distribution | None) -> bool:
    return law is not None and law.kind in ("normal", "uniform", "trunc_normal") and isinstance(law.mean, (int, float)) and law.mean == 0


def _multiplies_normalised(gain: Op) -> bool:
    """Whether all that reads a gain is a product with a normalised signal, to which that signal is not added again."""
    readers = [target for op in (gain, *(view for view in gain.outputs if view.kind == "view")) for target in op.outputs if target.kind != "view"]
    factors = [source for op in readers for source in signals(op) if op.kind == "mul" and source.kind != "view"]
    alone = all(len(signals(target)) < 2 for op in readers for target in op.outputs if target.kind == "add")
    return bool(readers) and alone and len(factors) == len(readers) and all(map(_is_normalised, factors))


def _is_normalised(op: Op) -> bool:
    """Whether ``op`` combines a signal with a moment of it."""
    seen, frontier = {id(op)}, [op]
    raw = moment = combined = False
    for current in frontier:
        if _is_moment(current):
            moment = True
        elif current.kind == "input" or is_parametric(current) or current.kind == "activation":
            raw = True
        elif current.kind == "norm":
            return True
        else:
            combined |= current.kind in ARITHMETIC
            for source in signals(current):
                if id(source) not in seen:
                    seen.add(id(source))
                    frontier.append(source)
    return raw and moment and combined


def _is_moment(op: Op) -> bool:
    """Whether ``op`` sums over a signal."""
    return op.kind in ("pool", "reduce") or (op.kind == "opaque" and bool(STATISTICS.search(op.name)))
