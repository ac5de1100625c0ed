"""A weight matrix drawn from one side of zero.

## What it does
Finds matrices and filters that the forward pass multiplies a signal by and whose entries have a mean comparable with their
spread: `uniform_(w)`, `uniform_(w, 0, 0.1)`, `nn.Parameter(torch.rand(n, m))`. And calls that name the upper bound alone,
`uniform_(w, b=0.1)`, or compute the two from different sizes: `uniform_(w, -1 / sqrt(n), 1 / sqrt(m))`.

## Why is this bad?
With `W = mu + V`, `E V = 0`, every unit computes `mu sum(x)` plus its own `V x`: the same feature, in all of them. For inputs of mean 0 the shared part
holds `mu^2 / (mu^2 + sigma^2)` of the variance, 75 % for `U(0, 1)`; behind ReLU, whose outputs are positive, it grows with the number of inputs.
Schemes assume `E w = 0` for this reason (Glorot & Bengio 2010, eq. 5; He et al. 2015, sec. 2.2). Normalisation restores the scale, not the
differences between units.

## Example
    self.w = nn.Parameter(torch.rand(embedding_dim, hidden_dim))
    ...
    h = torch.tanh(x @ self.w)

Use instead:
    self.w = nn.Parameter(nn.init.xavier_uniform_(torch.empty(embedding_dim, hidden_dim)))

## Fix safety
`torch.rand` of a matrix becomes `xavier_uniform_` of an empty one; a call of `uniform_` becomes the scheme that suits the nonlinearity behind it.
Safe where the call writes the flagged weights only.

## A real bug it would have caught
torch-rechub draws every matrix of `sine.py` and `comirec.py` by `torch.rand`; Funnel of transformers draws its relative positions
by `uniform_(r_kernel, b=initializer_range)`.

## What it leaves alone
Biases, vectors, tables that are added or looked up by `softmax`, scores in front of `softmax`, which cancels what they share, scales,
masks, mixing coefficients, anything that passes an activation before it multiplies (positive weights on purpose), frequencies in
front of a sine, square matrices that mix positions from the left, frozen weights, single output units, `eye_` and `dirac_`. Models whose
forward pass never meets the weight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceCall, Severity, Site
from initlint.flow import Weight, nonlinearity_after, nonlinearity_before, weights
from initlint.graph import InitCall, ModelGraph, Parameter
from initlint.rules import Rule
from initlint.rules._sites import (
    by_site,
    called_at,
    explicit,
    left_in_layers,
    origin_of,
    other_call,
    place_of,
    qualified,
    short,
    spell_names,
    written_at,
)
from initlint.rules.mean_for_std import is_spread
from initlint.rules.trunc_normal_bounds import is_cut
from initlint.symbolic import Sym
from initlint.theory.laws import Distribution, spell
from initlint.theory.recommend import recommend

RULE = Rule(code="INI302", name="nonzero-mean-weight", summary="A weight matrix drawn from one side of zero", fixable="sometimes")
SHARED = 0.5
"""Share of the variance that all units have in common from which a weight is damaged."""
NOTICED = 0.2
"""The same, from which it is worth a note."""
KINDS = ("uniform", "normal", "trunc_normal")
SAME = "of what the units of the layer compute is one number, the same in all of them"
MAPS = re.compile(r"(?:Linear\.|Conv|Bilinear\.).*")
"""How the weights are called of layers that sum over their inputs."""
CHOOSING = ("softmax", "softmax2d", "gumbel_softmax", "one_hot", "sparsemax")
"""Activations in front of a table: what is added up is a choice among its rows."""
VECTORS = "equinox.Module"
"""What modules derive from that are called on one sample, a vector."""
CANCELLING = (*CHOOSING, "log_softmax", "sin", "cos")
"""Activations behind a weight that cancel what the units share, or want it."""


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call that draws weights around something else than zero."""
    yield from _of_samples(graph)
    yield from _one_bound(graph)
    if not any(_share(p.distribution) for p in graph.parameters):
        return
    drawn = (w for w in weights(graph) if w.uses and _is_matrix(w) and (_share(w.parameter.distribution) or 0) >= NOTICED)
    found = {id(w.parameter): w for w in drawn if _multiplies(w, of_vectors=VECTORS in graph.lineage)}
    told = {call.site for call in graph.calls if is_spread(call) or _is_cut(call)} if found else set()
    for site, group in by_site(w.parameter for w in found.values()):
        if site in told:  # by a rule that knows the cause
            continue
        yield _finding(graph, site, group, found[id(group[0])])


def _one_bound(graph: ModelGraph) -> Iterator[Finding]:
    """Calls of ``uniform_`` that name the upper bound and leave the lower one at 0, or compute the two from different sizes."""
    for mistake in graph.mistakes:
        if mistake.kind == "one-bound":
            bound = mistake.detail["bound"]
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text, help=f"Give both bounds: `a=-({bound}), b={bound}`.")
        elif mistake.kind == "unequal-bounds":
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text, help="Compute both from one size, the number of inputs.")


def _of_samples(graph: ModelGraph) -> Iterator[Finding]:
    """Calls that leave out the bounds for a weight which their own test of types says is that of a linear or convolution layer."""
    for call, law, _ in left_in_layers(graph, MAPS):
        if call.arguments or (share := _share(law)) is None or share < SHARED:
            continue
        yield RULE.at(
            graph,
            place_of(call),
            Severity.WARNING,
            f"`{call.spelled.get('tensor') or call.into}` starts {_spell_law(law)}: {100 * share:.0f} % {SAME}",
            evidence={"initializer": short(call.initializer), "layer": call.into.partition(".")[0], "shared": share, **called_at(call)},
            help="Draw from both sides of zero, scaled by the number of inputs.",
        )


def _is_cut(call: InitCall) -> bool:
    """Whether it is the bounds of a truncated normal that move the mean."""
    return is_cut(call) and call.arguments.get("mean", 0) == 0


def _share(law: Distribution | None) -> float | None:
    """The share of ``mean² / (mean² + std²)``, where both are numbers and neither is zero."""
    if law is None or law.kind not in KINDS or law.mean is None or law.std is None:
        return None
    ratio = law.mean / law.std if isinstance(law.std, Sym) or law.std else None
    if ratio is None or isinstance(ratio, Sym) or not ratio:
        return None
    return ratio * ratio / (1 + ratio * ratio)


def _is_matrix(weight: Weight) -> bool:
    """Several outputs, each summed over several inputs."""
    shape, layer = weight.parameter.shape, weight.layer
    if shape is None or len(shape) < 2 or explicit(weight.parameter) is None:
        return False
    if layer is None:
        return shape[-1] != 1 and shape[-2] != 1
    if weight.parameter.role != "weight":  # (*kernel, in, out)
        return shape[-1] != 1
    return shape[0] != 1 and layer.arguments.get("groups", 1) == 1


def _multiplies(weight: Weight, *, of_vectors: bool) -> bool:
    """Whether it is used as a map from features to features, of which a vector has nothing else."""
    before, after = nonlinearity_before(weight), nonlinearity_after(weight)
    if (after is not None and after.name in CANCELLING) or (before is not None and before.name in CHOOSING):
        return False
    return of_vectors or not any(_mixes_positions(weight, use.detail) for use in weight.uses)


def _mixes_positions(weight: Weight, detail: dict[str, object]) -> bool:
    shape = weight.parameter.shape
    return bool(detail.get("left")) and shape is not None and shape[-1] == shape[-2]


def _finding(graph: ModelGraph, site: Site, group: list[Parameter], weight: Weight) -> Finding:
    law, event = group[0].distribution, explicit(group[0])
    share = max(_share(p.distribution) or 0.0 for p in group)
    assert law is not None and event is not None
    start = "start" if len(group) > 1 else "starts"
    return RULE.at(
        graph,
        site,
        Severity.WARNING if share >= SHARED else Severity.NOTE,
        f"{spell_names(group)} {start} {_spell_law(law)}: {100 * share:.0f} % {SAME}",
        fix=_fix(graph, site, group, weight),
        parameter=group[0].name,
        parameters=qualified(graph, group),
        evidence={
            "initializer": short(event.initializer),
            "mean": None if isinstance(law.mean, Sym) else law.mean,
            "std": None if isinstance(law.std, Sym) else law.std,
            "shared": share,
            **origin_of(event),
        },
        help="Draw from both sides of zero, scaled by the number of inputs.",
    )


def _spell_law(law: Distribution) -> str:
    if law.kind == "uniform" and law.low is not None and law.high is not None:
        return f"in U({spell(law.low)}, {spell(law.high)})"
    return f"around {spell(law.mean)}, with a standard deviation of {spell(law.std)}" if law.mean is not None and law.std is not None else "off zero"


def _fix(graph: ModelGraph, site: Site, group: list[Parameter], weight: Weight) -> Fix | None:
    event, shape = explicit(group[0]), group[0].shape
    if event is None or len(written_at(graph, site)) > len(group):
        return None
    if event.initializer == "torch.rand" and shape is not None and len(shape) == 2:
        action = ReplaceCall(site=site, function="torch.empty", inside="torch.nn.init.xavier_uniform_")
        return Fix(message="Draw it with xavier_uniform_", actions=(action,))
    after = nonlinearity_after(weight)
    needed = recommend(after.name if after else "linear", after.parameter if after else None, original=event.initializer)
    needed = needed or recommend("linear", original=event.initializer)
    if needed is None or (weight.layer is None and "kaiming" in needed.initializer):
        return None
    change = other_call(event, short(needed.initializer), **needed.arguments)
    return Fix(message=f"Draw the weights with {short(needed.initializer)}", actions=(change,)) if change else None
