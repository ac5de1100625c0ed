"""What source says a parameter starts from is not what the built model holds.

## What it does
Builds the model, measures every parameter and tests it against the law that reading the source gave. Where they
disagree, it names the line that was expected to decide and the line that really wrote last.

## Why is this bad?
Somebody wrote an initializer and believes in it. An init that never reaches its weight (a name test that matches
nothing, an `apply` before the layers exist, a write to a copy) or that is overwritten later (a second routine, a
checkpoint, a base class that initialises again) leaves a model that trains from other numbers than its authors report.

## Example
    for name, p in self.named_parameters():
        if name.endswith("fc.weigth"):
            nn.init.kaiming_normal_(p)

Use instead:
    for name, p in self.named_parameters():
        if name.endswith("fc.weight"):
            nn.init.kaiming_normal_(p)

## Fix safety
No fix: which of the two lines is meant, only the author knows.

## A real bug it would have caught
huggingface/transformers#42418: what a subclass writes into its own parameters is written over by the `_init_weights`
that `post_init` runs later.

## What it leaves alone
Parameters whose law source does not settle. Differences that chance explains: the probability of one false alarm in a
whole model is below 1e-6. Tensors too small to show anything, which are reported as untested.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.evidence import Evidence, Judgement
from initlint.findings import Finding, Severity, Site
from initlint.graph import InitEvent, Parameter
from initlint.rules import Rule
from initlint.rules._live import place, same_place, told, who
from initlint.rules._sites import qualified, spell_names

RULE = Rule(code="INI801", name="claim-differs", summary="A built model whose parameters are not what its source says")


def examine(evidence: Evidence) -> Iterator[Finding]:
    """Claims that the measurement refutes, those of one line together."""
    table = {p.name: p for p in evidence.graph.parameters}
    groups: dict[tuple[Site, str], list[tuple[Parameter, Judgement]]] = {}
    for judgement in evidence.judgements:
        if judgement.question == "claim" and judgement.outcome == "fails" and not evidence.measured[judgement.parameter].nonfinite:
            parameter = table[judgement.parameter]
            groups.setdefault((place(evidence, parameter), _cause(evidence, parameter)), []).append((parameter, judgement))
    for (site, cause), members in groups.items():
        yield _finding(evidence, site, cause, members)


def _cause(evidence: Evidence, parameter: Parameter) -> str:
    """Which line won, and which was expected to."""
    claim = evidence.claim(parameter.name)
    expected, real = claim.effective if claim is not None else None, parameter.effective
    if expected is None:
        return f"{who(real)} was seen to write it" if real is not None else "nothing was seen to write it"
    if same_place(expected, real):
        return f"{who(expected)} wrote it last, and something else changed it"
    if not any(same_place(expected, event) for event in parameter.events):
        return f"{who(expected)} never reached it: {_winner(real)}"
    return f"{who(expected)} was overwritten: {_winner(real)}"


def _winner(event: InitEvent | None) -> str:
    return f"{who(event)} is what it holds" if event is not None else "it was written where no line can be named"


def _finding(evidence: Evidence, site: Site, cause: str, members: list[tuple[Parameter, Judgement]]) -> Finding:
    parameters = [parameter for parameter, _ in members]
    first, judgement = members[0]
    measured = evidence.measured[first.name]
    return RULE.at(
        evidence.graph,
        site,
        Severity.ERROR,
        f"{spell_names(parameters)}: source says {told(judgement.law)}, measured {judgement.reason or told(first.distribution)}; {cause}",
        parameter=first.name,
        parameters=qualified(evidence.graph, parameters),
        evidence={
            "measured_mean": measured.mean,
            "measured_std": measured.std,
            "expected": told(judgement.law),
            "seeds": evidence.seeds,
            "detectable": judgement.detectable,
            "claimed_by": who(claim.effective) if (claim := evidence.claim(first.name)) is not None else None,
            "written_by": [who(event) for event in first.events],
        },
    )
