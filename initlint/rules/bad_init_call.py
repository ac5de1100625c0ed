"""A call of an initializer that raises.

## What it does
Binds every call of an initializer to the function's real signature and checks what it is given: misspelt and missing arguments,
unknown modes and nonlinearities, a fan asked of a vector, a module or `None` where a tensor belongs. Classes with an argument `bias=True`
are built without biases too: what fills them without a test raises then (a warning). Routines that no model of the file runs are tried
on one layer of each kind that their tests of types name.

## Why is this bad?
The line raises as soon as it runs, which is often late: in the branch of an option, or in a method that only
training from scratch calls. Fans need a matrix: `Var = 2 / (fan_in + fan_out)` (Glorot & Bengio 2010, eq. 16) has no meaning
for a bias of shape `(n,)`, and torch says so with a `ValueError`.

## Example
    for p in self.parameters():
        nn.init.xavier_uniform_(p)

Use instead:
    for p in self.parameters():
        if p.dim() > 1:
            nn.init.xavier_uniform_(p)
        else:
            nn.init.zeros_(p)

## Fix safety
Offered where one edit is plain: an argument spelt almost right, a module in the place of its weight, a nonlinearity torch has no
gain for and convention does (GELU, SiLU: that of ReLU), a write to a bias that is turned off, whose statement goes. Each makes a
line run that could not.

## A real bug it would have caught
mmdetection#6663: `constant_init` and `normal_init` given tensors where they take modules, the same confusion the other way round;
mmdetection#91: an initializer called on a bias that is `None`.

## What it leaves alone
Calls under a `try` that waits for the exception, arguments whose value is not known, tensors whose number of dimensions is not known.
Tensors without entries: models are built from their defaults alone, and where all inputs are optional these leave none.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from initlint.findings import Finding, Fix, RemoveStatement, ReplaceCall, Severity, Site
from initlint.graph import InitCall, ModelGraph
from initlint.rules import Rule
from initlint.rules._sites import INIT, POSITIONAL, calls_by_site, short
from initlint.theory.recommend import recommend

RULE = Rule(
    code="INI603",
    name="bad-init-call",
    summary="A call of an initializer that raises: arguments, shape or target do not fit",
    fixable="sometimes",
    judges_running=True,
)
IS_NONE = "None has no values"
IS_MODULE = "is a module, not a tensor"
TOO_FEW = "fewer than 2 dimensions"
UNEXPECTED = "got an unexpected argument"
UNSUPPORTED = "Unsupported nonlinearity"


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call that raises."""
    for site, calls in calls_by_site(call for call in graph.calls if call.problem and 0 not in (call.shape or ()) and not _may_be_given(call)):
        worst = max(calls, key=lambda call: call.certain)
        target = worst.parameter.name if worst.parameter else "" if worst.chosen else worst.spelled.get("tensor", "")
        yield RULE.at(
            graph,
            site,
            Severity.ERROR if worst.certain or _whatever_it_is_given(worst) else Severity.WARNING,
            f"`{short(worst.initializer)}` raises{f' for `{target}`' if target else ''}: {worst.problem}",
            fix=_fix(graph, site, calls),
            parameter=worst.parameter.name if worst.parameter else None,
            evidence={"initializer": worst.initializer, "problem": worst.problem, "shape": str(worst.shape) if worst.shape is not None else None},
            help=_help(worst),
        )
    for mistake in graph.mistakes:
        if mistake.kind == "absent-bias":
            severity = Severity.WARNING if mistake.detail.get("option") else Severity.ERROR
            yield RULE.at(graph, mistake.site, severity, mistake.text, help="Test `is not None` first")


def _may_be_given(call: InitCall) -> bool:
    """Whether None stands for what the same options that lead here, or callers, may provide."""
    return not call.certain if IS_NONE in call.problem else "NoneType" in call.problem


def _whatever_it_is_given(call: InitCall) -> bool:
    """Whether the call raises for every tensor."""
    return call.shape is None and call.parameter is None and IS_NONE not in call.problem


def _help(call: InitCall) -> str:
    if TOO_FEW in call.problem:
        return "Leave vectors out (`if p.dim() > 1`)."
    return "The layer has no bias: test `is not None` first." if IS_NONE in call.problem else ""


def _fix(graph: ModelGraph, site: Site, calls: list[InitCall]) -> Fix | None:
    """The one plain edit, where every call from here raises for the same reason."""
    call = calls[0]
    others = any((other.chosen or other.site) == site and not other.problem for other in graph.calls)
    if others or call.chosen is not None or any(other.problem != call.problem for other in calls):
        return None
    if IS_NONE in call.problem and call.certain:
        return Fix(message="Remove the write to a bias that is turned off", actions=(RemoveStatement(site=site),))
    action = _other_arguments(call)
    return Fix(message=action[0], actions=(action[1],), revives=True) if action else None


def _other_arguments(call: InitCall) -> tuple[str, ReplaceCall] | None:
    """What to do, and the call that does."""
    function = short(call.initializer)
    known = POSITIONAL.get(function if function.endswith("_") else f"{function}_", ()) if call.initializer.startswith(INIT) else ()
    strange = [name for name in call.keywords if known and name not in known]
    if UNEXPECTED in call.problem and len(strange) == 1 and (close := difflib.get_close_matches(strange[0], known[1:], n=1, cutoff=0.6)):
        return f"Pass it as {close[0]}", ReplaceCall(site=call.site, parameters=known, rephrase=((strange[0], f"{close[0]}={{}}"),))
    if UNSUPPORTED in call.problem and (needed := recommend(str(call.arguments.get("nonlinearity")), original=call.initializer)):
        chosen = needed.arguments.get("nonlinearity")
        if chosen is not None:
            return f"Use the gain of {chosen}, by convention", ReplaceCall(site=call.site, parameters=known, set=(("nonlinearity", chosen),))
    if IS_MODULE in call.problem and known:
        return "Pass its weight", ReplaceCall(site=call.site, parameters=known, rephrase=(("tensor", "{}.weight"),))
    return None
