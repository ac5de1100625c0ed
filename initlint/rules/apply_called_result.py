"""`apply` given what the init routine returns, not the routine.

## What it does
Finds `module.apply(routine())`: the routine runs once, before `apply`, and `apply` gets its result.

## Why is this bad?
`Module.apply(fn)` calls `fn(m)` for every submodule `m`. A routine returns nothing, so `fn` is `None` and the
constructor stops with `TypeError: 'NoneType' object is not callable`; where the routine needs its module, already the
inner call fails. No weight is initialised either way.

## Example
    self.apply(init_weights())

Use instead:
    self.apply(init_weights)

## Fix safety
Unsafe: the routine then runs on every module, where before the program stopped.

## A real bug it would have caught
The tutorials' `net.apply(weights_init())`; see also 18 in the list of published bugs: routines that never ran on the model.

## What it leaves alone
Factories, that is functions that return the routine to apply, and calls whose result is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceExpression, Severity
from initlint.graph import ModelGraph
from initlint.rules import Rule

RULE = Rule(
    code="INI503",
    name="apply-called-result",
    summary="apply(f()) hands over the result of the init routine, which is None, instead of the routine",
    fixable="sometimes",
)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call of ``apply``."""
    for mistake in graph.mistakes:
        if mistake.kind == "called-routine":
            name, argument = mistake.detail["name"], mistake.detail["argument"]
            plain = mistake.detail["bare"] and "." not in name.replace("self.", "", 1) and name != "the routine"
            fix = Fix(message=f"Write `apply({name})`", actions=(ReplaceExpression(site=argument, content=name),), assumes=True) if plain else None
            advice = "" if fix else "Hand over the function itself; `functools.partial` binds its other arguments"
            yield RULE.at(graph, mistake.site, Severity.ERROR, f"{mistake.text}: TypeError when it is called", fix=fix, help=advice)
