"""A parameter that holds memory nobody filled.

## What it does
While the model is built, every piece of fresh memory (`torch.empty`, `new_empty`, `empty_like`) is filled with NaN.
A parameter that still holds NaN when the constructor returns was never initialised, in part or at all.

## Why is this bad?
Uninitialised memory holds whatever was there before: zeros on one machine, 1e38 on another, last run's weights on a
third. The model trains on some days and diverges on others, and no seed makes it repeatable.

## Example
    self.scale = nn.Parameter(torch.empty(dim))

Use instead:
    self.scale = nn.Parameter(torch.ones(dim))

## Fix safety
No fix: which law was meant, only the author knows.

## A real bug it would have caught
openai/CLIP#15: embeddings and projections allocated by `torch.empty()` that no initializer reached.

## What it leaves alone
Memory that is filled before the constructor returns, whoever does it. Lazy layers that have not seen an input yet.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.evidence import Evidence
from initlint.findings import Finding, Severity
from initlint.graph import InitEvent, Parameter
from initlint.rules import Rule
from initlint.rules._live import place
from initlint.rules._sites import qualified, short

RULE = Rule(code="INI802", name="unfilled-memory", summary="A parameter that holds memory nobody filled, in part or at all")


def examine(evidence: Evidence) -> Iterator[Finding]:
    """Parameters with numbers in them that nobody wrote."""
    for parameter in evidence.graph.parameters:
        measured = evidence.measured.get(parameter.name)
        if measured is None or not measured.nonfinite:
            continue
        origin = _allocation(parameter)
        site = origin.site if origin is not None and origin.site is not None else place(evidence, parameter)
        share = "none of its values is" if measured.nonfinite == measured.count else f"{measured.nonfinite:,} of its {measured.count:,} values are not"
        allocated = f"{short(origin.initializer)} allocates it and " if origin is not None else ""
        yield RULE.at(
            evidence.graph,
            site,
            Severity.ERROR,
            f"`{parameter.name}`: {allocated}{share} ever set: it starts from whatever the memory held",
            parameter=parameter.name,
            parameters=qualified(evidence.graph, [parameter]),
            evidence={"values": measured.count, "unset": measured.nonfinite},
        )


def _allocation(parameter: Parameter) -> InitEvent | None:
    return next((event for event in parameter.events if "empty" in short(event.initializer)), None)
