"""An initializer under its old name, without the underscore.

## What it does
Reports calls of `torch.nn.init.xavier_uniform`, `normal`, `constant` and the eight other names that torch keeps for old code,
also in functions that nothing in the file runs.

## Why is this bad?
The old names hand their arguments on to the new ones, so the law is the same: `xavier_uniform(w)` still draws
`Var = 2 / (fan_in + fan_out)` (Glorot & Bengio 2010, eq. 16). But every call emits a `FutureWarning`, fails where warnings are errors,
and the names are marked for removal (torch 0.4 renamed everything that writes in place).

## Example
    nn.init.xavier_uniform(self.fc.weight)

Use instead:
    nn.init.xavier_uniform_(self.fc.weight)

## Fix safety
Renames the function and keeps the arguments: nothing that is drawn changes, so it is safe.

## A real bug it would have caught
FunASR's `dynamic_conv.py` and super-gradients' `googlenet.py` still call `nn.init.xavier_uniform`.

## What it leaves alone
A project's own functions of the same name, and `torch.normal`, which makes a new tensor.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceCall, Severity
from initlint.graph import ModelGraph
from initlint.rules import Rule
from initlint.rules._sites import calls_by_site, short

RULE = Rule(code="INI601", name="deprecated-initializer", summary="An initializer under its old name, without the underscore", fixable="sometimes")


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call of an old name."""
    for site, calls in calls_by_site(call for call in graph.calls if call.successor):
        call = calls[0]
        old, new = short(call.initializer), short(call.successor)
        fix = Fix(message=f"Call {new}", actions=(ReplaceCall(site=site, function=call.successor),)) if call.chosen is None else None
        yield RULE.at(
            graph,
            site,
            Severity.NOTE,
            f"`{old}` is the old name of `{new}`: it draws the same and warns at every call",
            fix=fix,
            evidence={"initializer": call.initializer, "successor": call.successor},
            help="" if fix else f"Pass `{new}` instead.",
        )
