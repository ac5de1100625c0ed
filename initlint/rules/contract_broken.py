"""A parameter is not what the project demands of it.

## What it does
Tests every measured parameter against the expectation that `[tool.initlint.verify]` or a test states for its name.

## Why is this bad?
An expectation is what a paper reports, what another implementation starts from, or what a bug once taught. When a
change breaks it, the model still trains, only differently, and nobody notices until the results are compared.

## Example
    # [tool.initlint.verify.expect]
    # "*.fc*.weight" = "kaiming_normal(mode='fan_in', nonlinearity='relu')"
    nn.init.xavier_normal_(self.fc1.weight)

Use instead:
    nn.init.kaiming_normal_(self.fc1.weight, mode="fan_in", nonlinearity="relu")

## Fix safety
No fix: either the code or the expectation is out of date.

## A real bug it would have caught
tensorflow/tensorflow#16344: `variance_scaling_initializer` cut its normal without correcting the std, 12 % below the
law it is named after.

## What it leaves alone
Names that no expectation matches. Tensors too small to show a difference, which are reported as untested.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.evidence import Evidence, Judgement
from initlint.findings import Finding, Severity, Site
from initlint.graph import Parameter
from initlint.rules import Rule
from initlint.rules._live import place, told, who
from initlint.rules._sites import qualified, spell_names

RULE = Rule(code="INI805", name="contract-broken", summary="A parameter that is not what the project's own expectation demands")


def examine(evidence: Evidence) -> Iterator[Finding]:
    """Demands that are not met, those of one line and one expectation together."""
    table = {p.name: p for p in evidence.graph.parameters}
    groups: dict[tuple[Site, str], list[tuple[Parameter, Judgement]]] = {}
    for judgement in evidence.judgements:
        if judgement.question == "contract" and judgement.outcome == "fails":
            parameter = table[judgement.parameter]
            groups.setdefault((place(evidence, parameter), evidence.contracts[parameter.name].pattern), []).append((parameter, judgement))
    for (site, _), members in groups.items():
        parameters = [parameter for parameter, _ in members]
        first, judgement = members[0]
        contract = evidence.contracts[first.name]
        yield RULE.at(
            evidence.graph,
            site,
            Severity.ERROR,
            f"{spell_names(parameters)}: `{contract.pattern}` demands {contract.text}, which is {told(judgement.law)}; {judgement.reason}; "
            f"set by {who(first.effective)}",
            parameter=first.name,
            parameters=qualified(evidence.graph, parameters),
            evidence={"pattern": contract.pattern, "contract": contract.text, "expected": told(judgement.law), "reason": judgement.reason},
        )
