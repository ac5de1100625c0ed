"""Bounds of a truncated normal that leave little of it, or only one side.

## What it does
Evaluates every `trunc_normal_` and compares the normal that was asked for with what is left between `a` and `b`, which are absolute
values and not multiples of `std`. JAX and Haiku have it the other way round: `lower` and `upper` of their truncated normals count standard
deviations, and bounds that were multiplied by `stddev` before are multiplied by it twice.

## Why is this bad?
The variance of what is left is `std^2 [1 + (alpha phi(alpha) - beta phi(beta)) / Z - ((phi(alpha) - phi(beta)) / Z)^2]` with `alpha = (a - mean) / std`,
`beta = (b - mean) / std` (Johnson, Kotz & Balakrishnan 1994, ch. 13). At `+-2 std` that is `0.774 std^2`. Bounds well inside one `std` make it flat:
`trunc_normal_(w, std=1, a=-0.02, b=0.02)` has a standard deviation of 0.0115, whatever `std` says. Bounds on one side of the mean move the mean,
and every unit of the layer computes the same average of its inputs. JAX's `truncated_normal(stddev=std, lower=-2 * std, upper=2 * std)` draws
between `-2 std^2` and `2 std^2`: with `std = 0.02` weights of std 0.00046.

## Example
    nn.init.trunc_normal_(self.head.weight, std=1.0, a=-0.02, b=0.02)

Use instead:
    nn.init.trunc_normal_(self.head.weight, std=0.02, a=-0.04, b=0.04)  # two standard deviations

## Fix safety
None: whether the bounds or the standard deviation are meant is for the author to say.

## A real bug it would have caught
mmdetection#6432: `trunc_normal_init` misused in Swin and PVT. The milder form, bounds that cut nothing (torchtitan#3334), changes nothing measurable
and is left alone.

## What it leaves alone
Bounds that cut nothing, such as `std=0.02` with the default `a=-2, b=2`, which timm uses on purpose. Anything at or beyond one standard deviation on both
sides. Vectors, and arguments whose values are not known, unless the bounds and `stddev` are spelled as multiples of the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Severity, Site
from initlint.graph import InitCall, ModelGraph
from initlint.rules import Rule
from initlint.rules._sites import calls_by_site, qualified, short, spell_names
from initlint.symbolic import Sym
from initlint.theory.activations import truncated_moments
from initlint.theory.laws import spell

RULE = Rule(code="INI303", name="trunc-normal-bounds", summary="Bounds of a truncated normal that leave little of it, or one side only")
DEFAULTS = {"mean": 0.0, "std": 1.0, "a": -2.0, "b": 2.0}
FLAT = 0.5
"""Share of the standard deviation asked for below which `std` decides nothing."""
MOVED = 0.25
"""How many standard deviations asked for the mean may move."""
COUNTS = "`lower` and `upper` count standard deviations, `stddev` multiplies them"
HELP = "Leave the bounds at -2 and 2."


COUNTED = {
    "jax.nn.initializers.truncated_normal": {"stddev": 0.01, "lower": -2.0, "upper": 2.0},
    "haiku.initializers.TruncatedNormal": {"stddev": 1.0, "lower": -2.0, "upper": 2.0},
}
"""Initializers whose bounds count standard deviations, with their defaults."""


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call whose bounds leave something else than was asked for."""
    told: set[Site] = set()
    judged = (call for call in graph.calls if is_cut(call) and not call.problem and (call.shape is None or len(call.shape) > 1))
    for site, group in calls_by_site(judged):
        effect = _counted(group[0]) if group[0].initializer in COUNTED else _effect(group[0])
        if effect is not None:
            told.add(site)
            yield _finding(graph, site, group, *effect)
    for mistake in graph.mistakes:
        if mistake.kind == "scaled-bounds" and mistake.site not in told:
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text, evidence=dict(mistake.detail), help=HELP)


def is_cut(call: InitCall) -> bool:
    """Whether it draws from a truncated normal with bounds of its own."""
    return call.initializer.endswith(".trunc_normal_") or call.initializer in COUNTED


def _counted(call: InitCall) -> tuple[Severity, str] | None:
    """As ``_effect``, where the bounds count standard deviations; half a normal is meant as one."""
    std, low, high = (call.arguments.get(name, default) for name, default in COUNTED[call.initializer].items())
    if not all(isinstance(value, (int, float, Sym)) and not isinstance(value, bool) for value in (low, high)):
        return None
    if isinstance(low, Sym) or isinstance(high, Sym):
        share = high / std if isinstance(std, Sym) else None
        return (Severity.WARNING, f"the upper bound is {spell(share)} times `stddev` already") if isinstance(share, (int, float)) and share else None
    bounds = f"[{spell(low)}, {spell(high)}]"
    if low == high:
        return Severity.ERROR, f"the bounds {bounds} leave one value"
    if low > high or not low or not high:
        return None
    shift, spread = truncated_moments(low, high)
    if abs(shift) > MOVED or not low < 0 < high:
        return Severity.WARNING, f"the bounds {bounds} move the mean by {spell(shift)} standard deviations"
    if spread < FLAT:
        return Severity.WARNING, f"the bounds {bounds} leave {100 * spread:.2g} % of the standard deviation"
    return None


def _numbers(call: InitCall) -> dict[str, float] | None:
    """The arguments in force, where all are numbers."""
    values = {name: call.arguments.get(name, default) for name, default in DEFAULTS.items()}
    return {name: float(value) for name, value in values.items()} if all(isinstance(value, (int, float)) for value in values.values()) else None


def _effect(call: InitCall) -> tuple[Severity, str] | None:
    numbers, law = _numbers(call), call.law
    if numbers is None or numbers["std"] <= 0:
        return None
    low, high, mean, std = numbers["a"], numbers["b"], numbers["mean"], numbers["std"]
    bounds = f"[{spell(low)}, {spell(high)}]"
    if low == high:
        return Severity.ERROR, f"the bounds {bounds} leave one value: every weight is {spell(low)}"
    if law is None or not isinstance(law.mean, (int, float)) or not isinstance(law.std, (int, float)):
        return None
    if abs(law.mean - mean) > MOVED * std or not low < mean < high:
        return Severity.WARNING, f"the bounds {bounds} move the mean from {spell(mean)} to {spell(law.mean)}"
    if law.std < FLAT * std:
        return Severity.WARNING, f"the bounds {bounds} leave a standard deviation of {spell(law.std)}, not {spell(std)}"
    return None


def _finding(graph: ModelGraph, site: Site, calls: list[InitCall], severity: Severity, effect: str) -> Finding:
    call = calls[0]
    parameters = list({id(c.parameter): c.parameter for c in calls if c.parameter is not None}.values())
    counted = call.initializer in COUNTED
    target = spell_names(parameters) if parameters else f"`{call.spelled.get('tensor', short(call.initializer) if counted else 'tensor')}`"
    return RULE.at(
        graph,
        site,
        severity,
        f"{target}: {effect}; {COUNTS if counted else '`a` and `b` are absolute, not multiples of `std`'}",
        parameter=parameters[0].name if parameters else None,
        parameters=qualified(graph, parameters),
        evidence={**({} if counted else _numbers(call) or {}), "drawn_mean": call.law and call.law.mean, "drawn_std": call.law and call.law.std},
        help=HELP if counted else "Give bounds of two standard deviations on both sides of the mean.",
    )
