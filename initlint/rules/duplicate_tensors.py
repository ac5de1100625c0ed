"""Layers that should differ start from the very same numbers.

## What it does
Compares the measured parameters of a built model with one another and reports trained tensors that are not tied, hold
random numbers, and are equal to the last bit.

## Why is this bad?
Layers in parallel that start equal and see the same input get the same gradient and stay equal: heads, experts and
ensemble members are one (Rumelhart, Hinton & Williams 1986). Layers in series start correlated, which no variance law
foresees: products of a matrix with itself have another spectrum than products of independent ones.

## Example
    block = Block(dim)
    self.blocks = nn.ModuleList(copy.deepcopy(block) for _ in range(12))

Use instead:
    self.blocks = nn.ModuleList(Block(dim) for _ in range(12))

## Fix safety
No fix: the loop has to construct rather than copy.

## A real bug it would have caught
`nn.TransformerEncoder` deep-copies the layer it is given: without an init loop afterwards all its layers start equal
(pytorch/pytorch#72253 and #86274).

## What it leaves alone
Tied weights, which are one tensor. Copies that are not trained, as target networks and teachers are. Tensors that
hold fixed numbers by design. What INI202 reports already. Copies that torch itself makes are a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.evidence import Evidence
from initlint.findings import Finding, Severity, Site
from initlint.graph import Origin, Parameter
from initlint.rules import Rule
from initlint.rules._live import place
from initlint.rules._sites import qualified, spell_names
from initlint.rules.identical_layers import check as identical

MOST = 3
"""Groups named in a message."""
RULE = Rule(code="INI806", name="duplicate-tensors", summary="Layers that should differ and start from the very same numbers")


def examine(evidence: Evidence) -> Iterator[Finding]:
    """Groups of equal tensors, those of one origin together."""
    table = {p.name: p for p in evidence.graph.parameters}
    origins: dict[tuple[Site, int], list[list[Parameter]]] = {}
    known = {_layer_of(name.partition(":")[2]) for finding in identical(evidence.graph) for name in finding.parameters}
    for names in evidence.duplicates:
        group = [table[name] for name in names]
        if known.issuperset(map(_layer_of, names)):
            continue
        origins.setdefault((place(evidence, group[0]), len(group)), []).append(group)
    for (site, _), groups in origins.items():
        parameters = [parameter for group in groups for parameter in group]
        yield RULE.at(
            evidence.graph,
            site,
            Severity.NOTE if all(map(_of_torch, parameters)) else Severity.WARNING,
            f"{_spell(groups)} start from the very same numbers: copies of one layer, drawn once",
            parameter=parameters[0].name,
            parameters=qualified(evidence.graph, parameters),
            evidence={"groups": len(groups), "copies": len(groups[0])},
            help="Construct each layer, or initialise the copies again.",
        )


def _layer_of(name: str) -> str:
    return name.rpartition(".")[0]


def _spell(groups: list[list[Parameter]]) -> str:
    """``blocks.*.weight`` and ``blocks.*.bias``, the first few of many."""
    names = [spell_names(group) for group in groups[:MOST]]
    if len(groups) > MOST:
        return f"{', '.join(names)} and {len(groups) - MOST} more groups"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _of_torch(parameter: Parameter) -> bool:
    """Whether the layer's own default is what it holds, inside a stack that torch copies."""
    event = parameter.effective
    return event is not None and event.origin is Origin.DEFAULT and ".layers." in f".{parameter.name}"
