"""What rules share: grouping by the call that wrote, naming what it wrote, and the call that should stand there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from initlint.findings import ReplaceCall, Site
from initlint.flow import BIAS_ROLES
from initlint.graph import InitCall, InitEvent, Layer, ModelGraph, Op, Origin, Parameter
from initlint.symbolic import Sym
from initlint.theory.laws import Distribution

INIT = "torch.nn.init."
TENSOR = "torch.Tensor."
POSITIONAL = {
    "uniform_": ("tensor", "a", "b", "generator"),
    "normal_": ("tensor", "mean", "std", "generator"),
    "trunc_normal_": ("tensor", "mean", "std", "a", "b", "generator"),
    "constant_": ("tensor", "val"),
    "ones_": ("tensor",),
    "zeros_": ("tensor",),
    "xavier_uniform_": ("tensor", "gain", "generator"),
    "xavier_normal_": ("tensor", "gain", "generator"),
    "kaiming_uniform_": ("tensor", "a", "mode", "nonlinearity", "generator"),
    "kaiming_normal_": ("tensor", "a", "mode", "nonlinearity", "generator"),
    "orthogonal_": ("tensor", "gain", "generator"),
    "sparse_": ("tensor", "sparsity", "std", "generator"),
}
"""Parameter names of torch.nn.init functions, in order."""
MAKERS = {
    "torch.randn": "torch", "torch.rand": "torch", "numpy.random.standard_normal": "numpy",
    **dict.fromkeys(("tensorflow.random_normal", "tensorflow.random.normal", "tensorflow.truncated_normal", "tensorflow.random_uniform"), "tensorflow"),
}  # fmt: skip
"""Draws that take their sizes as ``zeros`` and ``ones`` of these libraries do."""
SHAPING = ("mean", "stddev", "minval", "maxval", "lower", "upper")
"""Arguments that shape the law of a draw."""
CONSTANTS = {"haiku.initializers": ("Constant", "constant"), "keras.initializers": ("Constant", "value")}
"""Initializers that give one number, with the argument that says which."""
INITIALIZER_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "keras.initializers.RandomNormal": ("mean", "stddev", "seed"), "keras.initializers.TruncatedNormal": ("mean", "stddev", "seed"),
    "keras.initializers.RandomUniform": ("minval", "maxval", "seed"), "keras.initializers.VarianceScaling": ("scale", "mode", "distribution", "seed"),
    "keras.initializers.Orthogonal": ("gain", "seed"), "haiku.initializers.RandomNormal": ("stddev", "mean"),
    "haiku.initializers.TruncatedNormal": ("stddev", "mean", "lower", "upper"), "haiku.initializers.RandomUniform": ("minval", "maxval"),
    "haiku.initializers.VarianceScaling": ("scale", "mode", "distribution"), "haiku.initializers.Orthogonal": ("scale", "axis"),
    "jax.nn.initializers.normal": ("stddev", "dtype"), "jax.nn.initializers.uniform": ("scale", "dtype"),
    "jax.nn.initializers.truncated_normal": ("stddev", "dtype", "lower", "upper"), "jax.nn.initializers.variance_scaling": ("scale", "mode", "distribution"),
    "jax.nn.initializers.orthogonal": ("scale", "column_axis"), "tensorflow.random_normal_initializer": ("mean", "stddev", "seed", "dtype"),
    "tensorflow.truncated_normal_initializer": ("mean", "stddev", "seed", "dtype"), "tensorflow.orthogonal_initializer": ("gain", "seed", "dtype"),
    "tensorflow.random_uniform_initializer": ("minval", "maxval", "seed", "dtype"),
    "tensorflow.variance_scaling_initializer": ("scale", "mode", "distribution"),
    "tensorflow.contrib.layers.xavier_initializer": ("uniform", "seed", "dtype"),
    "tensorflow.contrib.layers.variance_scaling_initializer": ("factor", "mode", "uniform"),
}  # fmt: skip
"""Parameters of initializers that are given to layers, in order."""
GAINS = (math.sqrt(2), 5 / 3, *(math.sqrt(2 / (1 + slope * slope)) for slope in (0.01, 0.1, 0.2, 0.25, 0.3)))
"""What torch.nn.init.calculate_gain gives for relu, tanh and the slopes that leaky_relu has in practice."""


def explicit(parameter: Parameter) -> InitEvent | None:
    """The author's own write that decides what ``parameter`` starts from, if it is beyond doubt."""
    event = parameter.effective
    if event is None or event.site is None or event.origin in (Origin.DEFAULT, Origin.LOAD):
        return None
    return event if event.certain and not event.partial and parameter.requires_grad else None


def by_site(parameters: Iterable[Parameter]) -> Iterator[tuple[Site, list[Parameter]]]:
    """``parameters`` grouped by the call that decides them; each has an explicit one."""
    groups: dict[Site, list[Parameter]] = {}
    for parameter in parameters:
        event = explicit(parameter)
        if event is not None and event.site is not None:
            groups.setdefault(event.site, []).append(parameter)
    yield from groups.items()


def of_any(graph: ModelGraph, site: Site) -> bool:
    """Whether a call writes to what a plain name stands for, as in a loop over parameters: it was not meant for one of them."""
    return any(call.site == site and call.spelled.get("tensor", "").isidentifier() for call in graph.calls)


def written_at(graph: ModelGraph, site: Site) -> list[Parameter]:
    """Every parameter that the call at ``site`` decides."""
    return [p for p in graph.parameters if p.effective is not None and p.effective.site == site]


def calls_by_site(calls: Iterable[InitCall]) -> Iterator[tuple[Site, list[InitCall]]]:
    """``calls`` grouped by the place where their initializer was chosen: most often the call itself."""
    groups: dict[Site, list[InitCall]] = {}
    for call in calls:
        groups.setdefault(place_of(call), []).append(call)
    yield from groups.items()


def origin_of(event: InitEvent | None) -> dict[str, Any]:
    """Evidence: where the initializer was chosen, the values were drawn or the parameter is declared, if elsewhere than where it is written."""
    elsewhere = event.elsewhere if event is not None else None
    return at_sites([elsewhere]) if elsewhere is not None else {}


def at_sites(sites: Iterable[Site]) -> dict[str, Any]:
    """Evidence: other places that a finding is about."""
    return {"sites": [{"path": s.path, "row": s.line, "column": s.column, "end_row": s.end_line, "end_column": s.end_column} for s in sites]}


def qualified(graph: ModelGraph, parameters: Iterable[Parameter]) -> tuple[str, ...]:
    """``model:name`` of each, as ``Finding.parameters`` wants them."""
    return tuple(f"{graph.name}:{p.name}" for p in parameters)


def spell_names(parameters: Sequence[Parameter]) -> str:
    """``hidden.*.weight`` for names that differ in one index, otherwise up to three names and a count."""
    names = [p.name for p in parameters]
    if len(names) == 1:
        return f"`{names[0]}`"
    if len({name.count(".") for name in names}) == 1:
        columns = list(zip(*(name.split(".") for name in names), strict=True))
        varying = [column for column in columns if len(set(column)) > 1]
        if all(part.isdigit() for column in varying for part in column):
            return f"`{'.'.join(column[0] if len(set(column)) == 1 else '*' for column in columns)}`"
    if len(names) <= 3:
        return f"{', '.join(f'`{name}`' for name in names[:-1])} and `{names[-1]}`"
    return f"`{names[0]}` and {len(names) - 1} more"


def short(initializer: str) -> str:
    """``xavier_uniform_`` of ``torch.nn.init.xavier_uniform_``."""
    return initializer.rpartition(".")[2]


def function_of(event: InitEvent | InitCall) -> str | None:
    """The ``torch.nn.init`` function that ``event`` calls, current name, or None where it calls something else."""
    if not event.initializer.startswith(INIT):
        return None
    name = short(event.initializer)
    name = name if name.endswith("_") else f"{name}_"
    return name if name in POSITIONAL else None


def other_call(event: InitEvent | InitCall, function: str, **keywords: str) -> ReplaceCall | None:
    """Replace the call of ``event`` by ``torch.nn.init.<function>`` with just these keyword arguments (source text)."""
    old = function_of(event)
    if old is None or event.site is None:
        return None
    dropped = tuple(name for name in POSITIONAL[old][1:] if name != "generator" and name not in keywords)
    name = None if short(event.initializer) == function else INIT + function
    return ReplaceCall(site=event.site, function=name, parameters=POSITIONAL[old], drop=dropped, set=tuple(keywords.items()))


def constant_call(event: InitEvent | InitCall, value: int) -> ReplaceCall | None:
    """Replace the call of ``event`` by the one that writes, or makes, ``value``, 0 or 1."""
    made = MAKERS.get(event.initializer)
    if made is not None and event.site is not None:
        return ReplaceCall(site=event.site, function=f"{made}.ones" if value else f"{made}.zeros", drop=SHAPING)
    if isinstance(event, InitEvent) and event.made and event.site is not None and (library := event.initializer.rpartition(".")[0]) in CONSTANTS:
        function, argument = CONSTANTS[library]
        return ReplaceCall(
            site=event.site, function=f"{library}.{function}", parameters=INITIALIZER_ARGUMENTS.get(event.initializer, ()), drop=(*SHAPING, "seed"),
            set=((argument, f"{value:.1f}"),), beside=True,
        )  # fmt: skip
    if event.initializer.startswith(TENSOR) and event.site is not None:
        name = short(event.initializer)
        positional = {"normal_": ("mean", "std"), "uniform_": ("from", "to"), "fill_": ("value",)}.get(name)
        if positional is None:
            return None
        new = (("value", str(value)),) if value else ()
        return ReplaceCall(site=event.site, function=TENSOR + ("fill_" if value else "zero_"), parameters=positional, drop=positional, set=new)
    return other_call(event, "ones_" if value else "zeros_")


def gain_given_as_slope(arguments: dict[str, Any]) -> float | None:
    """The value of ``a`` of a kaiming call, where that is the gain of an activation and no slope: those stay below 1."""
    value = arguments.get("a")
    if not isinstance(value, (int, float)) or isinstance(value, bool) or arguments.get("nonlinearity", "leaky_relu") != "leaky_relu":
        return None
    return next((float(value) for gain in GAINS if abs(value / gain - 1) < 2e-3), None)


def constant_value(parameter: Parameter) -> float | None:
    """The number that every entry of ``parameter`` starts at, if it is one and known."""
    law = parameter.distribution
    if law is None or law.kind != "constant" or law.mean is None or isinstance(law.mean, Sym):
        return None
    return float(law.mean)


def scale_of(layer: Layer | None) -> Parameter | None:
    """What a normalisation layer multiplies by, whatever its framework calls it."""
    return next((layer.parameters[role] for role in ("weight", "gamma", "scale") if role in layer.parameters), None) if layer is not None else None


def bias_of(op: Op) -> Parameter | None:
    """The bias that ``op`` adds, if it has one."""
    return next((op.layer.parameters[role] for role in BIAS_ROLES if role in op.layer.parameters), None) if op.layer else None


MAP = re.compile(r"(?:Linear|Conv(?:Transpose)?\dd)\.weight")
"""Weights that sum, of layers that a routine tells by their type."""


def left_in_layers(graph: ModelGraph, kinds: re.Pattern[str]) -> Iterator[tuple[InitCall, Distribution, set[str]]]:
    """What routines that no model of their file runs leave in the weight of every layer of ``kinds``: one call for each place, and what else it fills."""
    seen: set[Site] = set()
    for call in graph.calls:
        place = place_of(call)
        if call.law is not None and call.parameter is None and place not in seen and kinds.fullmatch(call.into):
            seen.add(place)
            yield call, call.law, {other.into for other in graph.calls if place_of(other) == place} - {call.into, ""}


def place_of(call: InitCall) -> Site:
    """Where its initializer was chosen: most often the call itself."""
    return call.chosen or call.site


def called_at(call: InitCall) -> dict[str, Any]:
    """Evidence: where an initializer is called that was chosen elsewhere."""
    return at_sites([call.site]) if call.chosen is not None else {}
