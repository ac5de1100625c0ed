"""An initializer under its old name.

## What it does
Reports calls of `torch.nn.init.xavier_uniform`, `normal`, `constant` and the eight other names that torch keeps for old code,
also in functions that nothing in the file runs. Of TensorFlow 1: `tf.contrib.layers.xavier_initializer()`, which is gone with `contrib`, and
`tf.uniform_unit_scaling_initializer`, which warns.

## Why is this bad?
The old names hand their arguments on to the new ones, so the law is the same: `xavier_uniform(w)` still draws
`Var = 2 / (fan_in + fan_out)` (Glorot & Bengio 2010, eq. 16). But every call emits a `FutureWarning`, fails where warnings are errors,
and the names are marked for removal (torch 0.4 renamed everything that writes in place).

## Example
    nn.init.xavier_uniform(self.fc.weight)

Use instead:
    nn.init.xavier_uniform_(self.fc.weight)

## Fix safety
Renames the function and keeps the arguments, or says the same in those of the new one: no law changes, so it is safe.

## A real bug it would have caught
FunASR's `dynamic_conv.py` and super-gradients' `googlenet.py` still call `nn.init.xavier_uniform`.

## What it leaves alone
A project's own functions of the same name, and `torch.normal`, which makes a new tensor. `xavier_initializer(uniform=False)`, whose truncated normal
nothing else draws.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceCall, Severity, Site
from initlint.graph import InitCall, ModelGraph
from initlint.rules import Rule
from initlint.rules._sites import calls_by_site, short

TENSORFLOW, CONTRIB = "tensorflow.", "tensorflow.contrib."
WARNS = "it draws the same and warns at every call"
RULE = Rule(code="INI601", name="deprecated-initializer", summary="An initializer under its old name", fixable="sometimes")


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call of an old name."""
    for site, calls in calls_by_site(call for call in graph.calls if call.successor):
        call = calls[0]
        old, new = short(call.initializer), short(call.successor)
        fix = Fix(message=f"Call {new}", actions=(_renamed(site, call),)) if call.chosen is None else None
        yield RULE.at(
            graph,
            site,
            Severity.NOTE,
            f"`{old}` {_fate(call)}: `{new}` draws the same" if call.initializer.startswith(TENSORFLOW) else f"`{old}` is the old name of `{new}`: {WARNS}",
            fix=fix,
            evidence={"initializer": call.initializer, "successor": call.successor},
            help="" if fix else f"Pass `{new}` instead.",
        )


def _renamed(site: Site, call: InitCall) -> ReplaceCall:
    """The call under its new name, with what the new function must be told besides."""
    if not call.initializer.startswith(TENSORFLOW):
        return ReplaceCall(site=site, function=call.successor)
    if call.initializer.startswith(CONTRIB):
        return ReplaceCall(site=site, function=call.successor, parameters=("uniform", "seed", "dtype"), drop=("uniform",))
    factor = call.arguments.get("factor", 1.0)
    scale = (("scale", f"{factor * factor:g}"),) if isinstance(factor, (int, float)) and factor != 1 else ()
    wanted = (*scale, ("distribution", "'uniform'"))
    return ReplaceCall(site=site, function=call.successor, parameters=("factor", "seed", "dtype"), drop=("factor",), set=wanted, beside=True)


def _fate(call: InitCall) -> str:
    return "is gone since TensorFlow 2" if call.initializer.startswith(CONTRIB) else "is deprecated"
