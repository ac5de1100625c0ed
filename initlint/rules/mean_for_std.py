"""The spread of a draw passed in the place of its mean.

## What it does
Looks at every call of `normal_`, `trunc_normal_` and `uniform_` (of `torch.nn.init` and of tensors) that gives one number by position,
and reports those whose number can only be meant as a spread: below 1, computed from a size, or called `std`, `gain`, `bound`.

## Why is this bad?
The first argument of `normal_` is the mean. `normal_(w, 0.02)` draws `N(0.02, 1)`: the standard deviation stays 1, 50 times what was
meant. A layer that sums `n` inputs then multiplies the variance by `n` (`Var(W) n`, Glorot & Bengio 2010, eq. 5) instead of keeping it: logits
of a classifier on 1280 features start with a standard deviation of 36. `uniform_(w, 0.1)` draws from `U(0.1, 1)`: no weight is negative.

## Example
    nn.init.normal_(self.classifier.weight, 0.02)

Use instead:
    nn.init.normal_(self.classifier.weight, std=0.02)

## Fix safety
Passes the number as `std`, or as the bounds of a symmetric interval. Safe where models of the file show that nothing else changes, unsafe in a
function that no model runs.

## A real bug it would have caught
torchvision 0.4.0, `mnasnet.py`: `nn.init.normal_(m.weight, 0.01)` on the classifier; copies of that line live on. torchex's `init.py` passes a gain to
`normal` and to `uniform`.

## What it leaves alone
A mean given by keyword, a mean of 0, means of 1 and more that are not called a spread (`normal_(bn.weight, 1.0, 0.02)` of DCGAN is right),
numbers that are not known and not named, and one-sided intervals of vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceCall, Severity, Site
from initlint.graph import InitCall, ModelGraph, Parameter
from initlint.rules import Rule
from initlint.rules._sites import POSITIONAL, TENSOR, calls_by_site, qualified, short, spell_names
from initlint.symbolic import Sym
from initlint.theory.laws import spell

RULE = Rule(code="INI301", name="mean-for-std", summary="The spread of a draw passed in the place of its mean or lower bound", fixable="sometimes")
ARGUMENTS = {"normal": ("mean", "std"), "trunc_normal": ("mean", "std"), "uniform": ("a", "b")}
"""The first two arguments by the stem of the function."""
SPREAD = re.compile(r"std|stdev|sigma|gain|scale|range|bound|limit|lim$", re.IGNORECASE)
PLACE = re.compile(r"mean|mu$|loc|cent|offset|shift|bias", re.IGNORECASE)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call whose only number is a spread."""
    for site, calls in calls_by_site(call for call in graph.calls if is_spread(call)):
        yield _finding(graph, site, calls)


def _stem(call: InitCall) -> str:
    return short(call.initializer).rstrip("_")


def _names(call: InitCall) -> tuple[str, str] | None:
    """What the call knows its place and its spread as."""
    names = ARGUMENTS.get(_stem(call))
    return ("from_", "to") if names == ("a", "b") and call.initializer.startswith(TENSOR) else names


def is_spread(call: InitCall) -> bool:
    """Whether the only number of a call is meant as a spread and taken for a place."""
    names = _names(call)
    if names is None or call.problem or names[0] not in call.arguments or names[0] in call.keywords or names[1] in call.arguments:
        return False
    value, name = call.arguments[names[0]], call.spelled.get(names[0], "").rpartition(".")[2]
    if PLACE.search(name):
        return False
    if SPREAD.search(name):
        return bool(value != 0)
    if isinstance(value, Sym):
        return True
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < abs(value) < 1:
        return False
    return _stem(call) != "uniform" or call.shape is None or len(call.shape) > 1


def _finding(graph: ModelGraph, site: Site, calls: list[InitCall]) -> Finding:
    call = calls[0]
    names = _names(call)
    assert names is not None
    value = call.arguments[names[0]]
    number = float(value) if isinstance(value, (int, float)) else None
    parameters = list({id(c.parameter): c.parameter for c in calls if c.parameter is not None}.values())
    text = spell(value) if isinstance(value, (int, float, Sym)) else call.spelled.get(names[0], "")
    return RULE.at(
        graph,
        site,
        Severity.ERROR if number is not None and abs(number) < 1 else Severity.WARNING,
        f"{_target(call, parameters)}{_effect(_stem(call), text, number)}",
        fix=_fix(call, names, number),
        parameter=parameters[0].name if parameters else None,
        parameters=qualified(graph, parameters),
        evidence={"initializer": short(call.initializer), "value": number, "text": text},
    )


def _target(call: InitCall, parameters: list[Parameter]) -> str:
    if parameters:
        return f"{spell_names(parameters)} {'start' if len(parameters) > 1 else 'starts'} "
    tensor = call.spelled.get("tensor", "")
    return f"`{tensor}` starts " if tensor else "a tensor starts "


def _effect(stem: str, text: str, number: float | None) -> str:
    if stem == "uniform":
        sign = "every weight is 1" if number == 1 else "the mean is not 0" if number is not None and number < 0 else "no weight is negative"
        return f"in U({text}, 1): the first number of `uniform_` is the lower bound, and {sign}"
    much = f", {spell(1 / abs(number))} times what was meant" if number is not None and 0 < abs(number) < 1 else ""
    return f"in N({text}, 1²): the first number of `{stem}_` is the mean, and the standard deviation stays 1{much}"


def _fix(call: InitCall, names: tuple[str, str], number: float | None) -> Fix | None:
    if call.chosen is not None:
        return None
    name, method = short(call.initializer), call.initializer.startswith(TENSOR)
    parameters = names if method else POSITIONAL[name if name.endswith("_") else f"{name}_"]
    if "uniform" not in name:
        return _edit(call, "Pass it as std", ReplaceCall(site=call.site, parameters=parameters, rephrase=((names[0], "std={}"),)))
    if number is not None and number < 0:
        return _edit(call, "Draw from both sides of 0", ReplaceCall(site=call.site, parameters=parameters, set=((names[1], f"{-number!r}"),)))
    return _edit(call, "Draw from both sides of 0", ReplaceCall(site=call.site, parameters=parameters, rephrase=((names[0], "-{}, {}"),)))


def _edit(call: InitCall, message: str, action: ReplaceCall) -> Fix:
    return Fix(message=message, actions=(action,), assumes=call.parameter is None)
